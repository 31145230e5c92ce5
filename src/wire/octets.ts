/** Numbers in network byte order. Each function that writes returns the index of the octet behind the number. */

/** How this machine orders the octets of a word in memory. */
export const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

export function readUint16(octets: Uint8Array, at: number): number {
  return (octets[at] << 8) | octets[at + 1];
}

/** An unsigned number: above 2^31 V8 may allocate an object for it. */
export function readUint32(octets: Uint8Array, at: number): number {
  return readUint16(octets, at) * 65_536 + readUint16(octets, at + 2);
}

export function writeUint16(out: Uint8Array, at: number, value: number): number {
  out[at] = value >>> 8;
  out[at + 1] = value;
  return at + 2;
}

export function writeUint32(out: Uint8Array, at: number, value: number): number {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
  return at + 4;
}

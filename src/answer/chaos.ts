/** Names of class CH for the server's version and identifier (RFC 4892), in wire form. */
const NAMES: ReadonlyMap<string, "version" | "id"> = new Map([
  ["\x07version\x04bind\0", "version"],
  ["\x07version\x06server\0", "version"],
  ["\x02id\x06server\0", "id"],
  ["\x08hostname\x04bind\0", "id"],
]);

/** The configured version and identifier: octets of a character-string each, or undefined to keep it secret. */
export interface Identity {
  readonly version: Uint8Array | undefined;
  readonly id: Uint8Array | undefined;
}

/** The octets of a configured text; undefined for "". */
export function identityText(text: string): Uint8Array | undefined {
  return text === "" ? undefined : Uint8Array.from(Buffer.from(text, "utf8"));
}

/** The text for the lower-case wire name in `name[0, length)`; undefined if there is none. */
export function chaosAnswer(name: Uint8Array, length: number, identity: Identity): Uint8Array | undefined {
  const asked = NAMES.get(Buffer.from(name.buffer, name.byteOffset, length).toString("latin1"));
  return asked && identity[asked];
}

const ALPHABET = "ybndrfg8ejkmcpqxot1uwisza345h769";
const BITS = 5;

/** z-base-32 of whole octets, without padding: five bits a character, the last one filled with zero bits. */
export function toZBase32(octets: Uint8Array): string {
  let text = "";
  let pending = 0;
  let bits = 0;
  for (const octet of octets) {
    pending = (pending << 8) | octet;
    bits += 8;
    while (bits >= BITS) {
      bits -= BITS;
      text += ALPHABET[(pending >> bits) & 31];
    }
    pending &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET[(pending << (BITS - bits)) & 31];
}

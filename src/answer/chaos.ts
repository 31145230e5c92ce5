/** Questions in class CH that tell something of the server itself (RFC 4892), by their names in wire form. */
const NAMES: ReadonlyMap<string, "version" | "id"> = new Map([
  ["\x07version\x04bind\0", "version"],
  ["\x07version\x06server\0", "version"],
  ["\x02id\x06server\0", "id"],
  ["\x08hostname\x04bind\0", "id"],
]);

/** What a configuration tells of the server: octets of a character-string each, or nothing. */
export interface Identity {
  readonly version: Uint8Array | undefined;
  readonly id: Uint8Array | undefined;
}

/** @param text "" for nothing */
export function identityText(text: string): Uint8Array | undefined {
  return text === "" ? undefined : Uint8Array.from(Buffer.from(text, "utf8"));
}

/** The text that answers a question for the lower-case wire name in `name[0, length)`, if there is one. */
export function chaosAnswer(name: Uint8Array, length: number, identity: Identity): Uint8Array | undefined {
  const asked = NAMES.get(Buffer.from(name.buffer, name.byteOffset, length).toString("latin1"));
  return asked && identity[asked];
}

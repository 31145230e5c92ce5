import { CLASS, TYPE } from "../wire/protocol.js";
import type { Query } from "../wire/query.js";

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

/** The text that a query of a class other than IN asks for; undefined if there is none. */
export function chaosAnswer(
  { name, nameLength, type, class: klass }: Query,
  identity: Identity,
): Uint8Array | undefined {
  if (klass !== CLASS.CH || (type !== TYPE.TXT && type !== TYPE.ANY)) return undefined;
  const asked = NAMES.get(Buffer.from(name.buffer, name.byteOffset, nameLength).toString("latin1"));
  return asked && identity[asked];
}

import { octetsOf, parseAddress } from "../../base/addresses.js";
import { unescapeString } from "../../base/character-strings.js";
import type { StaticType } from "../../config/static-record.js";
import { encodeName } from "../../wire/names.js";

/** A quoted text, or a word. */
const WORDS = /"((?:[^"\\]|\\.)*)"|\S+/g;

/** The RDATA of a static record, from the text that the configuration has of it (RFC 1035 §3.3, RFC 2782, RFC 8659 §4.1). */
export function rdataOf(type: StaticType, text: string): Uint8Array {
  const words = Array.from(text.matchAll(WORDS), ([word, quoted]) => quoted ?? word);
  switch (type) {
    case "A":
    case "AAAA": {
      const address = parseAddress(text);
      if (!address) throw new Error(`${text} is no address`);
      return octetsOf(address);
    }
    case "CNAME":
    case "NS":
      return nameOf(words[0]);
    case "MX":
      return Buffer.concat([uint16(words[0]), nameOf(words[1])]);
    case "SRV":
      return Buffer.concat([...words.slice(0, 3).map(uint16), nameOf(words[3])]);
    case "TXT":
      return Buffer.concat(words.map((word) => withLength(octetsIn(word))));
    case "CAA":
      return Buffer.concat([Uint8Array.of(Number(words[0])), withLength(octetsIn(words[1])), octetsIn(words[2])]);
  }
}

function nameOf(absolute: string): Uint8Array {
  return encodeName(absolute.slice(0, -1));
}

function uint16(word: string): Uint8Array {
  const value = Number(word);
  return Uint8Array.of(value >>> 8, value & 0xff);
}

function withLength(octets: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(octets.length), octets]);
}

function octetsIn(word: string): Uint8Array {
  return Buffer.from(unescapeString(word), "latin1");
}

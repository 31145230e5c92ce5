import { nameWords } from "./names.js";
import { HEADER, TYPE } from "./protocol.js";
import { expandName } from "./readable.js";

/** CNAME records that are followed from a question to its answer. */
const MAX_LINKS = 8;
/** Answers with more records than this have what was asked for, or nothing that could be made sense of. */
const MAX_ANSWERS = 64;

/** A name that an upstream's CNAME records lead to, of which it gave nothing that was asked for. */
export interface AliasTarget {
  /** In lower-case wire form, padded with zeros to a word. */
  readonly words: Uint32Array;
  readonly octets: Uint8Array;
  readonly length: number;
  /** Where the name stands in the message, counted from behind its question. */
  readonly at: number;
}

/** Where records start, and where their types stand. */
export interface RecordPlaces {
  readonly ownerAt: ArrayLike<number>;
  readonly fixedAt: ArrayLike<number>;
  /** How many of them are answers: the first ones. */
  readonly answers: number;
}

/** Octets from a record's type to its RDATA. */
const RECORD_FIXED = 10;

/**
 * Where the CNAME records of an answer lead, if there is nothing of the type asked for there; nothing for answers without any, and for
 * chains that are too long or come back to where they were. The caller has seen to it that all names can be read.
 *
 * @param questionEnd octet behind the question
 */
export function aliasTarget(
  message: Uint8Array,
  questionEnd: number,
  type: number,
  { ownerAt, fixedAt, answers }: RecordPlaces,
): AliasTarget | undefined {
  if (type === TYPE.CNAME || type === TYPE.ANY || answers > MAX_ANSWERS) return undefined;
  const typeOf = (record: number) => (message[fixedAt[record]] << 8) | message[fixedAt[record] + 1];
  const links = new Map<string, number>();
  const owners = new Set<string>();
  for (let i = 0; i < answers; i++) {
    const recordType = typeOf(i);
    if (recordType === TYPE.CNAME) links.set(nameAt(message, ownerAt[i]), fixedAt[i] + RECORD_FIXED);
    else if (recordType === type) owners.add(nameAt(message, ownerAt[i]));
  }
  let name = nameAt(message, HEADER);
  let at = 0;
  for (let followed = 0; links.has(name); followed++) {
    if (followed === MAX_LINKS) return undefined;
    at = links.get(name) as number;
    links.delete(name);
    name = nameAt(message, at);
  }
  const isLoop = at > 0 && name === nameAt(message, HEADER);
  if (at === 0 || isLoop || owners.has(name)) return undefined;
  const octets = Buffer.from(name, "latin1");
  const words = nameWords(octets);
  return { words, octets: new Uint8Array(words.buffer), length: octets.length, at: at - questionEnd };
}

/** The name at an octet, in lower-case wire form as latin1. */
function nameAt(message: Uint8Array, at: number): string {
  return Buffer.from(expandName(message, at))
    .toString("latin1")
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

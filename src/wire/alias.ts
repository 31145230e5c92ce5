import { toWords } from "./names.js";
import { HEADER, POINTER, RECORD_FIXED, TYPE } from "./protocol.js";
import { expandName } from "./readable.js";

/** A name that a CNAME record of an answer leads to, and where it stands. */
export interface AliasLink {
  /** Where the name starts in the `words` of the chain, and its octets. */
  readonly word: number;
  readonly length: number;
  /** Where the name stands in the message, counted from behind its question. */
  readonly at: number;
  /**
   * How many answers stand in front of the first one that belongs to this name or to one behind it; 0 where not all CNAME records that
   * lead to it are among them.
   */
  readonly records: number;
}

/** The names from a question to what it is an alias of, one behind the other. */
export interface AliasChain {
  /** All of them, in lower-case wire form, each padded with zeros to a word. */
  readonly words: Uint32Array;
  readonly octets: Uint8Array;
  readonly links: readonly AliasLink[];
  /** For whoever looks at the names to note what it has found none of them in. */
  strangerTo: object | undefined;
}

/** Where records start, and where their types stand. */
export interface RecordPlaces {
  readonly ownerAt: ArrayLike<number>;
  readonly fixedAt: ArrayLike<number>;
  /** How many of them are answers: the first ones. */
  readonly answers: number;
}

/** A CNAME record on the way, and the name that it leads to. */
interface Step {
  readonly record: number;
  readonly at: number;
  readonly name: string;
}

/**
 * Where the CNAME records of an answer lead, whatever the answer has for that; nothing for answers without any. The caller has seen to
 * it that all names can be read, and that there are not very many CNAME records.
 *
 * @param questionEnd octet behind the question
 */
export function aliasChain(
  message: Uint8Array,
  questionEnd: number,
  type: number,
  places: RecordPlaces,
): AliasChain | undefined {
  if (type === TYPE.CNAME || type === TYPE.ANY) return undefined;
  const steps = stepsOf(message, places);
  if (steps.length === 0) return undefined;
  const octets = new Uint8Array(steps.reduce((size, { name }) => size + 4 * toWords(name.length), 0));
  const records = recordsInFront(message, places, steps);
  const links: AliasLink[] = [];
  let word = 0;
  for (const [i, { name, at }] of steps.entries()) {
    octets.set(Buffer.from(name, "latin1"), 4 * word);
    links.push({ word, length: name.length, at: at - questionEnd, records: records[i] });
    word += toWords(name.length);
  }
  return { words: new Uint32Array(octets.buffer), octets, links, strangerTo: undefined };
}

function stepsOf(message: Uint8Array, { ownerAt, fixedAt, answers }: RecordPlaces): Step[] {
  const aliases = new Map<string, number>();
  for (let i = 0; i < answers; i++) {
    const type = (message[fixedAt[i]] << 8) | message[fixedAt[i] + 1];
    if (type !== TYPE.CNAME) continue;
    const owner = nameAt(message, ownerAt[i]);
    if (!aliases.has(owner)) aliases.set(owner, i);
  }
  const steps: Step[] = [];
  if (aliases.size === 0) return steps;
  let name = nameAt(message, HEADER);
  for (let record = aliases.get(name); record !== undefined; record = aliases.get(name)) {
    aliases.delete(name);
    const at = fixedAt[record] + RECORD_FIXED;
    name = nameAt(message, at);
    steps.push({ record, at, name });
  }
  return steps;
}

/** For each step the `records` of its link. */
function recordsInFront(message: Uint8Array, { ownerAt, answers }: RecordPlaces, steps: readonly Step[]): number[] {
  const question = nameAt(message, HEADER);
  const stepOf = new Map<string, number>();
  for (const [i, { name }] of steps.entries()) if (name !== question && !stepOf.has(name)) stepOf.set(name, i);
  const first = new Array<number>(steps.length).fill(answers);
  for (let i = 0; i < answers; i++) {
    if (i > 0 && isSamePointer(message, ownerAt[i - 1], ownerAt[i])) continue;
    const step = stepOf.get(nameAt(message, ownerAt[i]));
    if (step !== undefined) first[step] = Math.min(first[step], i);
  }
  for (let i = steps.length - 2; i >= 0; i--) first[i] = Math.min(first[i], first[i + 1]);
  let last = 0;
  return steps.map(({ record }, i) => {
    last = Math.max(last, record);
    return last < first[i] ? first[i] : 0;
  });
}

function isSamePointer(message: Uint8Array, a: number, b: number): boolean {
  return message[a] >= POINTER && message[a] === message[b] && message[a + 1] === message[b + 1];
}

/** The name at an octet, in lower-case wire form as latin1. */
function nameAt(message: Uint8Array, at: number): string {
  return Buffer.from(expandName(message, at))
    .toString("latin1")
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

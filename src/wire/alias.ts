import { toWords } from "./names.js";
import { HEADER, POINTER, RECORD_FIXED, TYPE } from "./protocol.js";
import { expandName } from "./readable.js";

/** A name that a CNAME record of a reply leads to, and its place in the message. */
export interface AliasLink {
  /** Index in the chain's `words` where the name starts, and its length in octets. */
  readonly word: number;
  readonly length: number;
  /** Index of the name in the message, counted from the end of the question. */
  readonly at: number;
  /**
   * Number of answers in front of the first one that belongs to this name or to a later one of the chain. 0 if not all CNAME
   * records that lead to this name are among them.
   */
  readonly records: number;
}

/** The names that the question's name is an alias of, in the order of the CNAME records. */
export interface AliasChain {
  /** All names in lower-case wire form, each padded with zeros to a whole word. */
  readonly words: Uint32Array;
  readonly octets: Uint8Array;
  readonly links: readonly AliasLink[];
  /** Token of the last snapshot in which none of the names was found, so that it is not searched again. */
  outsideOf: object | undefined;
}

/** Indices in a message where records and their types start. */
export interface RecordPlaces {
  readonly ownerAt: ArrayLike<number>;
  readonly fixedAt: ArrayLike<number>;
  /** How many of the records are in the answer section: the first ones. */
  readonly answers: number;
}

/** A CNAME record of the chain, and the name that it leads to. */
interface Step {
  readonly record: number;
  readonly at: number;
  readonly name: string;
}

/**
 * The chain of CNAME records of a reply, whether or not the reply has records for its end; undefined if there is none. The caller
 * has checked that all names can be read, and has limited the number of CNAME records.
 *
 * @param questionEnd index of the octet behind the question
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
  return { words: new Uint32Array(octets.buffer), octets, links, outsideOf: undefined };
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

/** `AliasLink.records` for each step. */
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

/** The name at this index, in lower-case wire form as latin1. */
function nameAt(message: Uint8Array, at: number): string {
  return Buffer.from(expandName(message, at))
    .toString("latin1")
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

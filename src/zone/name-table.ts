import { encodeName, hashName, toWords, WORD } from "../wire/names.js";
import { type ColumnMemory, grown, type NameColumns, SHARED } from "./columns.js";

const FIRST_CAPACITY = 1 << 12;
/** How many words are allocated per name at first. The memory grows if names are longer. */
const TYPICAL_NAME_WORDS = 12;
const MAX_NAME_WORDS = 64;
const PARENTS = 32;
const DOT = 0x2e;

/**
 * Numbers names in wire form, and stores each once. It consists of typed arrays, so that a million names need no objects. Numbers
 * count from 0 in the order in which names are first seen.
 */
export class NameTable implements NameColumns {
  readonly seed: number;
  words: Uint32Array;
  octets: Uint8Array;
  at: Uint32Array;
  size: Uint8Array;
  hash: Uint32Array;
  count = 0;
  #used = 0;
  /** Hash table with open addressing: the number of a name plus one; 0 for a free slot. */
  #slots: Uint32Array;
  /** The name that is being looked up. */
  readonly #scratchWords = new Uint32Array(MAX_NAME_WORDS);
  readonly #scratch = new Uint8Array(this.#scratchWords.buffer);
  /** Names that were parents lately, by their length: their numbers plus one. Nearly all names have few parents. */
  readonly #parents = new Uint32Array(PARENTS);
  readonly #memory: ColumnMemory;

  constructor(seed: number, memory: ColumnMemory = SHARED) {
    this.seed = seed;
    this.#memory = memory;
    this.words = memory.words(FIRST_CAPACITY * TYPICAL_NAME_WORDS);
    this.octets = new Uint8Array(this.words.buffer);
    this.at = memory.words(FIRST_CAPACITY);
    this.size = memory.octets(FIRST_CAPACITY);
    this.hash = memory.words(FIRST_CAPACITY);
    this.#slots = memory.words(FIRST_CAPACITY * 2);
  }

  /** Removes all names, and keeps the memory for the next ones. */
  clear(): void {
    this.count = 0;
    this.#used = 0;
    this.#slots.fill(0);
    this.#parents.fill(0);
  }

  /** Makes room for so many names of the average length so far: growing step by step costs twice the time and memory. */
  reserve(count: number): void {
    if (count > this.at.length) this.#widen(count);
    const words = Math.ceil((this.#used / Math.max(1, this.count)) * count);
    if (words > this.words.length) this.#extend(words);
    if (count * 2 > this.#slots.length) this.#rehash(2 ** Math.ceil(Math.log2(count * 2)));
  }

  /** The number of a dotted name (lower case, no final dot, `isDnsName`), which is added if it is new. */
  intern(text: string): number {
    return this.#internWire(this.#encode(text));
  }

  /** The number of the name without its first label, which is added if it is new. The name must not be the root. */
  internParent(number: number): number {
    const start = this.at[number] * WORD;
    const skip = this.octets[start] + 1;
    const length = this.size[number] - skip;
    const place = length % PARENTS;
    const recent = this.#parents[place] - 1;
    if (recent >= 0 && this.#isAt(start + skip, length, recent)) return recent;
    for (let i = 0; i < length; i++) this.#scratch[i] = this.octets[start + skip + i];
    const parent = this.#internWire(length);
    this.#parents[place] = parent + 1;
    return parent;
  }

  /** Whether the octets from `start` on are those of this name. */
  #isAt(start: number, length: number, number: number): boolean {
    if (this.size[number] !== length) return false;
    const { octets } = this;
    const own = this.at[number] * WORD;
    for (let i = 0; i < length; i++) if (octets[own + i] !== octets[start + i]) return false;
    return true;
  }

  /** Writes the wire form to `#scratch` and returns its length. */
  #encode(text: string): number {
    const scratch = this.#scratch;
    let lengthAt = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return this.#encodeUtf8(text);
      if (unit === DOT) {
        scratch[lengthAt] = i - lengthAt;
        lengthAt = i + 1;
      } else {
        scratch[i + 1] = unit;
      }
    }
    scratch[lengthAt] = text.length - lengthAt;
    scratch[text.length + 1] = 0;
    return text.length + 2;
  }

  #encodeUtf8(text: string): number {
    const wire = encodeName(text);
    this.#scratch.set(wire);
    return wire.length;
  }

  /** The number of the name in `#scratch`, which is added if it is new. */
  #internWire(length: number): number {
    const hash = hashName(this.#scratch, 0, length, this.seed);
    for (let i = length; i % WORD !== 0; i++) this.#scratch[i] = 0;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) {
      const number = this.#slots[slot] - 1;
      if (this.hash[number] === hash && this.#is(number, length)) return number;
      slot = (slot + 1) & mask;
    }
    const number = this.#append(length, hash);
    this.#slots[slot] = number + 1;
    if (this.count * 2 > this.#slots.length) this.#rehash(this.#slots.length * 2);
    return number;
  }

  /** Whether this number is that of the name in `#scratch`. */
  #is(number: number, length: number): boolean {
    if (this.size[number] !== length) return false;
    const at = this.at[number];
    const count = toWords(length);
    for (let i = 0; i < count; i++) if (this.words[at + i] !== this.#scratchWords[i]) return false;
    return true;
  }

  /** Adds the name in `#scratch`. */
  #append(length: number, hash: number): number {
    const number = this.count++;
    if (number === this.at.length) this.#widen(number * 2);
    const count = toWords(length);
    if (this.#used + count > this.words.length) this.#extend(this.words.length + (this.words.length >>> 1));
    for (let i = 0; i < count; i++) this.words[this.#used + i] = this.#scratchWords[i];
    this.at[number] = this.#used;
    this.size[number] = length;
    this.hash[number] = hash;
    this.#used += count;
    return number;
  }

  /** The columns by name get this length. */
  #widen(length: number): void {
    this.at = grown(this.at, this.#memory.words(length));
    this.size = grown(this.size, this.#memory.octets(length));
    this.hash = grown(this.hash, this.#memory.words(length));
  }

  #extend(words: number): void {
    this.words = grown(this.words, this.#memory.words(words));
    this.octets = new Uint8Array(this.words.buffer);
  }

  #rehash(length: number): void {
    const slots = this.#memory.words(length);
    const mask = slots.length - 1;
    for (let number = 0; number < this.count; number++) {
      let slot = this.hash[number] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }
}

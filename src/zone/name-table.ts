import { encodeName, hashName } from "./names.js";

const FIRST_CAPACITY = 1 << 12;
/** Octets set aside for a name at first; what names take more is added as they come. */
const TYPICAL_NAME = 48;
const MAX_NAME = 255;
const DOT = 0x2e;

/**
 * Names in wire form by number, each held once: columns of typed arrays over one run of octets, so that a million names
 * cost no objects. Numbers count from 0 in the order names are first seen.
 */
export class NameTable {
  readonly seed: number;
  /** The names, one behind the other. */
  octets: Uint8Array = new Uint8Array(FIRST_CAPACITY * TYPICAL_NAME);
  /** Where in `octets` a name starts, how long it is, and its hash. */
  at = new Uint32Array(FIRST_CAPACITY);
  size = new Uint8Array(FIRST_CAPACITY);
  hash = new Uint32Array(FIRST_CAPACITY);
  count = 0;
  #used = 0;
  /** Open addressing: number of the name plus one; 0 is free. */
  #slots = new Uint32Array(FIRST_CAPACITY * 2);
  readonly #scratch = new Uint8Array(MAX_NAME + 1);

  constructor(seed: number) {
    this.seed = seed;
  }

  /** Forgets all names and keeps the memory for the next ones. */
  clear(): void {
    this.count = 0;
    this.#used = 0;
    this.#slots.fill(0);
  }

  /** The number of a dotted name (lower case, no final dot, `isDnsName`). */
  intern(text: string): number {
    return this.#internWire(this.#encode(text));
  }

  /** The number of the name without its first label; the name is not the root. */
  internParent(number: number): number {
    const skip = this.octets[this.at[number]] + 1;
    const length = this.size[number] - skip;
    this.#scratch.set(this.octets.subarray(this.at[number] + skip, this.at[number] + this.size[number]));
    return this.#internWire(length);
  }

  /** Order of two names by their octets. */
  compare(a: number, b: number): number {
    const [from, to] = [this.at[a], this.at[b]];
    const common = Math.min(this.size[a], this.size[b]);
    for (let i = 0; i < common; i++) {
      const difference = this.octets[from + i] - this.octets[to + i];
      if (difference !== 0) return difference;
    }
    return this.size[a] - this.size[b];
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

  /** The number of the name in `#scratch`. */
  #internWire(length: number): number {
    const wire = this.#scratch;
    const hash = hashName(wire, 0, length, this.seed);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) {
      const number = this.#slots[slot] - 1;
      if (this.hash[number] === hash && this.#is(number, wire, length)) return number;
      slot = (slot + 1) & mask;
    }
    const number = this.#append(wire, length, hash);
    this.#slots[slot] = number + 1;
    if (this.count * 2 > this.#slots.length) this.#rehash();
    return number;
  }

  #is(number: number, wire: Uint8Array, length: number): boolean {
    if (this.size[number] !== length) return false;
    const at = this.at[number];
    for (let i = 0; i < length; i++) if (this.octets[at + i] !== wire[i]) return false;
    return true;
  }

  #append(wire: Uint8Array, length: number, hash: number): number {
    const number = this.count++;
    if (number === this.at.length) {
      this.at = grown(this.at, new Uint32Array(number * 2));
      this.size = grown(this.size, new Uint8Array(number * 2));
      this.hash = grown(this.hash, new Uint32Array(number * 2));
    }
    if (this.#used + length > this.octets.length) {
      this.octets = grown(this.octets, new Uint8Array(this.octets.length + (this.octets.length >>> 1)));
    }
    for (let i = 0; i < length; i++) this.octets[this.#used + i] = wire[i];
    this.at[number] = this.#used;
    this.size[number] = length;
    this.hash[number] = hash;
    this.#used += length;
    return number;
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let number = 0; number < this.count; number++) {
      let slot = this.hash[number] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }
}

/** The larger array, with the smaller one's values at its start. */
export function grown<T extends Uint8Array | Uint16Array | Uint32Array>(small: T, large: T): T {
  large.set(small);
  return large;
}

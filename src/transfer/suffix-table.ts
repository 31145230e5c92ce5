import { MAX_POINTER } from "../wire/protocol.js";

const SLOTS = 1 << 10;
/** Longer suffixes are rare, and are written again. */
const MAX_SUFFIX = 64;

/**
 * Finds the suffixes of names that a message has already, for compression pointers (RFC 1035 §4.1.4). Each suffix has one slot, where another
 * one may take its place: then it is written again. So a name costs no more than its labels, whatever names a zone has.
 */
export class SuffixTable {
  /** By slot: the octets of a suffix, without the root. They stay from one message to the next. */
  readonly #texts = new Uint8Array(SLOTS * MAX_SUFFIX);
  readonly #sizes = new Uint8Array(SLOTS);
  /** The message that has the suffix, and where. */
  readonly #messages = new Uint32Array(SLOTS);
  readonly #places = new Uint16Array(SLOTS);
  #message = 0;
  /** The result of `enter`: how many octets of the name stand before the suffix that was found, or before the root. */
  octets = 0;

  /** Begins a message: nothing is found in it yet. */
  begin(): void {
    this.#message = (this.#message + 1) >>> 0;
  }

  /**
   * Looks for a suffix of a name, the longest first, and enters the longer ones that were not found, as the name is written to the message.
   *
   * @param name has the name at octets `start` to `end`, in lower case; the root's octet is at `end`
   * @param isWhole whether the name itself counts as a suffix; if not, it costs less
   * @param place where it is written
   * @returns where the suffix stands in the message; -1 if none but the root does
   */
  enter(name: Uint8Array, start: number, end: number, isWhole: boolean, place: number): number {
    let at = isWhole || start === end ? start : start + name[start] + 1;
    for (; at < end; at += name[at] + 1) {
      const size = end - at;
      if (size > MAX_SUFFIX) continue;
      const slot = slotOf(name, at, size);
      const isKnown = this.#isSame(slot, name, at, size);
      if (isKnown && this.#messages[slot] === this.#message) {
        this.octets = at - start;
        return this.#places[slot];
      }
      const own = place + at - start;
      if (own > MAX_POINTER) continue;
      if (!isKnown) this.#replace(slot, name, at, size);
      this.#messages[slot] = this.#message;
      this.#places[slot] = own;
    }
    this.octets = end - start;
    return -1;
  }

  #isSame(slot: number, name: Uint8Array, at: number, size: number): boolean {
    if (this.#sizes[slot] !== size) return false;
    const texts = this.#texts;
    const text = slot * MAX_SUFFIX;
    for (let i = 0; i < size; i++) if (texts[text + i] !== name[at + i]) return false;
    return true;
  }

  #replace(slot: number, name: Uint8Array, at: number, size: number): void {
    const text = slot * MAX_SUFFIX;
    for (let i = 0; i < size; i++) this.#texts[text + i] = name[at + i];
    this.#sizes[slot] = size;
  }
}

/** From the size of a suffix, and some of the octets in which suffixes differ: the first label's first and last, and one further back. */
function slotOf(name: Uint8Array, at: number, size: number): number {
  const last = at + name[at];
  let hash = Math.imul(size, 0x9e3779b1);
  hash = Math.imul(hash ^ name[at + 1], 0x01000193);
  hash = Math.imul(hash ^ name[last - 1], 0x01000193);
  hash = Math.imul(hash ^ name[last], 0x01000193);
  hash = Math.imul(hash ^ name[at + (size >>> 1)], 0x01000193);
  return (hash ^ (hash >>> 15)) & (SLOTS - 1);
}

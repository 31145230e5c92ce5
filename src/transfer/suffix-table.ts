import { finishHash, mixHash } from "../wire/names.js";
import { POINTER } from "../wire/protocol.js";

const SLOTS = 1 << 12;
/** A name looks at no more than these, whatever names a task has: a suffix that is not found is written again. */
const MAX_PROBES = 8;
const MAX_LABELS = 128;

/** Finds the longest part of a name that a message has already, for a compression pointer (RFC 1035 §4.1.4). Allocates nothing. */
export class SuffixTable {
  /** By slot: the hash of a suffix, where it stands in the message, and the message that it belongs to. */
  readonly #hashes = new Uint32Array(SLOTS);
  readonly #places = new Uint16Array(SLOTS);
  readonly #messages = new Uint32Array(SLOTS);
  #message = 0;
  readonly #seed: number;
  /** For each label of the name that is looked up: where it begins, and the hash of the name from it on. */
  readonly #starts = new Uint16Array(MAX_LABELS);
  readonly #suffixes = new Uint32Array(MAX_LABELS);
  #labels = 0;
  /** The result of `find`: how many labels, and how many octets, of the name stand before the part that was found. */
  labels = 0;
  octets = 0;

  /** @param seed a secret, so that nobody can choose names with the same hash */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Begins a message: nothing is found in it yet. */
  begin(): void {
    this.#message = (this.#message + 1) >>> 0;
  }

  /**
   * Looks for the longest suffix of the name at `name[at]`, uncompressed and in lower case, in the message.
   *
   * @returns where it stands; -1 if no suffix but the root does
   */
  find(message: Uint8Array, name: Uint8Array, at: number): number {
    this.#split(name, at);
    for (let label = 0; label < this.#labels; label++) {
      const place = this.#look(message, name, label);
      if (place < 0) continue;
      this.labels = label;
      this.octets = this.#starts[label] - at;
      return place;
    }
    this.labels = this.#labels;
    this.octets = this.#starts[this.#labels] - at;
    return -1;
  }

  /** Enters the labels before the part that `find` has found, which are written to the message from `place` on. */
  enter(place: number): void {
    const start = this.#starts[0];
    for (let label = 0; label < this.labels; label++) {
      const at = place + this.#starts[label] - start;
      if (at >= POINTER << 8) return;
      const slot = this.#freeSlot(this.#suffixes[label]);
      if (slot < 0) continue;
      this.#hashes[slot] = this.#suffixes[label];
      this.#places[slot] = at;
      this.#messages[slot] = this.#message;
    }
  }

  /** Finds where labels begin, and hashes each suffix: from the last label to the first. */
  #split(name: Uint8Array, start: number): void {
    let labels = 0;
    let at = start;
    for (; name[at] !== 0; at += name[at] + 1) this.#starts[labels++] = at;
    this.#starts[labels] = at;
    this.#labels = labels;
    let hash = this.#seed;
    for (let label = labels - 1; label >= 0; label--) {
      for (let i = this.#starts[label]; i < this.#starts[label + 1]; i++) hash = mixHash(hash, name[i]);
      this.#suffixes[label] = finishHash(hash);
    }
  }

  #look(message: Uint8Array, name: Uint8Array, label: number): number {
    const hash = this.#suffixes[label];
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const slot = (hash + probe) & (SLOTS - 1);
      if (this.#messages[slot] !== this.#message) return -1;
      if (this.#hashes[slot] === hash && isSame(message, this.#places[slot], name, this.#starts[label]))
        return this.#places[slot];
    }
    return -1;
  }

  #freeSlot(hash: number): number {
    for (let probe = 0; probe < MAX_PROBES; probe++) {
      const slot = (hash + probe) & (SLOTS - 1);
      if (this.#messages[slot] !== this.#message) return slot;
    }
    return -1;
  }
}

/** Whether the name in the message, perhaps compressed, is the one at `name[at]`. */
function isSame(message: Uint8Array, place: number, name: Uint8Array, at: number): boolean {
  let from = place;
  let to = at;
  for (;;) {
    const label = message[from];
    if (label >= POINTER) {
      from = ((label & ~POINTER) << 8) | message[from + 1];
      continue;
    }
    if (label !== name[to]) return false;
    if (label === 0) return true;
    for (let i = 1; i <= label; i++) if (message[from + i] !== name[to + i]) return false;
    from += label + 1;
    to += label + 1;
  }
}

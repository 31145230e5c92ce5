import type { PreparedSet } from "../wire/prepared.js";
import { type ColumnMemory, grown } from "./columns.js";

/** The words in front of each set: how many words it has, and how many records. */
export const STORED = { SIZE: 0, COUNT: 1, HEADER: 2 } as const;
const FIRST_CAPACITY = 64;

/** Keeps the prepared sets of a zone one after the other. The place of a removed one is taken by the next one of the same size. */
export class PreparedStore {
  words: Uint32Array;
  /** The number of sets. */
  count = 0;
  #used = 0;
  /** By size in words. */
  readonly #free = new Map<number, number[]>();
  readonly #memory: ColumnMemory;

  constructor(memory: ColumnMemory) {
    this.#memory = memory;
    this.words = memory.words(FIRST_CAPACITY);
  }

  /** @returns the set's place, which identifies it */
  add({ count, words }: PreparedSet): number {
    this.count++;
    const at = this.#free.get(words.length)?.pop() ?? this.#append(STORED.HEADER + words.length);
    this.words[at + STORED.SIZE] = words.length;
    this.words[at + STORED.COUNT] = count;
    this.words.set(words, at + STORED.HEADER);
    return at;
  }

  remove(at: number): void {
    this.count--;
    const size = this.words[at + STORED.SIZE];
    const free = this.#free.get(size);
    if (free) free.push(at);
    else this.#free.set(size, [at]);
  }

  clear(): void {
    this.count = 0;
    this.#used = 0;
    this.#free.clear();
  }

  #append(words: number): number {
    const at = this.#used;
    this.#used += words;
    if (this.#used > this.words.length) this.words = grown(this.words, this.#memory.words(this.#used * 2));
    return at;
  }
}

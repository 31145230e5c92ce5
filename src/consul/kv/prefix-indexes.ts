import { MAX_KEY } from "./model.js";

/** How many prefixes are remembered: as many as requests may wait. */
const MAX_PREFIXES = 8_192;
/** How many different lengths they may have: each change looks one prefix up for each. */
const MAX_LENGTHS = 64;

/**
 * The indexes of prefixes that have been asked for. Each change brings those that it touches up to date, so that many who wait for the same
 * prefix need not read all its keys again.
 */
export class PrefixIndexes {
  /** The one that was asked for first is the first. */
  readonly #indexes = new Map<string, number>();
  /** How many prefixes of each length are remembered, in UTF-16 units. */
  readonly #lengths = new Map<number, number>();

  /** @param find finds an index that is not remembered */
  get(prefix: string, find: () => number): number {
    const known = this.#indexes.get(prefix);
    if (known !== undefined) return known;
    const index = find();
    if (prefix.length <= MAX_KEY) this.#remember(prefix, index);
    return index;
  }

  /** Call this when a key has been written or deleted. */
  note(key: string, index: number): void {
    for (const length of this.#lengths.keys()) {
      if (length > key.length) continue;
      const prefix = key.slice(0, length);
      const known = this.#indexes.get(prefix);
      if (known !== undefined && known < index) this.#indexes.set(prefix, index);
    }
  }

  #remember(prefix: string, index: number): void {
    const { length } = prefix;
    if (!this.#lengths.has(length) && this.#lengths.size === MAX_LENGTHS) this.#clear();
    this.#indexes.set(prefix, index);
    this.#lengths.set(length, (this.#lengths.get(length) ?? 0) + 1);
    if (this.#indexes.size > MAX_PREFIXES) this.#forget(this.#indexes.keys().next().value ?? "");
  }

  #forget(prefix: string): void {
    this.#indexes.delete(prefix);
    const left = (this.#lengths.get(prefix.length) ?? 1) - 1;
    if (left > 0) this.#lengths.set(prefix.length, left);
    else this.#lengths.delete(prefix.length);
  }

  #clear(): void {
    this.#indexes.clear();
    this.#lengths.clear();
  }
}

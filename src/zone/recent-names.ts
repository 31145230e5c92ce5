/** The cache is two-way set-associative: a name's length selects one of the sets, and each set has room for two names. */
const SETS = 32;
const WAYS = 2;
/** Marks a free place. It is not a name. */
const NONE = " ";

/**
 * A cache of the numbers of recently used names. Instances of a task are emitted one after the other and share most of their names, and
 * a name with addresses is then the target of services. Such names are mostly the same string objects, which compare fast.
 */
export class RecentNames {
  readonly #texts: string[] = new Array(SETS * WAYS).fill(NONE);
  readonly #numbers = new Uint32Array(SETS * WAYS);

  /** The number of the name, or -1 if it is not in the cache. */
  find(text: string): number {
    const at = (text.length % SETS) * WAYS;
    if (this.#texts[at] === text) return this.#numbers[at];
    if (this.#texts[at + 1] === text) return this.#numbers[at + 1];
    return -1;
  }

  /** Adds a name. It replaces the older one of its set. */
  add(text: string, number: number): void {
    const at = (text.length % SETS) * WAYS;
    this.#texts[at + 1] = this.#texts[at];
    this.#numbers[at + 1] = this.#numbers[at];
    this.#texts[at] = text;
    this.#numbers[at] = number;
  }

  clear(): void {
    this.#texts.fill(NONE);
  }
}

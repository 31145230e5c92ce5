/** Sets that names are spread over by their length, and names that each has room for. */
const SETS = 32;
const WAYS = 2;
/** No name. */
const NONE = " ";

/**
 * The numbers of the names used last: instances of a task come one after the other and have most of their names in common, and what
 * has an address is then the target of services. Such names are mostly the same strings, which are compared in no time.
 */
export class RecentNames {
  readonly #texts: string[] = new Array(SETS * WAYS).fill(NONE);
  readonly #numbers = new Uint32Array(SETS * WAYS);

  /** -1 where it is none of them. */
  find(text: string): number {
    const at = (text.length % SETS) * WAYS;
    if (this.#texts[at] === text) return this.#numbers[at];
    if (this.#texts[at + 1] === text) return this.#numbers[at + 1];
    return -1;
  }

  /** Takes the place of the one that came before the last of its set. */
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

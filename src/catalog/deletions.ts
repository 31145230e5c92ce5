/** Services that are gone and may be asked for; the oldest are forgotten. About 100 octets each, so 1 MB. */
const MAX_DELETIONS = 10_000;

/**
 * The index at which something that is not there changed last: when it went, if that is remembered. Of what was never there, and of what
 * is forgotten, nothing has changed since the floor.
 */
export class Deletions {
  readonly #max: number;
  readonly #at = new Map<string, number>();
  #floor: number;

  /** @param floor the index at which watching began */
  constructor(floor: number, max = MAX_DELETIONS) {
    this.#floor = floor;
    this.#max = max;
  }

  indexOf(key: string): number {
    return this.#at.get(key) ?? this.#floor;
  }

  add(key: string, index: number): void {
    this.#at.delete(key);
    this.#at.set(key, index);
    if (this.#at.size <= this.#max) return;
    const [[oldest, gone]] = this.#at as Iterable<[string, number]> as [[string, number]];
    this.#at.delete(oldest);
    this.#floor = Math.max(this.#floor, gone);
  }

  /** It is back. */
  delete(key: string): void {
    this.#at.delete(key);
  }
}

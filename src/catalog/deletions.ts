/** How many removed services are remembered. The oldest are dropped. Each takes about 100 bytes, so 1 MB in total. */
const MAX_DELETIONS = 10_000;

/**
 * The index of the last change of a service that does not exist: the index of its removal, if that is remembered; else the floor, which
 * also stands for services that never existed.
 */
export class Deletions {
  readonly #max: number;
  readonly #at = new Map<string, number>();
  #floor: number;

  /** @param floor the index of the catalogue's beginning */
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

  /** Call this when the service exists again. */
  delete(key: string): void {
    this.#at.delete(key);
  }
}

/**
 * Counts what comes, in bounded memory: of more different keys than are kept, those with the least counts go. What comes often is counted well, what
 * comes once in a flood of names is not counted for long (lossy counting, Manku and Motwani, 2002).
 */
export class Tally {
  readonly #max: number;
  readonly #counts = new Map<string, number>();
  total = 0;

  /** @param max keys that are kept */
  constructor(max: number) {
    this.#max = max;
  }

  add(key: string, count = 1): void {
    this.total += count;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
    if (this.#counts.size > this.#max) this.#prune();
  }

  /** Adds all that another one has. */
  addAll(other: Tally): void {
    for (const [key, count] of other.#counts) this.add(key, count);
    // What the other one has not kept is in its total alone.
    this.total += other.total - [...other.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** The keys that came most often, the first first. */
  most(limit: number): readonly Counted[] {
    const all = Array.from(this.#counts, ([key, count]) => ({ key, count }));
    return all.sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1)).slice(0, limit);
  }

  /** Half of them go: so each of as many that come next costs one step. */
  #prune(): void {
    const kept = this.most(this.#max >>> 1);
    this.#counts.clear();
    for (const { key, count } of kept) this.#counts.set(key, count);
  }
}

export interface Counted {
  readonly key: string;
  readonly count: number;
}

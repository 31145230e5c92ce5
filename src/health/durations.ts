/** Upper bounds of the buckets, in seconds. */
export const CHECK_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** How long the checks of one name took: those up to each bound, and all. */
export interface Durations {
  readonly buckets: readonly number[];
  readonly count: number;
  readonly sum: number;
}

/** Counts how long checks take, by the check's name. */
export class DurationCounts {
  readonly #byCheck = new Map<string, { readonly buckets: number[]; count: number; sum: number }>();

  add(check: string, seconds: number): void {
    const known = this.#byCheck.get(check) ?? { buckets: CHECK_SECONDS.map(() => 0), count: 0, sum: 0 };
    this.#byCheck.set(check, known);
    known.count++;
    known.sum += seconds;
    CHECK_SECONDS.forEach((bound, index) => {
      if (seconds <= bound) known.buckets[index]++;
    });
  }

  /** Forgets the others. */
  keep(checks: ReadonlySet<string>): void {
    for (const check of this.#byCheck.keys()) if (!checks.has(check)) this.#byCheck.delete(check);
  }

  entries(): readonly (readonly [check: string, durations: Durations])[] {
    return Array.from(this.#byCheck, ([check, { buckets, count, sum }]) => [
      check,
      { buckets: [...buckets], count, sum },
    ]);
  }
}

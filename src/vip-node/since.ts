/** Since when each of some keys has been noted without a break, in milliseconds of any clock. */
export class SinceWhen {
  #since: ReadonlyMap<string, number> = new Map();

  /** Only these keys are there now. Those that were there before keep their times. */
  note(keys: Iterable<string>, now: number): void {
    this.#since = new Map(Array.from(keys, (key) => [key, this.#since.get(key) ?? now]));
  }

  /** Those that have been there for at least so long. */
  longerThan(ms: number, now: number): ReadonlySet<string> {
    return new Set([...this.#since].flatMap(([key, since]) => (since + ms <= now ? [key] : [])));
  }

  /** When the first of them has been there for so long that had not at this moment; infinite if there is none. */
  next(ms: number, moment: number): number {
    let first = Number.POSITIVE_INFINITY;
    for (const since of this.#since.values()) if (since + ms > moment) first = Math.min(first, since + ms);
    return first;
  }
}

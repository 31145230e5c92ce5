/** Counters by labels, for Prometheus: the values of the labels, and the count. */
export type Counts = readonly (readonly [labels: readonly string[], count: number])[];

/** Counts events by their labels. */
export class Counter {
  readonly #counts = new Map<string, { readonly labels: readonly string[]; count: number }>();

  add(labels: readonly string[]): void {
    const key = labels.join(" ");
    const entry = this.#counts.get(key) ?? { labels, count: 0 };
    entry.count++;
    this.#counts.set(key, entry);
  }

  counts(): Counts {
    return [...this.#counts.values()].map(({ labels, count }) => [labels, count] as const);
  }
}

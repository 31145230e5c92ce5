import { RANK_COUNT, type Rank } from "./needle.js";
import type { Listed } from "./questions.js";

/** Takes rows as they are found, and keeps those that a page of results may show. */
export class Ranked<Row> {
  readonly #offset: number;
  readonly #limit: number;
  readonly #byRank: Row[][] = Array.from({ length: RANK_COUNT }, () => []);
  readonly #counts = new Array<number>(RANK_COUNT).fill(0);

  constructor({ offset, limit }: { readonly offset: number; readonly limit: number }) {
    this.#offset = offset;
    this.#limit = limit;
  }

  /** @param row called if it may be shown */
  add(rank: Rank, row: () => Row): void {
    const found = this.#byRank[rank];
    if (found.length < this.#offset + this.#limit) found.push(row());
    this.#counts[rank]++;
  }

  /** How many have been found. */
  get total(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** The page: the best first, and those of equal rank as they were found, or in this order. */
  page(compare?: (a: Row, b: Row) => number): Listed<Row> {
    const { total } = this;
    const rows = this.#byRank.flatMap((found) => (compare ? found.sort(compare) : found));
    return { rows: rows.slice(this.#offset, this.#offset + this.#limit), total };
  }
}

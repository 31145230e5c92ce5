import { LINE, Needle } from "./needle.js";
import type { Listed, Page } from "./questions.js";
import { Ranked } from "./ranked.js";

/** A block with more rows is divided: a change then makes the text of this many anew. */
const MAX_ROWS = 1_024;

interface Block<Row> {
  readonly rows: Row[];
  /** The lines of its rows, and where each begins; `undefined` after a change. */
  lines: { readonly text: string; readonly starts: readonly number[] } | undefined;
}

export interface SortedBlocksParts<Row> {
  /** 0 for the same row. */
  readonly compare: (a: Row, b: Row) => number;
  /** What is searched, by `lineOf`. */
  readonly line: (row: Row) => string;
}

/** Rows in order, which change one by one and are searched as text: 100,000 of them in a few milliseconds. */
export class SortedBlocks<Row> {
  readonly #parts: SortedBlocksParts<Row>;
  #blocks: Block<Row>[] = [];
  #size = 0;

  constructor(parts: SortedBlocksParts<Row>) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a row, in the place of the same one if there is one. */
  put(row: Row): void {
    const index = this.#blockOf(row);
    const block = this.#blocks[index];
    if (!block) {
      this.#blocks.push({ rows: [row], lines: undefined });
      this.#size++;
      return;
    }
    const at = this.#placeIn(block, row);
    const isKnown = at < block.rows.length && this.#parts.compare(block.rows[at], row) === 0;
    block.rows.splice(at, isKnown ? 1 : 0, row);
    block.lines = undefined;
    if (isKnown) return;
    this.#size++;
    if (block.rows.length <= MAX_ROWS) return;
    const rest = { rows: block.rows.splice(MAX_ROWS / 2), lines: undefined };
    this.#blocks.splice(index + 1, 0, rest);
  }

  delete(row: Row): void {
    const index = this.#blockOf(row);
    const block = this.#blocks[index];
    if (!block) return;
    const at = this.#placeIn(block, row);
    if (at >= block.rows.length || this.#parts.compare(block.rows[at], row) !== 0) return;
    block.rows.splice(at, 1);
    block.lines = undefined;
    this.#size--;
    if (block.rows.length === 0) this.#blocks.splice(index, 1);
  }

  clear(): void {
    this.#blocks = [];
    this.#size = 0;
  }

  *[Symbol.iterator](): Generator<Row> {
    for (const { rows } of this.#blocks) yield* rows;
  }

  /** A page of the rows that match, in order, but the best matches first. @param accepts takes only some of them */
  find(page: Page, accepts?: (row: Row) => boolean): Listed<Row> {
    const needle = new Needle(page.text);
    if (!needle.isEmpty) return this.#search(needle, page, accepts);
    return accepts ? this.#filter(page, accepts) : { rows: this.#slice(page), total: this.#size };
  }

  /** Makes what searches need. Each of them does that for what has changed. */
  prepare(): void {
    for (const block of this.#blocks) block.lines ??= linesOf(block.rows.map(this.#parts.line));
  }

  #search(needle: Needle, page: Page, accepts?: (row: Row) => boolean): Listed<Row> {
    const found = new Ranked<Row>(page);
    this.prepare();
    for (const { rows, lines } of this.#blocks) {
      if (!lines) continue;
      const { text, starts } = lines;
      let index = 0;
      needle.search(text, (start, _, rank) => {
        while (starts[index] < start) index++;
        const row = rows[index];
        if (!accepts || accepts(row)) found.add(rank, () => row);
        return true;
      });
    }
    return found.page();
  }

  #filter({ offset, limit }: Page, accepts: (row: Row) => boolean): Listed<Row> {
    const rows: Row[] = [];
    let total = 0;
    for (const row of this) {
      if (!accepts(row)) continue;
      if (total >= offset && rows.length < limit) rows.push(row);
      total++;
    }
    return { rows, total };
  }

  #slice({ offset, limit }: Page): Row[] {
    const rows: Row[] = [];
    let skip = offset;
    for (const block of this.#blocks) {
      if (rows.length >= limit) break;
      if (skip >= block.rows.length) skip -= block.rows.length;
      else {
        rows.push(...block.rows.slice(skip, skip + limit - rows.length));
        skip = 0;
      }
    }
    return rows;
  }

  /** The index of the last block that begins with this row or an earlier one; 0 if there is none. */
  #blockOf(row: Row): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#parts.compare(this.#blocks[middle].rows[0], row) <= 0) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  /** The first place in a block whose row is not before this one. */
  #placeIn({ rows }: Block<Row>, row: Row): number {
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#parts.compare(rows[middle], row) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function linesOf(lines: readonly string[]) {
  let length = 0;
  const starts = lines.map((line) => {
    const start = length;
    length += line.length + LINE.length;
    return start;
  });
  return { text: `${lines.join(LINE)}${LINE}`, starts };
}

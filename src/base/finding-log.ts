import type { Logger } from "./log.js";

/** Lines at a time. More is one fault many times over. */
const MAX_LINES = 100;

/** A line of the log. */
export interface FindingLine {
  readonly fields: object;
  readonly text: string;
}

/** Warns of what is found again and again: once as long as it stays, and again only if it was otherwise in between. */
export class FindingLog<T> {
  readonly #log: Pick<Logger, "warn">;
  readonly #about: string;
  readonly #lineOf: (finding: T) => FindingLine;
  #before: ReadonlySet<string> = new Set();

  /** @param about what all findings have in common: `left out of the zone` */
  constructor(log: Pick<Logger, "warn">, about: string, lineOf: (finding: T) => FindingLine) {
    this.#log = log;
    this.#about = about;
    this.#lineOf = lineOf;
  }

  /** @param findings all that there are now, each by what identifies it */
  note(findings: ReadonlyMap<string, T>): void {
    const fresh = [...findings].filter(([key]) => !this.#before.has(key));
    for (const [, finding] of fresh.slice(0, MAX_LINES)) {
      const { fields, text } = this.#lineOf(finding);
      this.#log.warn(fields, text);
    }
    const more = fresh.length - MAX_LINES;
    if (more > 0) this.#log.warn({ count: more }, `${this.#about}: ${more} more`);
    this.#before = new Set(findings.keys());
  }
}

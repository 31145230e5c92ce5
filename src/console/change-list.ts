import type { Change } from "./changes.js";
import type { NumberedChange } from "./figures.js";

/** How many changes are kept for those who come later. */
export const MAX_KEPT = 2_000;
const MINUTE_MS = 60_000;

/** The last changes, numbered. Numbers go on over a restart, as they begin with the time. */
export class ChangeList {
  readonly #wallClock: () => number;
  #changes: NumberedChange[] = [];
  #last: number;

  /** @param wallClock milliseconds since the epoch */
  constructor(wallClock: () => number) {
    this.#wallClock = wallClock;
    this.#last = wallClock() * 1_000;
  }

  /** The number of the last change, or the one before the first. */
  get last(): number {
    return this.#last;
  }

  add(changes: readonly Change[]): void {
    const at = new Date(this.#wallClock()).toISOString();
    for (const change of changes) this.#changes.push({ id: ++this.#last, at, ...change });
    if (this.#changes.length > MAX_KEPT) this.#changes = this.#changes.slice(-MAX_KEPT);
  }

  /** Those with a larger number, the oldest first; at most this many, the newest of them. */
  since(id: number, most = MAX_KEPT): readonly NumberedChange[] {
    return this.#changes.filter((change) => change.id > id).slice(-most);
  }

  /** How many came in the last minute; those that are only counted, too. */
  get lastMinute(): number {
    const from = new Date(this.#wallClock() - MINUTE_MS).toISOString();
    const recent = this.#changes.filter(({ at, kind }) => at > from && kind !== "names");
    return recent.reduce((sum, { kind, count }) => sum + (kind === "more" ? (count ?? 1) : 1), 0);
  }
}

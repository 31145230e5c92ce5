import type { Timers } from "../../base/timers.js";

/** Acts on news: at once, or with those that follow soon after, so that it acts at most once in an interval. */
export class Pacer {
  readonly #timers: Timers;
  readonly #intervalMs: number;
  readonly #act: () => void;
  #actedAt = Number.NEGATIVE_INFINITY;
  #isDue = false;

  constructor(timers: Timers, intervalMs: number, act: () => void) {
    this.#timers = timers;
    this.#intervalMs = intervalMs;
    this.#act = act;
  }

  /** There are news. */
  note(): void {
    if (this.#isDue) return;
    const wait = this.#actedAt + this.#intervalMs - this.#timers.now();
    if (wait <= 0) {
      this.actNow();
      return;
    }
    this.#isDue = true;
    this.#timers.after(wait, () => {
      this.#isDue = false;
      this.actNow();
    });
  }

  actNow(): void {
    this.#actedAt = this.#timers.now();
    this.#act();
  }
}

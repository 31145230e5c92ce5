import type { Timers } from "../../../base/timers.js";

/** A state is not asked for before its time again sooner than this after the last one; then twice as long, and so on. */
const FIRST_PAUSE_MS = 5_000;
const LAST_PAUSE_MS = 80_000;

/** Has a state fetched before its time where what is known is found wanting: at once, but not again and again. */
export class EarlyState {
  readonly #timers: Timers;
  readonly #fetch: () => void;
  #askedAt = Number.NEGATIVE_INFINITY;
  #pauseMs = FIRST_PAUSE_MS;
  #cancel: (() => void) | undefined;

  constructor(timers: Timers, fetch: () => void) {
    this.#timers = timers;
    this.#fetch = fetch;
  }

  ask(): void {
    if (this.#cancel) return;
    const wait = this.#askedAt + this.#pauseMs - this.#timers.now();
    if (wait <= 0) this.#now();
    else this.#cancel = this.#timers.after(wait, () => this.#now());
  }

  /** A state has told all that was wanted. */
  satisfied(): void {
    this.stop();
    this.#pauseMs = FIRST_PAUSE_MS;
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #now(): void {
    this.#cancel = undefined;
    // Where what is wanted stays away, as with a scheduler that acknowledges nothing, a large cluster is not read all the time.
    const isRepeated = this.#askedAt + this.#pauseMs * 2 > this.#timers.now();
    this.#pauseMs = isRepeated ? Math.min(this.#pauseMs * 2, LAST_PAUSE_MS) : FIRST_PAUSE_MS;
    this.#askedAt = this.#timers.now();
    this.#fetch();
  }
}

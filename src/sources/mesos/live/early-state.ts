import type { Timers } from "../../../base/timers.js";

/** The least time between two early states. It doubles each time, up to LAST_PAUSE_MS. */
const FIRST_PAUSE_MS = 5_000;
const LAST_PAUSE_MS = 80_000;

/** Has the state fetched ahead of schedule when something is missing that a state may contain: at once, then with growing pauses. */
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

  /** Call this when a state contained everything that was missing. */
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
    // Some things stay missing, for example if a scheduler acknowledges no updates. Do not fetch a large state all the time because of it.
    const isRepeated = this.#askedAt + this.#pauseMs * 2 > this.#timers.now();
    this.#pauseMs = isRepeated ? Math.min(this.#pauseMs * 2, LAST_PAUSE_MS) : FIRST_PAUSE_MS;
    this.#askedAt = this.#timers.now();
    this.#fetch();
  }
}

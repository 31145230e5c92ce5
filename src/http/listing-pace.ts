import type { Timers } from "../base/timers.js";

/** A client takes this many octets in this many milliseconds, or is given up: two kilobytes a second. */
const LEAST_OCTETS = 64 * 1024;
const PATIENCE_MS = 30_000;

/** Watches how fast a client takes a listing. Time that the server needs for making it does not count. */
export class ListingPace {
  readonly #timers: Timers;
  readonly #onSlow: () => void;
  /** Milliseconds that the client has left for what it has to take, and what it has taken of that. */
  #left = PATIENCE_MS;
  #taken = 0;
  #waitsSince = 0;
  #cancel: (() => void) | undefined;

  /** @param onSlow told once, when patience is over */
  constructor(timers: Timers, onSlow: () => void) {
    this.#timers = timers;
    this.#onSlow = onSlow;
  }

  /** The client has these octets to take. */
  given(octets: number): void {
    this.#taken += octets;
    this.#waitsSince = this.#timers.now();
    this.#cancel = this.#timers.after(this.#left, this.#onSlow);
  }

  /** The client has taken what it was given. */
  taken(): void {
    this.stop();
    this.#left -= this.#timers.now() - this.#waitsSince;
    if (this.#taken < LEAST_OCTETS) return;
    this.#taken = 0;
    this.#left = PATIENCE_MS;
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

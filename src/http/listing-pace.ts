import type { Timers } from "../base/timers.js";

/** A client must take at least this many bytes in this many milliseconds (two kilobytes a second), or its connection is closed. */
const MIN_BYTES = 64 * 1024;
const PATIENCE_MS = 30_000;

/** Watches how fast a client takes a listing. The time that the server needs to make it does not count. */
export class ListingPace {
  readonly #timers: Timers;
  readonly #onSlow: () => void;
  /** The milliseconds that the client has left for the current MIN_BYTES, and the bytes of them that it was given. */
  #left = PATIENCE_MS;
  #taken = 0;
  #waitsSince = 0;
  #cancel: (() => void) | undefined;

  /** @param onSlow called once, when the client was too slow */
  constructor(timers: Timers, onSlow: () => void) {
    this.#timers = timers;
    this.#onSlow = onSlow;
  }

  /** Call this when the client is given that many bytes to take. */
  given(bytes: number): void {
    this.#taken += bytes;
    this.#waitsSince = this.#timers.now();
    this.#cancel = this.#timers.after(this.#left, this.#onSlow);
  }

  /** Call this when the client has taken what it was given. */
  taken(): void {
    this.stop();
    this.#left -= this.#timers.now() - this.#waitsSince;
    if (this.#taken < MIN_BYTES) return;
    this.#taken = 0;
    this.#left = PATIENCE_MS;
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

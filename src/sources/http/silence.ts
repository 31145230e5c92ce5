import type { Timers } from "../../base/timers.js";

/** Reserved at the end of the limit: data that arrived while this thread was busy building is read before time is up. */
const GRACE_MS = 250;

/** Calls back when nothing has been heard for some time. */
export class Silence {
  readonly #timers: Timers;
  readonly #onSilence: () => void;
  #limitMs: number;
  #heardAt: number;
  #cancel: () => void = () => {};

  constructor(timers: Timers, limitMs: number, onSilence: () => void) {
    this.#timers = timers;
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
    this.#heardAt = timers.now();
    this.#wait(limitMs);
  }

  get limitMs(): number {
    return this.#limitMs;
  }

  /** Call this whenever something is heard. */
  heard(limitMs = this.#limitMs): void {
    this.#heardAt = this.#timers.now();
    if (limitMs === this.#limitMs) return;
    this.#limitMs = limitMs;
    this.#cancel();
    this.#wait(limitMs);
  }

  end(): void {
    this.#cancel();
  }

  /** heard() sets no timer, because it is called very often. Instead the timer that fires checks when that was, and waits for the rest. */
  #wait(ms: number): void {
    this.#cancel = this.#timers.after(ms, () => {
      const left = this.#heardAt + this.#limitMs - this.#timers.now();
      if (left > 0) this.#wait(left);
      else this.#cancel = this.#timers.after(GRACE_MS, () => this.#judge());
    });
  }

  #judge(): void {
    const left = this.#heardAt + this.#limitMs - this.#timers.now();
    if (left > 0) this.#wait(left);
    else this.#onSilence();
  }
}

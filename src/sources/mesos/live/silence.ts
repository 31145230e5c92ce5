import type { Timers } from "../../../base/timers.js";

/** The last part of the time: what came while this thread was busy building is read before it is over. */
const GRACE_MS = 250;

/** Notices that nothing has been heard for some time. */
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

  /** To be called whenever something is heard. */
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

  /** A timer for each thing heard would be many: one that falls due looks when that was. */
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

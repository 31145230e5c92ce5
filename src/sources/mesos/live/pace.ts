import type { Timers } from "../../../base/timers.js";

/** Changes within this time are served together. */
const GATHER_MS = 20;
/** The least time from start to start. A change of one task in 100,000 takes some 10 ms, so that all of them take a sixth of a processor. */
const INTERVAL_MS = 60;

/** Runs some work on request, at most every 60 ms and never twice at a time. Requests meanwhile are combined into one run. */
export class Pace {
  readonly #timers: Timers;
  readonly #work: () => Promise<void>;
  #next: Promise<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #startedAt = Number.NEGATIVE_INFINITY;
  #hasten: () => void = () => {};

  constructor(timers: Timers, work: () => Promise<void>) {
    this.#timers = timers;
    this.#work = work;
  }

  /** @returns the promise of a run that begins after this call */
  request(): Promise<void> {
    if (!this.#next) {
      const next = this.#last.then(() => this.#due()).then(() => this.#begin());
      this.#next = next;
      this.#last = next.catch(() => {});
    }
    return this.#next;
  }

  /** Runs requested work without delay. Resolves when no work is left. */
  async flush(): Promise<void> {
    this.#hasten();
    await this.#last;
  }

  #due(): Promise<void> {
    const timers = this.#timers;
    const wait = Math.max(GATHER_MS, this.#startedAt + INTERVAL_MS - timers.now());
    return new Promise((resolve) => {
      const cancel = timers.after(wait, resolve);
      this.#hasten = () => {
        cancel();
        resolve();
      };
    });
  }

  #begin(): Promise<void> {
    this.#next = undefined;
    this.#startedAt = this.#timers.now();
    return this.#work();
  }
}

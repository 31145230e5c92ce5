import type { Timers } from "../../../base/timers.js";

/** What happens together is served together. */
const GATHER_MS = 20;
/** From start to start: ten times a second. */
const INTERVAL_MS = 100;

/** Does some work when asked, at most ten times a second and never two at a time; what is asked for meanwhile is done once. */
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

  /** The promise is that of work which begins after this call. */
  request(): Promise<void> {
    if (!this.#next) {
      const next = this.#last.then(() => this.#due()).then(() => this.#begin());
      this.#next = next;
      this.#last = next.catch(() => {});
    }
    return this.#next;
  }

  /** Has what is asked for done without delay; resolves when that is through. */
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

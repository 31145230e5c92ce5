import type { Timers } from "./timers.js";

export interface RerunParts {
  readonly timers: Timers;
  /**
   * What is run. It must not reject.
   *
   * @param startedAt when this run has begun, in milliseconds of the clock of `timers`
   * @returns milliseconds until the next run, if nobody asks for an earlier one
   */
  readonly run: (startedAt: number) => Promise<number>;
  /** Milliseconds from the beginning of a run to that of the next one, at least. */
  readonly leastMs: number;
}

/** Runs the same work again and again, one run at a time, at the earliest moment that somebody has asked for. */
export class Rerun {
  readonly #parts: RerunParts;
  #cancel: () => void = () => undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #startedAt = Number.NEGATIVE_INFINITY;
  #work: Promise<void> = Promise.resolve();
  #isRunning = false;
  #isStopped = false;

  constructor(parts: RerunParts) {
    this.#parts = parts;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Runs so many milliseconds from now, unless it does so sooner. During a run: when that has ended. */
  within(ms: number): void {
    const { timers, leastMs } = this.#parts;
    const at = Math.max(timers.now() + Math.max(0, ms), this.#startedAt + leastMs);
    if (this.#isStopped || at >= this.#dueAt) return;
    this.#dueAt = at;
    if (!this.#isRunning) this.#arm();
  }

  /** Waits for the run that is under way. There will be no other one. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#work;
  }

  #arm(): void {
    const { timers } = this.#parts;
    this.#cancel();
    this.#cancel = timers.after(Math.max(0, this.#dueAt - timers.now()), () => {
      this.#work = this.#run();
    });
  }

  async #run(): Promise<void> {
    const { timers, run } = this.#parts;
    this.#isRunning = true;
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#startedAt = timers.now();
    const next = await run(this.#startedAt);
    this.#isRunning = false;
    const asked = this.#dueAt;
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.within(Math.min(asked - timers.now(), next));
  }
}

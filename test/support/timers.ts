import { setImmediate as nextTurn } from "node:timers/promises";
import type { Timers } from "../../src/base/timers.js";

/** Time that passes only when a test says so. */
export class ManualTimers implements Timers {
  #now = 0;
  readonly #due = new Map<() => void, number>();

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    // A timer is known by a function of its own: the same callback may be set twice.
    const timer = () => callback();
    this.#due.set(timer, this.#now + ms);
    return () => this.#due.delete(timer);
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#due.size;
  }

  /** Lets `ms` pass: what falls due is called in order, and what that sets in motion settles in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      const [timer, time] = next;
      this.#due.delete(timer);
      this.#now = time;
      timer();
      await settle();
    }
    this.#now = end;
  }

  /** The same for code that waits for nothing but its timers. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      const [timer, time] = next;
      this.#due.delete(timer);
      this.#now = time;
      timer();
    }
    this.#now = end;
  }

  /** Lets `ms` pass in which nothing else is done: what fell due is called late, and only then the rest goes on. */
  async block(ms: number): Promise<void> {
    await settle();
    this.#now += ms;
    const late = [...this.#due].filter(([, time]) => time <= this.#now).sort(([, a], [, b]) => a - b);
    for (const [timer] of late) if (this.#due.delete(timer)) timer();
  }

  #next(end: number): [() => void, number] | undefined {
    const due = [...this.#due].filter(([, time]) => time <= end);
    return due.sort(([, a], [, b]) => a - b)[0];
  }
}

/** Lets promises that wait for nothing outside the process settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
}

import { setImmediate } from "node:timers";

/** How long the work of one turn of the event loop may take, about, in milliseconds. Between turns, other work is done. */
export const TURN_MS = 5;

/**
 * Shares turns of the event loop out among many that work piece by piece: however many they are, a turn ends after some milliseconds.
 */
export class Turns {
  readonly #now: () => number;
  readonly #waiting: (() => void)[] = [];

  /** @param now milliseconds on a monotonic clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Resolves when it is the caller's turn to do its next piece. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) setImmediate(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    const end = this.#now() + TURN_MS;
    let done = 0;
    // Those that come again meanwhile wait for a later turn.
    const due = this.#waiting.length;
    while (done < due && (done === 0 || this.#now() < end)) {
      this.#waiting[done++]?.();
      // The piece is done before this goes on.
      await Promise.resolve();
    }
    this.#waiting.splice(0, done);
    if (this.#waiting.length > 0) setImmediate(() => void this.#run());
  }
}

/** Time that passes when it is told to, as `Timers` of the server. */
import { setImmediate as nextTurn } from "node:timers/promises";

/** Turns of the event loop in which what a timer has set in motion comes to rest. */
const TURNS = 4;

export class SimulatedTime {
  #now = 0;
  #due = new Set();

  now() {
    return this.#now;
  }

  after(ms, callback) {
    const timer = { at: this.#now + ms, callback };
    this.#due.add(timer);
    return () => this.#due.delete(timer);
  }

  async pass(ms) {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const [timer] = [...this.#due].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!timer) break;
      this.#due.delete(timer);
      this.#now = timer.at;
      timer.callback();
      await settle();
    }
    this.#now = end;
  }
}

async function settle() {
  for (let turn = 0; turn < TURNS; turn++) await nextTurn();
}

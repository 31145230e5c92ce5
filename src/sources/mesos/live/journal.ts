import type { MasterEvent } from "./events.js";

/** Events that may come while one state is fetched. */
const MAX_EVENTS = 200_000;

/** Events since a state was asked for, which may be older than they are. */
export class Journal {
  /** Nothing while no state is under way. */
  #events: MasterEvent[] | undefined;
  #isWhole = true;

  begin(): void {
    this.#events = [];
    this.#isWhole = true;
  }

  note(event: MasterEvent): void {
    if (!this.#events) return;
    if (this.#events.length < MAX_EVENTS) this.#events.push(event);
    else this.#isWhole = false;
  }

  /** Ends it. `undefined` where more has happened than could be kept. */
  take(): readonly MasterEvent[] | undefined {
    const events = this.#events ?? [];
    this.#events = undefined;
    return this.#isWhole ? events : undefined;
  }
}

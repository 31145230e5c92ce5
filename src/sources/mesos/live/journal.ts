import type { MasterEvent } from "./events.js";

/** How many events the journal keeps while a state is fetched. */
const MAX_EVENTS = 200_000;

/** The events since a state was requested. The state may be older than these events. */
export class Journal {
  /** `undefined` while no state is being fetched. */
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

  /** Ends the journal and returns its events; `undefined` if there were more than MAX_EVENTS. */
  take(): readonly MasterEvent[] | undefined {
    const events = this.#events ?? [];
    this.#events = undefined;
    return this.#isWhole ? events : undefined;
  }
}

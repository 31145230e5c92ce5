import type { ConsulInstance } from "./model.js";

/** What one update has touched. */
export interface LoggedUpdate {
  /** The instances of each touched service, as they were. */
  readonly services: ReadonlyMap<string, readonly ConsulInstance[]>;
  /** Names of nodes that are other objects, or gone. */
  readonly nodes: readonly string[];
}

/** A zone follows each update; more are kept for one that has failed to. */
const MAX_UPDATES = 4;

/** The last updates, so that who has seen the registry before can ask what is different now. */
export class ChangeLog {
  #updates: LoggedUpdate[] = [];
  #generation = 0;

  /** How many updates there have been. */
  get generation(): number {
    return this.#generation;
  }

  note(update: LoggedUpdate): void {
    this.#generation++;
    this.#updates = [...this.#updates, update].slice(-MAX_UPDATES);
  }

  /** The updates after that generation; `undefined` if not all of them are known any more. */
  since(generation: number): readonly LoggedUpdate[] | undefined {
    const count = this.#generation - generation;
    if (count > this.#updates.length || count < 0) return undefined;
    return count === 0 ? [] : this.#updates.slice(-count);
  }
}

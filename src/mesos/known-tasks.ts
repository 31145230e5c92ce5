import type { Task } from "./cluster.js";
import { sameValue } from "./same.js";

/**
 * The tasks of the state that was read last. One that has not changed is taken from there, so that of two states in
 * memory, the one that is served and the one that has just come, only the difference is held twice.
 */
export class KnownTasks {
  #before = new Map<string, Task>();
  #now = new Map<string, Task>();

  /** To be called before the tasks of a state. */
  begin(): void {
    // What is left of a state that could not be read to its end.
    this.#now.clear();
  }

  /** The task itself, or what is equal to it. */
  keep(task: Task): Task {
    const former = this.#before.get(task.id);
    const kept = former && sameValue(former, task) ? former : task;
    this.#now.set(kept.id, kept);
    return kept;
  }

  /** To be called behind them. */
  end(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }
}

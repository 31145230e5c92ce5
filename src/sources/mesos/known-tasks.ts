import type { Task } from "./cluster.js";
import { sameValue } from "./same.js";

/** Gives the task itself, or what is equal to it. */
export type Keep = (task: Task) => Task;

/**
 * The tasks of the state that was read last. One that has not changed is taken from there, so that of two states in
 * memory, the one that is served and the one that has just come, only the difference is held twice.
 */
export class KnownTasks {
  /** By framework, then by id: an id is one framework's own. */
  #before = new Map<string, Map<string, Task>>();
  #now = new Map<string, Map<string, Task>>();

  /** To be called before the tasks of a state. */
  begin(): void {
    // What is there is left of a state that could not be read to its end.
    this.#now = new Map();
  }

  /** For the tasks of a framework. */
  of(frameworkId: string): Keep {
    const before = this.#before.get(frameworkId);
    const now = this.#now.get(frameworkId) ?? new Map<string, Task>();
    this.#now.set(frameworkId, now);
    return (task) => {
      const former = before?.get(task.id);
      const kept = former && sameValue(former, task) ? former : task;
      now.set(kept.id, kept);
      return kept;
    };
  }

  /** To be called behind them. */
  end(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }
}

import type { Task } from "./cluster.js";
import { sameValue } from "./same.js";

/** Returns an equal task that is already in memory, or else the task itself. */
export type Keep = (task: Task) => Task;

/**
 * The tasks of the state that was read last. The next state reuses the objects of unchanged tasks, so that the state
 * that is served and the one that has just arrived share memory except for their differences.
 */
export class KnownTasks {
  /** By framework, then by task id: task ids are unique only within their framework. */
  #before = new Map<string, Map<string, Task>>();
  #now = new Map<string, Map<string, Task>>();

  /** Call this before the tasks of a state. */
  begin(): void {
    // Drop the tasks of a state that could not be read to its end.
    this.#now = new Map();
  }

  /** The function that replaces a framework's tasks by known ones. */
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

  /** Call this after the tasks of a state. */
  end(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }
}

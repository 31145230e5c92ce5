import { hash } from "node:crypto";
import type { Task } from "./cluster.js";

/** How running tasks were written, and what they are, side by side and in the order of the state. */
export interface Known {
  readonly digests: readonly string[];
  readonly tasks: readonly Task[];
}

const NONE: Known = { digests: [], tasks: [] };

/**
 * The running tasks of the state that was read last. A task that is written as it was then is not read again: it is the same object.
 * So a state with few changes costs little time, and shares its memory with the one that is served.
 */
export class KnownTasks {
  /** By framework: task ids are unique only within their framework. */
  #before: ReadonlyMap<string, Known>;
  #now = new Map<string, Known>();

  /** @param before the tasks of the state that was read last, by framework, if they are known */
  constructor(before: ReadonlyMap<string, Known> = new Map()) {
    this.#before = before;
  }

  /** Tells how a task of this framework was written in the state that was read last; "" for another task. */
  digestsOf(frameworkId: string): (task: Task) => string {
    const { digests, tasks } = this.#before.get(frameworkId) ?? NONE;
    let next = 0;
    let positions: ReadonlyMap<Task, number> | undefined;
    return (task) => {
      if (tasks[next] !== task) {
        positions ??= new Map(tasks.map((each, index) => [each, index]));
        next = positions.get(task) ?? tasks.length;
      }
      return digests[next++] ?? "";
    };
  }

  /** Call this before the tasks of a state. */
  begin(): void {
    // Drop the tasks of a state that could not be read to its end.
    this.#now = new Map();
  }

  /** For the tasks of a framework. If a list is present twice, the last one counts. */
  of(frameworkId: string): TaskMemory {
    const memory = new TaskMemory(this.#before.get(frameworkId) ?? NONE);
    this.#now.set(frameworkId, memory);
    return memory;
  }

  /** Call this after the tasks of a state. */
  end(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }
}

/** The tasks of one framework: those of the last state, and those of the one that is being read. */
export class TaskMemory implements Known {
  readonly #before: Known;
  readonly digests: string[] = [];
  /** Those that run. */
  tasks: Task[] = [];
  /** Where in the last state the next task is likely to be. */
  #next = 0;
  #positions: ReadonlyMap<string, number> | undefined;

  constructor(before: Known = NONE) {
    this.#before = before;
  }

  /** Whether there is anything to be recalled. */
  get isEmpty(): boolean {
    return this.#before.tasks.length === 0;
  }

  /** The task that was written like this, which is noted as one of this state, too. */
  recall(digest: string): Task | undefined {
    const { digests, tasks } = this.#before;
    const at = digests[this.#next] === digest ? this.#next : this.#find(digest);
    if (at === undefined) return undefined;
    this.#next = at + 1;
    const task = tasks[at] as Task;
    this.note(digest, task);
    return task;
  }

  note(digest: string, task: Task): void {
    this.digests.push(digest);
    this.tasks.push(task);
  }

  /** To be called when all have been noted: if they are those of the last state, in its order, they are its very list. */
  settle(): void {
    const { tasks } = this.#before;
    const isSame = tasks.length === this.tasks.length && tasks.every((task, index) => task === this.tasks[index]);
    if (isSame) this.tasks = tasks as Task[];
  }

  #find(digest: string): number | undefined {
    this.#positions ??= new Map(this.#before.digests.map((each, index) => [each, index]));
    return this.#positions.get(digest);
  }
}

/**
 * What stands for a task as it is written. A framework chooses what its tasks look like; another task's digest it cannot bring about
 * (which SHA-1 is still good for), so a task is taken for what it was only if it is.
 */
export function digestOf(octets: Uint8Array): string {
  return hash("sha1", octets, "base64");
}

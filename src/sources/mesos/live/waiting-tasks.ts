import { RUNNING } from "../statuses.js";
import type { LiveTask } from "./entities.js";

/** Far more tasks than a cluster starts at a time. Beyond it, the oldest are dropped. */
const MAX_WAITING = 100_000;

/** Tasks that are about to run, or have not reported yet, by taskKey(). */
export class WaitingTasks {
  readonly #tasks = new Map<string, LiveTask>();
  /** The keys of tasks that already run, but have not reported their addresses. */
  readonly #unreported = new Set<string>();

  get unreported(): ReadonlySet<string> {
    return this.#unreported;
  }

  get(key: string): LiveTask | undefined {
    return this.#tasks.get(key);
  }

  add(key: string, task: LiveTask): void {
    this.delete(key);
    this.#tasks.set(key, task);
    if (task.state === RUNNING) this.#unreported.add(key);
    if (this.#tasks.size <= MAX_WAITING) return;
    const [oldest] = this.#tasks.keys();
    this.delete(oldest as string);
  }

  delete(key: string): void {
    this.#tasks.delete(key);
    this.#unreported.delete(key);
  }

  /** Call this before applying a state, which lists the unreported tasks anew. */
  forgetUnreported(): void {
    for (const key of this.#unreported) this.delete(key);
  }

  /** Deletes every task whose key begins with `prefix`. */
  deleteAll(prefix: string): void {
    for (const key of this.#tasks.keys()) if (key.startsWith(prefix)) this.delete(key);
  }
}

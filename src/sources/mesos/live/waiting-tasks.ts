import { RUNNING } from "../statuses.js";
import type { LiveTask } from "./entities.js";

/** Far more than a cluster starts at a time: the oldest have been forgotten by the master. */
const MAX_WAITING = 100_000;

/** Tasks that are about to run, by taskKey(). */
export class WaitingTasks {
  readonly #tasks = new Map<string, LiveTask>();
  /** Those that run already, but have not said where. */
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

  /** A state has been read, which says anew who they are. */
  forgetUnreported(): void {
    for (const key of this.#unreported) this.delete(key);
  }

  /** Of all keys that begin so. */
  deleteAll(prefix: string): void {
    for (const key of this.#tasks.keys()) if (key.startsWith(prefix)) this.delete(key);
  }
}

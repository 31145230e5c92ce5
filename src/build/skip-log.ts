import type { Logger } from "../base/log.js";
import type { Skipped } from "../sources/mesos/cluster.js";

/** Logs once why a task, agent or framework is left out of the zone; again only if it was in the zone in between. */
export class SkipLog {
  readonly #log: Logger;
  #before: ReadonlySet<string> = new Set();

  constructor(log: Logger) {
    this.#log = log;
  }

  note(skipped: readonly Skipped[]): void {
    const now = new Set<string>();
    for (const { kind, id, reason, detail } of skipped) {
      const key = `${kind} ${id} ${reason}`;
      if (!this.#before.has(key) && !now.has(key)) {
        this.#log.warn({ kind, id, reason, detail }, `left out of the zone: ${kind} ${id}`);
      }
      now.add(key);
    }
    this.#before = now;
  }
}

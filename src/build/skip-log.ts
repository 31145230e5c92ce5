import type { Logger } from "../base/log.js";
import type { Skipped } from "../sources/mesos/cluster.js";

/** Lines of one build. More is one fault many times over, such as a framework whose name gives no DNS name. */
const MAX_LINES = 100;
/** Characters of an id or a detail, which contain names that a framework chooses. */
const MAX_TEXT = 300;

/** Logs once why a task, agent or framework is left out of the zone; again only if it was in the zone in between. */
export class SkipLog {
  readonly #log: Logger;
  #before: ReadonlySet<string> = new Set();

  constructor(log: Logger) {
    this.#log = log;
  }

  note(skipped: readonly Skipped[]): void {
    const now = new Set<string>();
    let lines = 0;
    for (const { kind, id, reason, detail } of skipped) {
      const key = `${kind} ${id} ${reason}`;
      const isNew = !this.#before.has(key) && !now.has(key);
      now.add(key);
      if (!isNew || ++lines > MAX_LINES) continue;
      const shown = shortened(id);
      this.#log.warn({ kind, id: shown, reason, detail: shortened(detail) }, `left out of the zone: ${kind} ${shown}`);
    }
    if (lines > MAX_LINES)
      this.#log.warn({ count: lines - MAX_LINES }, `left out of the zone: ${lines - MAX_LINES} more`);
    this.#before = now;
  }
}

function shortened(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}… (${text.length} characters)`;
}

import type { Logger } from "../base/log.js";
import { typeName } from "../wire/protocol.js";
import type { HiddenRecords } from "../zone/written-first.js";

/** Lines of one build. */
const MAX_LINES = 100;

/** Logs once which records of the cluster the operator's own hide; again only if they were published in between. */
export class HiddenLog {
  readonly #log: Pick<Logger, "warn">;
  #before: ReadonlySet<string> = new Set();

  constructor(log: Pick<Logger, "warn">) {
    this.#log = log;
  }

  note(hidden: readonly HiddenRecords[]): void {
    const now = new Set(hidden.map(({ name, types }) => `${name} ${types.map(typeName).join(" ")}`));
    const fresh = [...now].filter((each) => !this.#before.has(each));
    for (const each of fresh.slice(0, MAX_LINES)) this.#log.warn(`your own records hide those of the cluster: ${each}`);
    const more = fresh.length - MAX_LINES;
    if (more > 0) this.#log.warn({ count: more }, `your own records hide those of the cluster: ${more} more`);
    this.#before = now;
  }
}

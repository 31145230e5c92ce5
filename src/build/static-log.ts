import type { Logger } from "../base/log.js";
import { typeName } from "../wire/protocol.js";
import type { HiddenRecords } from "../zone/written-first.js";

/** Lines of one kind in one build. */
const MAX_LINES = 100;

/** What there is to say of the operator's own records after a build. */
export interface StaticFindings {
  readonly hidden: readonly HiddenRecords[];
  /** RRsets of which no value is healthy. */
  readonly failedOpen: readonly string[];
}

/** Logs what the operator's own records hide, and which of them fail open: once, and again only if it was otherwise in between. */
export class StaticLog {
  readonly #log: Pick<Logger, "warn" | "info">;
  #hidden: ReadonlySet<string> = new Set();
  #failedOpen: ReadonlySet<string> = new Set();

  constructor(log: Pick<Logger, "warn" | "info">) {
    this.#log = log;
  }

  note({ hidden, failedOpen }: StaticFindings): void {
    const now = new Set(hidden.map(({ name, types }) => `${name} ${types.map(typeName).join(" ")}`));
    this.#warn("your own records hide those of the cluster", now, this.#hidden);
    this.#hidden = now;
    const open = new Set(failedOpen);
    this.#warn("no value is healthy, so all are answered", open, this.#failedOpen);
    for (const each of this.#failedOpen)
      if (!open.has(each)) this.#log.info(`only healthy values are answered again: ${each}`);
    this.#failedOpen = open;
  }

  /** Logs those that were not there before. */
  #warn(what: string, now: ReadonlySet<string>, before: ReadonlySet<string>): void {
    const fresh = [...now].filter((each) => !before.has(each));
    for (const each of fresh.slice(0, MAX_LINES)) this.#log.warn(`${what}: ${each}`);
    const more = fresh.length - MAX_LINES;
    if (more > 0) this.#log.warn({ count: more }, `${what}: ${more} more`);
  }
}

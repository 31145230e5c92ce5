import { FindingLog } from "../base/finding-log.js";
import type { Logger } from "../base/log.js";
import { typeName } from "../wire/protocol.js";
import type { HiddenRecords } from "../zone/written-first.js";

/** What there is to say of the operator's own records after a build. */
export interface StaticFindings {
  readonly hidden: readonly HiddenRecords[];
  /** RRsets of which no value is healthy. */
  readonly failedOpen: readonly string[];
}

const HIDDEN = "your own records hide those of the cluster";
const FAILED_OPEN = "no value is healthy, so all are answered";

/** Logs what the operator's own records hide, and which of them fail open: once, and again only if it was otherwise in between. */
export class StaticLog {
  readonly #log: Pick<Logger, "warn" | "info">;
  readonly #hidden: FindingLog<string>;
  readonly #open: FindingLog<string>;
  #failedOpen: ReadonlySet<string> = new Set();

  constructor(log: Pick<Logger, "warn" | "info">) {
    this.#log = log;
    this.#hidden = new FindingLog(log, HIDDEN, (name: string) => ({ fields: {}, text: `${HIDDEN}: ${name}` }));
    this.#open = new FindingLog(log, FAILED_OPEN, (name: string) => ({ fields: {}, text: `${FAILED_OPEN}: ${name}` }));
  }

  note({ hidden, failedOpen }: StaticFindings): void {
    const names = hidden.map(({ name, types }) => `${name} ${types.map(typeName).join(" ")}`);
    this.#hidden.note(byItself(names));
    const open = new Set(failedOpen);
    this.#open.note(byItself(failedOpen));
    for (const each of this.#failedOpen)
      if (!open.has(each)) this.#log.info(`only healthy values are answered again: ${each}`);
    this.#failedOpen = open;
  }
}

function byItself(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [name, name]));
}

import type { Logger } from "../base/log.js";
import { toMasterFileName } from "../wire/names.js";
import type { Query } from "../wire/query.js";

/** Most kinds of failure, and most names, that are remembered: clients must not be able to fill the memory. */
const MAX_KINDS = 100;

/** Logs what a service notices, each kind once. */
export class ServiceLog {
  readonly #log: Pick<Logger, "error" | "warn">;
  readonly #known = new Set<string>();
  /** Names whose incomplete answers have been logged. */
  readonly #partial = new Set<string>();

  constructor(log: Pick<Logger, "error" | "warn">) {
    this.#log = log;
  }

  /** An incomplete answer: it does not show that. */
  partial(query: Pick<Query, "name" | "type">): void {
    const name = toMasterFileName(query.name, 0);
    if (this.#partial.has(name) || this.#partial.size >= MAX_KINDS) return;
    this.#partial.add(name);
    const advice = "answers have as many as fit, other ones each time; give the tasks more than one name";
    this.#log.warn({ name, type: query.type }, `the records of ${name} need more than 65,535 octets: ${advice}`);
  }

  /** An exception. @param query the message that caused it, for debugging */
  failed(error: unknown, query: Uint8Array): void {
    const kind = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (this.#known.has(kind) || this.#known.size >= MAX_KINDS) return;
    this.#known.add(kind);
    this.#log.error({ err: error, query: Buffer.from(query).toString("hex") }, "answering a query failed");
  }
}

import { hostname } from "node:os";
import { isDeepStrictEqual } from "node:util";
import type { Logger, Verbosity } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import type { AnswerConfig } from "../config/config.js";
import type { QueryLogConfig } from "../config/query-log.js";
import { QueryLogCounts, type QueryLogReport } from "../query-log/counts.js";
import type { Recording } from "../query-log/recording.js";
import { ringMemory } from "../query-log/ring.js";
import { QueryLogHandle, spawnQueryLog } from "../threads/query-log-handle.js";
import type { RecordingPurpose } from "../threads/recorder-switch.js";
import type { Responders } from "../threads/responders.js";
import type { HttpsDns } from "./https-dns.js";

type Config = QueryLogConfig & Pick<AnswerConfig, "serverId">;

export interface QueryLoggingParts {
  /** How many threads answer. */
  readonly writers: number;
  /** Has a thread that answers record queries, or no more. */
  readonly record: (writer: number, recording: Recording | undefined) => void;
  readonly log: Logger;
  readonly verbosity: Verbosity;
}

/** The thread that writes the query log, and the memory that it reads: both are there while there is a query log. */
export class QueryLogging {
  readonly #parts: QueryLoggingParts;
  #config: Config;
  #handle: QueryLogHandle | undefined;
  /** Kept from one thread to the next: counters never fall. */
  #counts: QueryLogCounts | undefined;
  #changing: Promise<void> = Promise.resolve();

  constructor(parts: QueryLoggingParts, config: Config) {
    this.#parts = parts;
    this.#config = config;
  }

  /** `undefined` if there has been no query log. */
  get report(): QueryLogReport | undefined {
    return this.#counts?.report;
  }

  start(): void {
    const { queryLog: settings, serverId } = this.#config;
    if (settings.format === "off") return;
    const { writers, record, log, verbosity } = this.#parts;
    this.#counts ??= new QueryLogCounts(writers);
    const counts = this.#counts.memory;
    const rings = Array.from({ length: writers }, () => ringMemory(settings.bufferBytes));
    const start = { settings, rings, counts, identity: serverId || hostname(), verbosity };
    this.#handle = new QueryLogHandle({ log, timers: systemTimers, start, spawn: spawnQueryLog });
    this.#handle.start();
    for (const [writer, memory] of rings.entries()) record(writer, { settings, memory, counts, writers, writer });
  }

  /** Begins, ends or changes the log; one that stays opens its file again if that has been moved. */
  configure(config: Config): void {
    const isSame = isDeepStrictEqual(
      [config.queryLog, config.serverId],
      [this.#config.queryLog, this.#config.serverId],
    );
    this.#config = config;
    if (isSame) this.#handle?.reopen();
    else
      this.#changing = this.#changing.then(async () => {
        await this.#end();
        this.start();
      });
  }

  async stop(): Promise<void> {
    await this.#changing;
    await this.#end();
  }

  async #end(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    if (!handle) return;
    for (let writer = 0; writer < this.#parts.writers; writer++) this.#parts.record(writer, undefined);
    await handle.stop();
  }
}

export interface QueryLogOfParts extends Pick<QueryLoggingParts, "log" | "verbosity"> {
  /** Absent if DNS is not served. */
  readonly responders: Responders | undefined;
  readonly https: HttpsDns;
}

/** The query log of all threads that answer. */
export function queryLogOf({ responders, https, log, verbosity }: QueryLogOfParts, config: Config): QueryLogging {
  const { writers, record } = writersOf({ responders, https }, "log");
  return new QueryLogging({ writers, record, log, verbosity }, config);
}

/** All threads that answer: the responders, and the main thread with DNS over HTTPS, whose number is the last. */
export function writersOf(
  { responders, https }: Pick<QueryLogOfParts, "responders" | "https">,
  purpose: RecordingPurpose,
): Pick<QueryLoggingParts, "writers" | "record"> {
  const last = responders?.count ?? 0;
  const record = (writer: number, recording: Recording | undefined) => {
    if (writer < last) responders?.record(writer, recording, purpose);
    else void https.record(recording, purpose);
  };
  return { writers: last + 1, record };
}

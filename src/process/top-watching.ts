import type { Logger } from "../base/log.js";
import { delay, type Timers } from "../base/timers.js";
import { QueryLogCounts } from "../query-log/counts.js";
import type { RecordSettings } from "../query-log/recording.js";
import { ringMemory } from "../query-log/ring.js";
import type { FromTopThread, TopStart, ToTopThread } from "../threads/messages.js";
import { SupervisedThread, type SupervisedWorker } from "../threads/supervised-thread.js";
import { spawnTop } from "../threads/top-handle.js";
import type { TopReport } from "../top/minute.js";
import type { QueryLoggingParts } from "./query-logging.js";

/** How long queries are counted when nobody looks any more, and how long a report may take, in milliseconds. */
const IDLE_MS = 60_000;
const REPORT_MS = 5_000;

/** Memory of each answering thread for queries that are not counted yet. */
const RING_BYTES = 1_048_576;

/** Queries are recorded as for a log, their answers' sizes alone. */
const SETTINGS: RecordSettings = {
  format: "json",
  messages: "queries",
  sample: 1,
  names: [],
  types: [],
  rcodes: [],
  clients: [],
  ipv4PrefixLength: 32,
  ipv6PrefixLength: 128,
};

export interface TopWatchingParts extends Pick<QueryLoggingParts, "writers" | "record"> {
  readonly log: Logger;
  readonly timers: Timers;
  readonly spawn?: (start: TopStart) => SupervisedWorker<ToTopThread, FromTopThread>;
}

/** Counts who asks what while somebody looks: the thread, and the memory that it reads, are there until a minute after the last look. */
export class TopWatching {
  readonly #parts: TopWatchingParts;
  #thread: SupervisedThread<ToTopThread, FromTopThread> | undefined;
  readonly #asked = new Map<number, (report: TopReport) => void>();
  #last = 0;
  #cancelEnd: () => void = () => undefined;
  #ending: Promise<void> = Promise.resolve();

  constructor(parts: TopWatchingParts) {
    this.#parts = parts;
  }

  /** Who has asked what for the last minute, or since the first look. Rejects if the thread does not tell. */
  async report(limit: number): Promise<TopReport> {
    const { timers } = this.#parts;
    await this.#ending;
    this.#thread ??= this.#begin();
    this.#cancelEnd();
    this.#cancelEnd = timers.after(IDLE_MS, () => void this.stop());
    const id = ++this.#last;
    const { elapsed, cancel } = delay(timers, REPORT_MS);
    const told = new Promise<TopReport>((resolve) => this.#asked.set(id, resolve));
    this.#thread.post({ kind: "report", id, limit });
    const report = await Promise.race([told, elapsed]);
    cancel();
    this.#asked.delete(id);
    if (!report) throw new Error("the thread that counts queries does not answer");
    return report;
  }

  /** Counts no more. */
  stop(): Promise<void> {
    this.#cancelEnd();
    const thread = this.#thread;
    this.#thread = undefined;
    if (!thread) return this.#ending;
    const { writers, record } = this.#parts;
    for (let writer = 0; writer < writers; writer++) record(writer, undefined);
    this.#ending = thread.stop({ kind: "stop" });
    return this.#ending;
  }

  #begin(): SupervisedThread<ToTopThread, FromTopThread> {
    const { writers, record, log, timers, spawn = spawnTop } = this.#parts;
    const counts = new QueryLogCounts(writers).memory;
    const rings = Array.from({ length: writers }, () => ringMemory(RING_BYTES));
    const thread = new SupervisedThread<ToTopThread, FromTopThread>({
      name: "top",
      title: "the thread that counts queries",
      log,
      timers,
      spawn: () => spawn({ rings, counts }),
      onMessage: ({ id, report }) => this.#asked.get(id)?.(report),
    });
    thread.start();
    for (const [writer, memory] of rings.entries())
      record(writer, { settings: SETTINGS, memory, counts, writers, writer });
    return thread;
  }
}

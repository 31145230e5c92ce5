import { MesosDnsError } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import { delay } from "../base/timers.js";
import type { QueryLogSettings } from "../config/query-log.js";
import type { QueryLogCounts } from "./counts.js";
import type { DnstapOptions } from "./dnstap.js";
import { Drain } from "./drain.js";
import { encoderOf } from "./encoder.js";
import type { Sink, SinkEvents } from "./sink.js";

/** How long records that are left may take to be written at the end. */
const DRAIN_MS = 1_000;
const DRAIN_STEP_MS = 10;

export interface LogWriterParts {
  readonly settings: QueryLogSettings;
  readonly own: DnstapOptions;
  readonly rings: readonly SharedArrayBuffer[];
  readonly counts: QueryLogCounts;
  readonly makeSink: (events: SinkEvents) => Sink;
  readonly log: Pick<Logger, "error" | "info">;
  readonly timers: Timers;
  /** Milliseconds since 1970, less those of the clock of the threads. */
  readonly epochMs: () => number;
}

/** Writes what the answering threads have recorded. */
export class LogWriter {
  readonly #parts: LogWriterParts;
  readonly #drain: Drain;
  readonly #sink: Sink;
  /** Why it cannot be written, as it was logged; "" while it can. */
  #trouble = "";

  constructor(parts: LogWriterParts) {
    this.#parts = parts;
    const { settings, own, rings, counts, timers, epochMs, makeSink } = parts;
    this.#drain = new Drain({ rings, encode: encoderOf(settings, own), timers, epochMs });
    this.#sink = makeSink({
      onReady: () => this.#works(),
      onWritten: (records, bytes) => counts.wrote(records, bytes),
      onLost: (records) => counts.lose(records),
      onTrouble: (reason) => this.#fails(reason),
    });
  }

  start(): void {
    this.#sink.start();
    this.#drain.start(this.#sink);
  }

  /** Opens the file again if it has been moved. */
  reopen(): void {
    this.#sink.reopen();
  }

  /** Writes what is left, for at most a second, and ends. */
  async stop(): Promise<void> {
    const { timers } = this.#parts;
    const deadline = timers.now() + DRAIN_MS;
    while (!(this.#drain.isEmpty && this.#sink.isReady) && this.#trouble === "" && timers.now() < deadline)
      await delay(timers, DRAIN_STEP_MS).elapsed;
    this.#drain.stop();
    await this.#sink.close();
  }

  #works(): void {
    const { counts, log } = this.#parts;
    counts.isWorking = true;
    if (this.#trouble !== "") log.info("the query log is written again");
    this.#trouble = "";
    this.#drain.pump(this.#sink);
  }

  /** Logs each reason once: it is tried again all the time. */
  #fails(reason: string): void {
    const { settings, counts, log } = this.#parts;
    counts.isWorking = false;
    if (reason === this.#trouble) return;
    this.#trouble = reason;
    const { code, message } = unwritable(settings, reason);
    log.error({ code }, message);
  }
}

function unwritable({ file, socket }: QueryLogSettings, reason: string): MesosDnsError {
  const where = socket === "" ? `queryLog.file ${file}` : `queryLog.socket ${socket}`;
  const advice =
    socket === ""
      ? "see that its folder is there, that this user may write to it, and that the disk has room"
      : "see that a reader of dnstap listens there, and that this user may write to the socket";
  return new MesosDnsError(
    "QUERY_LOG_UNWRITABLE",
    `the query log cannot be written to ${where} (${reason}): ${advice}; it is tried again, and what does not fit into memory meanwhile is dropped`,
  );
}

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
/** How long nothing may be taken, and how often that is looked at. Who takes nothing for so long has stopped, and is not only slow. */
const STUCK_MS = 5_000;
const STUCK_LOOK_MS = 1_000;
const STUCK = `nothing of it has been taken for ${STUCK_MS / 1_000} s`;

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
  /** When it could last take something; `undefined` while it is not known to. */
  #tookAt: number | undefined;
  #cancelLook: () => void = () => {};

  constructor(parts: LogWriterParts) {
    this.#parts = parts;
    const { settings, own, rings, counts, timers, epochMs, makeSink } = parts;
    this.#drain = new Drain({ rings, encode: encoderOf(settings, own), timers, epochMs });
    this.#sink = makeSink({
      onReady: () => {
        this.#takes();
        this.#drain.pump(this.#sink);
      },
      onWritten: (records, bytes) => {
        counts.wrote(records, bytes);
        this.#takes();
      },
      onProgress: () => this.#takes(),
      onLost: (records) => counts.lose(records),
      onTrouble: (reason) => this.#fails(reason),
    });
  }

  start(): void {
    this.#sink.start();
    this.#drain.start(this.#sink);
    const look = () => {
      this.#lookForProgress();
      this.#cancelLook = this.#parts.timers.after(STUCK_LOOK_MS, look);
    };
    look();
  }

  /** Opens the file again if it has been moved. */
  reopen(): void {
    this.#sink.reopen();
  }

  /** Writes what is left, for at most a second, and ends. What is left then is counted as lost. */
  async stop(): Promise<void> {
    const { timers, counts } = this.#parts;
    const deadline = timers.now() + DRAIN_MS;
    while (!(this.#drain.isEmpty && this.#sink.isReady) && this.#trouble === "" && timers.now() < deadline)
      await delay(timers, DRAIN_STEP_MS).elapsed;
    this.#cancelLook();
    counts.lose(this.#drain.stop());
    await this.#sink.close();
  }

  #lookForProgress(): void {
    const now = this.#parts.timers.now();
    if (this.#sink.isReady) this.#tookAt = now;
    else if (this.#tookAt !== undefined && now - this.#tookAt >= STUCK_MS) this.#fails(STUCK);
  }

  #takes(): void {
    const { counts, log, timers } = this.#parts;
    this.#tookAt = timers.now();
    counts.isWorking = true;
    if (this.#trouble !== "") log.info("the query log is written again");
    this.#trouble = "";
  }

  /** Logs each reason once: it is tried again all the time. */
  #fails(reason: string): void {
    const { settings, counts, log } = this.#parts;
    counts.isWorking = false;
    this.#tookAt = undefined;
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
      : "see that a reader of dnstap listens there and reads, and that this user may write to the socket";
  return new MesosDnsError(
    "QUERY_LOG_UNWRITABLE",
    `the query log cannot be written to ${where} (${reason}): ${advice}; it is tried again, and what does not fit into memory meanwhile is dropped`,
  );
}

import { codeOf, MesosDnsError, messageOf } from "../../base/errors.js";
import type { Logger } from "../../base/log.js";
import { Draft } from "./draft.js";
import type { LogFile } from "./log-file.js";
import { lineOf } from "./log-line.js";
import { toJson } from "./log-records.js";
import type { Change, KvLimits } from "./model.js";
import type { KvState } from "./state.js";
import type { KvStore, Write } from "./store.js";
import { timeIndex } from "./time-index.js";
import { WaitingWrites } from "./waiting-writes.js";
import { WatchedStore } from "./watched-store.js";

/** About how many octets of lines are written with one sync. */
const MAX_BATCH = 4_194_304;
/** What an entry takes in the file beside its key and value, about. */
const LINE = 160;

export interface LocalStoreOptions {
  readonly state: KvState;
  /** `undefined` to keep keys in memory alone. */
  readonly file: Pick<LogFile, "append" | "rewrite" | "isOvergrown" | "close"> | undefined;
  /** For messages. */
  readonly path: string;
  readonly limits: KvLimits;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly log: Pick<Logger, "info" | "error">;
}

/**
 * Keys of this server alone: in memory, and in a file if there is one. All writes that wait are decided one after another, written to the
 * file together, and synced once. Only then can they be read, are they acknowledged, and wake those who wait for them.
 */
export class LocalStore extends WatchedStore implements KvStore {
  readonly #options: LocalStoreOptions;
  readonly #waiting = new WaitingWrites("the disk");
  #running: Promise<void> | undefined;
  #isFailing = false;

  constructor(options: LocalStoreOptions) {
    super();
    this.#options = options;
  }

  get largestWrite(): number {
    return Number.POSITIVE_INFINITY;
  }

  get now(): KvState {
    return this.#options.state;
  }

  get isWritable(): boolean {
    return !this.#isFailing;
  }

  submit<Outcome extends { readonly ok: boolean }>(write: Write<Outcome>): Promise<Outcome> {
    return this.#waiting.add(write, () => {
      this.#running ??= this.#run();
    });
  }

  async close(): Promise<void> {
    this.#waiting.close();
    await this.#running;
    await this.#options.file?.close();
  }

  async #run(): Promise<void> {
    // What is asked for in the same turn shares the first sync.
    await Promise.resolve();
    while (this.#waiting.size > 0) {
      await this.#runBatch();
      await this.#tidy();
    }
    this.#running = undefined;
  }

  async #runBatch(): Promise<void> {
    const { state, file } = this.#options;
    const batch = this.#decide();
    if (batch.lines.length > 0 && file) {
      try {
        await file.append(Buffer.from(batch.lines.join("")), state);
      } catch (cause) {
        const error = this.#failure(cause);
        for (const { reject } of batch.jobs) reject(error);
        return;
      }
      if (this.#isFailing) this.#options.log.info(`keys are stored in ${this.#options.path} again`);
      this.#isFailing = false;
    }
    for (const change of batch.changes) state.apply(change);
    for (const { settle } of batch.jobs) settle();
    this.wake(batch.changes);
  }

  /** Decides as many of the writes that wait as one batch may have. */
  #decide() {
    const { state, limits, wallClock } = this.#options;
    const draft = new Draft(state);
    const jobs: { settle: () => void; reject: (error: unknown) => void }[] = [];
    const lines: string[] = [];
    let octets = 0;
    let { index } = state;
    for (const job of this.#waiting) {
      if (octets > MAX_BATCH) break;
      this.#waiting.take(job);
      const next = Math.max(index + 1, timeIndex(wallClock));
      const trial = new Draft(draft);
      const { ok, settle } = job.decide(trial, { index: next, now: wallClock(), limits });
      jobs.push({ settle, reject: job.reject });
      if (!ok || trial.changes.length === 0) continue;
      index = next;
      const line = lineOf(trial.changes.map(toJson));
      lines.push(line);
      octets += line.length;
      for (const change of trial.changes) draft.apply(change);
    }
    return { jobs, lines, changes: draft.changes as readonly Change[] };
  }

  /** Writes the file anew when it has grown to twice what lives. Until it has been written, writes wait. */
  async #tidy(): Promise<void> {
    const { file, state, path, log } = this.#options;
    if (!file?.isOvergrown(liveOctets(state))) return;
    try {
      await file.rewrite(state);
    } catch (error) {
      log.error({ code: "KV_FILE_UNWRITABLE" }, `the file of keys in ${path} is not made smaller: ${messageOf(error)}`);
    }
  }

  /** Logs the first of several failures. */
  #failure(cause: unknown): MesosDnsError {
    const { path, log } = this.#options;
    const code = codeOf(cause) === "KV_FILE_TAKEN" ? "KV_FILE_TAKEN" : "KV_FILE_UNWRITABLE";
    const message = `the key cannot be stored in ${path} (${messageOf(cause)})`;
    const outlook = code === "KV_FILE_TAKEN" ? "" : "; keys are served, and each write tries again";
    if (!this.#isFailing) log.error({ code }, `${message}${outlook}`);
    this.#isFailing = true;
    return new MesosDnsError(code, message, { cause });
  }
}

/** About how many octets a new file would have. */
function liveOctets({ sizes, deleted }: KvState): number {
  return sizes.octets * (4 / 3) + LINE * (sizes.keys + sizes.sessions + deleted.size);
}

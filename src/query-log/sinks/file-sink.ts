import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { NO_JITTER, pauseAfter } from "../../base/backoff.js";
import { hasCode, messageOf } from "../../base/errors.js";
import type { Timers } from "../../base/timers.js";
import { CONTROL, controlFrame } from "../frame-streams.js";
import { SINK_RETRIES, type Sink, type SinkEvents } from "../sink.js";

/** Who asks what is nobody else's business: the owner writes, the group may read. */
const MODE = 0o640;
/** Without waiting for the reader of a pipe. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK;

/** The used part of `node:fs/promises`. */
export type SinkFiles = Pick<typeof import("node:fs/promises"), "open" | "rename" | "rm" | "stat">;

export interface FileSinkOptions {
  readonly path: string;
  /** Whether frames of dnstap are written, which a frame of control begins and another one ends. */
  readonly isFramed: boolean;
  /** Size at which it is put aside; 0 for never. */
  readonly maxBytes: number;
  /** Files put aside that are kept. */
  readonly keepFiles: number;
  readonly files: SinkFiles;
  readonly events: SinkEvents;
  readonly timers: Pick<Timers, "after">;
}

/** A file. What has been moved away is left to who has moved it; what has become too large is put aside as `PATH.1`, `PATH.2` and so on. */
export class FileSink implements Sink {
  readonly #options: FileSinkOptions;
  #file: FileHandle | undefined;
  #size = 0;
  /** Steps that are not done yet. */
  #pending = 0;
  #isClosed = false;
  #failures = 0;
  #cancel: () => void = () => {};
  /** What is being done, one after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: FileSinkOptions) {
    this.#options = options;
  }

  get isReady(): boolean {
    return this.#file !== undefined && this.#pending === 0 && !this.#isClosed;
  }

  start(): void {
    this.#do(() => this.#open());
  }

  write(chunk: Uint8Array, records: number): void {
    this.#do(async () => {
      try {
        await this.#append(chunk);
      } catch (error) {
        this.#options.events.onLost(records);
        throw error;
      }
      this.#options.events.onWritten(records, chunk.length);
      const { maxBytes } = this.#options;
      if (maxBytes > 0 && this.#size >= maxBytes) {
        await this.#end();
        await this.#putAside();
        await this.#open();
      }
    });
  }

  reopen(): void {
    this.#do(async () => {
      if (await this.#isInPlace()) return;
      await this.#end();
      await this.#open();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    this.#work = this.#work.then(() => this.#end()).catch(() => undefined);
    await this.#work;
  }

  /** Does something when all before is done. After a failure, opens the file again in a while. */
  #do(step: () => Promise<void>): void {
    this.#pending++;
    this.#work = this.#work.then(step).then(
      () => this.#isDone(),
      (error: unknown) => this.#failed(error),
    );
  }

  #isDone(): void {
    this.#pending--;
    this.#failures = 0;
    if (this.isReady) this.#options.events.onReady();
  }

  async #failed(error: unknown): Promise<void> {
    const { events, timers } = this.#options;
    this.#pending--;
    await this.#abandon();
    events.onTrouble(messageOf(error));
    if (this.#isClosed) return;
    this.#cancel();
    this.#cancel = timers.after(pauseAfter(this.#failures++, SINK_RETRIES, NO_JITTER), () => this.start());
  }

  async #open(): Promise<void> {
    if (this.#file || this.#isClosed) return;
    const { path, isFramed, files } = this.#options;
    // Frames of one stream end where it ends: readers would not see what stands behind.
    if (isFramed && (await sizeOf(path, files)) > 0) await this.#putAside();
    const file = await files.open(path, FLAGS, MODE);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw new Error("it is no regular file");
      this.#size = stats.size;
      this.#file = file;
      if (isFramed) await this.#append(controlFrame(CONTROL.START));
    } catch (error) {
      this.#file = undefined;
      await file.close();
      throw error;
    }
  }

  /** Writes all of it, or nothing: part of a frame would make what follows unreadable. */
  async #append(octets: Uint8Array): Promise<void> {
    const file = this.#file;
    if (!file) throw new Error("it is not open");
    try {
      for (let at = 0; at < octets.length; ) at += (await file.write(octets, at)).bytesWritten;
    } catch (error) {
      await file.truncate(this.#size).catch(() => undefined);
      throw error;
    }
    this.#size += octets.length;
  }

  /** Ends the file in order. */
  async #end(): Promise<void> {
    if (this.#file && this.#options.isFramed) await this.#append(controlFrame(CONTROL.STOP));
    await this.#abandon();
  }

  async #abandon(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  async #isInPlace(): Promise<boolean> {
    const { path, files } = this.#options;
    const [own, there] = await Promise.all([this.#file?.stat(), files.stat(path).catch(() => undefined)]);
    return own !== undefined && there !== undefined && own.ino === there.ino && own.dev === there.dev;
  }

  /** Moves the file to `PATH.1`, the one that was there to `PATH.2`, and so on; the last one goes. */
  async #putAside(): Promise<void> {
    const { path, keepFiles, files } = this.#options;
    if (keepFiles === 0) return files.rm(path, { force: true });
    for (let number = keepFiles - 1; number >= 0; number--) {
      const from = number === 0 ? path : `${path}.${number}`;
      await files.rename(from, `${path}.${number + 1}`).catch((error: unknown) => {
        if (!hasCode(error, "ENOENT")) throw error;
      });
    }
  }
}

async function sizeOf(path: string, files: SinkFiles): Promise<number> {
  const stats = await files.stat(path).catch(() => undefined);
  return stats?.isFile() ? stats.size : 0;
}

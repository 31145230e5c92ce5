import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { NO_JITTER, pauseAfter } from "../../base/backoff.js";
import { messageOf } from "../../base/errors.js";
import type { Timers } from "../../base/timers.js";
import { EDGE, type FoundFrames, framesFound } from "../frame-file.js";
import { CONTROL, controlFrame } from "../frame-streams.js";
import { SINK_RETRIES, type Sink, type SinkEvents } from "../sink.js";
import { putAside } from "./put-aside.js";
import { type SinkFiles, statsOf } from "./sink-files.js";

/** Who asks what is nobody else's business: the owner writes, the group may read. */
const MODE = 0o640;
/** Without waiting for the reader of a pipe. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK;
const LOOK_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

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

/**
 * A file. What has been moved away is left to who has moved it; what has become too large is put aside as `PATH.1`, `PATH.2` and so on. A chunk
 * that cannot be written is kept, and written when that is possible again.
 */
export class FileSink implements Sink {
  readonly #options: FileSinkOptions;
  #file: FileHandle | undefined;
  /** The file that has not been ended yet: after a failure it goes on behind its last whole chunk. */
  #own: FileIdentity | undefined;
  #size = 0;
  /** What is not written yet. */
  #chunk: { readonly octets: Uint8Array; readonly records: number } | undefined;
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
    return this.#file !== undefined && !this.#chunk && this.#pending === 0 && !this.#isClosed;
  }

  start(): void {
    this.#do(() => this.#goOn());
  }

  write(octets: Uint8Array, records: number): void {
    this.#chunk = { octets, records };
    this.#do(() => this.#goOn());
  }

  reopen(): void {
    this.#do(async () => {
      if (!(await this.#isInPlace())) await this.#end();
      await this.#goOn();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    this.#work = this.#work.then(() => this.#end()).catch(() => undefined);
    await this.#work;
    if (this.#chunk) this.#options.events.onLost(this.#chunk.records);
    this.#chunk = undefined;
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

  /** Opens the file if it is not open, and writes what there is to write. */
  async #goOn(): Promise<void> {
    const { maxBytes, events } = this.#options;
    await this.#open();
    if (!this.#chunk || !this.#file) return;
    const { octets, records } = this.#chunk;
    await this.#append(octets);
    this.#chunk = undefined;
    events.onWritten(records, octets.length);
    if (maxBytes === 0 || this.#size < maxBytes) return;
    await this.#end();
    await this.#open();
  }

  async #open(): Promise<void> {
    if (this.#file || this.#isClosed) return;
    const { path, isFramed, files } = this.#options;
    const end = await this.#makeWay();
    const file = await files.open(path, FLAGS, MODE);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw new Error("it is no regular file");
      if (end < stats.size) await file.truncate(end);
      this.#own = { dev: stats.dev, ino: stats.ino };
      this.#size = Math.min(end, stats.size);
      this.#file = file;
      if (isFramed && this.#size === 0) await this.#append(controlFrame(CONTROL.START));
    } catch (error) {
      this.#file = undefined;
      await file.close();
      throw error;
    }
  }

  /**
   * Puts aside what is at the path and cannot go on: what is large enough, and a stream of frames that others have left unfinished.
   * @returns where what is there then goes on; infinite for its end
   */
  async #makeWay(): Promise<number> {
    const { path, isFramed, maxBytes, keepFiles, files } = this.#options;
    const there = await statsOf(path, files);
    if (!there?.isFile()) return Number.POSITIVE_INFINITY;
    const isFull = maxBytes > 0 && there.size >= maxBytes;
    // What is behind the last whole chunk could not be taken away when that failed.
    if (!isFull && this.#own && isSame(this.#own, there) && there.size >= this.#size) return this.#size;
    const found = isFramed && !isFull ? await look(path, there.size, files) : undefined;
    if (found?.kind === "ended") return found.goesOnAt;
    // Another process may have begun it, and end it: nothing of that may come into a file of ours.
    if (found?.kind === "blank") await files.rm(path, { force: true });
    if (!isFull && found?.kind !== "other") return Number.POSITIVE_INFINITY;
    await putAside(path, keepFiles, files).catch((error: unknown) => {
      const why = isFull ? "it has reached maxBytes" : "it is no whole stream of dnstap";
      throw new Error(`${why}, and cannot be put aside: ${messageOf(error)}`);
    });
    return Number.POSITIVE_INFINITY;
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
    if (this.#file) this.#own = undefined;
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
    return own !== undefined && there !== undefined && isSame(own, there);
  }
}

interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}

function isSame(one: FileIdentity, other: FileIdentity): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

/** What is in a file of frames, by its beginning and its end. What may not be read is left alone. */
async function look(path: string, size: number, files: SinkFiles): Promise<FoundFrames> {
  const file = await files.open(path, LOOK_FLAGS).catch(() => undefined);
  if (!file) return { kind: "other" };
  const partAt = async (at: number) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(EDGE), 0, EDGE, at);
    return buffer.subarray(0, bytesRead);
  };
  try {
    return framesFound(await partAt(0), await partAt(Math.max(0, size - EDGE)), size);
  } finally {
    await file.close();
  }
}

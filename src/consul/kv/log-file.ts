import type { FileHandle } from "node:fs/promises";
import { MesosDnsError } from "../../base/errors.js";
import type { LogFolder } from "./log-folder.js";
import { lineOf } from "./log-line.js";
import { changesOf, headerOf, toJson } from "./log-records.js";
import type { KvState } from "./state.js";

/** A file is not written anew before it has grown by this. */
const MIN_GROWTH = 1_048_576;
/** How much of a new file is made at a time. In between, others get their turn. */
const CHUNK = 262_144;

/** Where a writer begins. */
export interface Footing {
  /** The file that was read; 0 for none. */
  readonly number: number;
  /** Its octets when it was read. */
  readonly octets: number;
  /** The last file that is this process' own, empty or not; `undefined` if none could be made. */
  readonly claimed: number | undefined;
  /** Whether the file that was read is damaged, and has to be kept aside. */
  readonly isDamaged: boolean;
}

/**
 * The file to which changes are appended. It is written anew at the start, and when it has grown to twice what lives. When something
 * fails, what has been written of it is cut off again, at once or before the next write: it was not acknowledged, and must not come to
 * life after a restart.
 */
export class LogFile {
  readonly #folder: LogFolder;
  readonly #wallClock: () => number;
  #footing: Footing;
  /** A damaged file that is to be put aside as soon as there is another one. */
  #damaged: number | undefined;
  #file: FileHandle | undefined;
  #length = 0;
  /** Its octets when it was written anew last, or could not be. */
  #triedAt = 0;
  #hasTail = false;
  /** Whether the file's name is sure to be found after the machine has stopped. */
  #isNameSafe = true;
  #isLost = false;
  /** Called with the path of a damaged file when it has been put aside. */
  readonly #onKept: (path: string) => void;

  constructor(folder: LogFolder, footing: Footing, wallClock: () => number, onKept: (path: string) => void) {
    this.#folder = folder;
    this.#footing = footing;
    this.#damaged = footing.isDamaged ? footing.number : undefined;
    this.#wallClock = wallClock;
    this.#onKept = onKept;
  }

  /** Whether the file is worth writing anew. @param live about how many octets a new one would have */
  isOvergrown(live: number): boolean {
    return this.#length - this.#triedAt >= MIN_GROWTH && this.#length > 2 * live;
  }

  /**
   * Appends lines, and returns when they are on the disk.
   *
   * @param state as it was before these lines: a file that could not be made earlier is made of it
   * @throws if they are not: then nothing of them stays. An error of the system's, or KV_FILE_TAKEN
   */
  async append(lines: Buffer, state: KvState): Promise<void> {
    const file = await this.#ready(state);
    this.#hasTail = true;
    let isOwner: boolean;
    try {
      await writeAll(file, lines, this.#length);
      await file.datasync();
      isOwner = await this.#isOwner();
    } catch (error) {
      await this.#cut(file).catch(() => undefined);
      throw error;
    }
    if (!isOwner) throw this.#lose();
    this.#hasTail = false;
    this.#length += lines.length;
  }

  /**
   * Writes a new file with what lives, and goes on with that. If that fails, the file has to grow once more before it is worth another try.
   *
   * @throws as `append` does; the former file is as before
   */
  async rewrite(state: KvState): Promise<void> {
    this.#triedAt = this.#length;
    const { files } = this.#folder;
    const number = await this.#claim();
    const path = this.#folder.unfinishedPathOf(number);
    await files.rm(path, { force: true });
    const file = await files.open(path, "wx", 0o600);
    let length = 0;
    try {
      for (const chunk of chunksOf(linesOf(state, this.#wallClock()))) {
        await writeAll(file, chunk, length);
        length += chunk.length;
      }
      await file.sync();
      await files.rename(path, this.#folder.pathOf(number));
    } catch (error) {
      await file.close();
      await files.rm(path, { force: true }).catch(() => undefined);
      throw error;
    }
    await this.#change(file, number, length);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    this.#isLost = true;
  }

  /** Goes on with a new file. The former one stays until the new one is sure to be found. */
  async #change(file: FileHandle, number: number, length: number): Promise<void> {
    const before = this.#file;
    this.#file = file;
    this.#length = length;
    this.#triedAt = length;
    this.#hasTail = false;
    this.#isNameSafe = false;
    this.#footing = { ...this.#footing, number, octets: length, claimed: number };
    await before?.close();
    await this.#nameSafe();
    if (!(await this.#isOwner())) throw this.#lose();
    const kept = await this.#folder.tidy(number, this.#damaged);
    if (kept !== undefined) this.#onKept(kept);
    this.#damaged = undefined;
  }

  /** The file, if lines can be appended to it. */
  async #ready(state: KvState): Promise<FileHandle> {
    if (this.#isLost) throw taken();
    if (!this.#file) await this.rewrite(state);
    const file = this.#file as FileHandle;
    if (!this.#isNameSafe) await this.#nameSafe();
    if (this.#hasTail) await this.#cut(file);
    return file;
  }

  async #nameSafe(): Promise<void> {
    await this.#folder.sync();
    this.#isNameSafe = true;
  }

  /** Cuts off what was not acknowledged. */
  async #cut(file: FileHandle): Promise<void> {
    await file.truncate(this.#length);
    await file.sync();
    this.#hasTail = false;
  }

  /** The number of the next file to write. One that was made before, but not filled, is used again. */
  async #claim(): Promise<number> {
    if (this.#isLost) throw taken();
    const { number, octets, claimed } = this.#footing;
    if (claimed !== undefined && claimed > number) return claimed;
    const last = claimed ?? (await this.#folder.numbers()).at(-1) ?? 0;
    const next = await this.#folder.claim(last);
    if (next === undefined) throw this.#lose();
    // What was read without a claim may have grown since.
    if (claimed === undefined && !(await this.#folder.isAsRead(number, octets, next))) throw this.#lose();
    this.#footing = { ...this.#footing, claimed: next };
    return next;
  }

  #isOwner(): Promise<boolean> {
    const { number, claimed } = this.#footing;
    return this.#folder.isOwner(number, claimed ?? number);
  }

  #lose(): MesosDnsError {
    this.#isLost = true;
    return taken();
  }
}

function taken(): MesosDnsError {
  const message =
    "another process has taken the file of keys over, or has removed it: this one only reads until it is restarted";
  return new MesosDnsError("KV_FILE_TAKEN", message);
}

function* linesOf(state: KvState, now: number): Generator<string> {
  yield lineOf(headerOf(state));
  for (const change of changesOf(state, now)) yield lineOf([toJson(change)]);
}

function* chunksOf(lines: Iterable<string>): Generator<Buffer> {
  let texts: string[] = [];
  let length = 0;
  for (const line of lines) {
    texts.push(line);
    length += line.length;
    if (length < CHUNK) continue;
    yield Buffer.from(texts.join(""));
    texts = [];
    length = 0;
  }
  yield Buffer.from(texts.join(""));
}

/** One call may write less than was asked for. */
async function writeAll(file: FileHandle, data: Buffer, at: number): Promise<void> {
  for (let done = 0; done < data.length; ) {
    const { bytesWritten } = await file.write(data, done, data.length - done, at + done);
    done += bytesWritten;
  }
}

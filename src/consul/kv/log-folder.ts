import { dirname, join } from "node:path";
import { hasCode } from "../../base/errors.js";

/** The used part of `node:fs/promises`. */
export type KvFiles = Pick<typeof import("node:fs/promises"), "mkdir" | "open" | "readdir" | "rename" | "rm" | "stat">;

const FILE = /^keys-(\d{10})\.log$/;
const UNFINISHED = /^keys-(\d{10})\.new$/;

/**
 * The files of a store: `keys-0000000001.log`, `keys-0000000002.log`, …, of which the last that is not empty counts. Each has one writer.
 * Who wants to write makes the next number's file first, empty and only if it is not there (`claim`). From then on no writer of a file
 * before it acknowledges anything, since each looks, after it has written and before it says so, whether there is a next one
 * (`isOwner`). So what the new writer reads after its claim has all that was ever acknowledged, with neither a lock that a killed
 * process leaves behind nor one that another container does not see. What was read is written to `.new`, and renamed to the empty file.
 */
export class LogFolder {
  readonly #folder: string;
  readonly files: KvFiles;

  constructor(folder: string, files: KvFiles) {
    this.#folder = folder;
    this.files = files;
  }

  pathOf(number: number): string {
    return join(this.#folder, `keys-${digits(number)}.log`);
  }

  unfinishedPathOf(number: number): string {
    return join(this.#folder, `keys-${digits(number)}.new`);
  }

  /** The numbers there are, in order. None if there is no folder yet. */
  async numbers(): Promise<readonly number[]> {
    return (await this.#names())
      .flatMap((name) => FILE.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  /**
   * Takes the number behind `last`.
   *
   * @returns the number; `undefined` if somebody else has taken it
   */
  async claim(last: number): Promise<number | undefined> {
    await this.#make();
    try {
      const file = await this.files.open(this.pathOf(last + 1), "wx", 0o600);
      await file.close();
      return last + 1;
    } catch (error) {
      if (hasCode(error, "EEXIST")) return undefined;
      throw error;
    }
  }

  /**
   * Whether whoever writes `number`, and has claimed all up to `claimed`, may still acknowledge what it has written. The next file is
   * looked for first: whoever removes that has removed this one before.
   */
  async isOwner(number: number, claimed: number): Promise<boolean> {
    return !(await this.#exists(this.pathOf(claimed + 1))) && (await this.#exists(this.pathOf(number)));
  }

  /** Whether, of the files before `next`, the last one that is not empty is this one and has so many octets. 0 and 0 for none. */
  async isAsRead(number: number, octets: number, next: number): Promise<boolean> {
    for (const each of [...(await this.numbers())].reverse()) {
      if (each >= next) continue;
      const { size } = await this.files.stat(this.pathOf(each));
      if (size > 0) return each === number && size === octets;
    }
    return number === 0;
  }

  /** Removes what is of no use beside the file `number`, the oldest first. `keep` is renamed instead. @returns its new path */
  async tidy(number: number, keep: number | undefined): Promise<string | undefined> {
    let kept: string | undefined;
    for (const old of (await this.numbers()).filter((each) => each < number)) {
      if (old === keep) {
        kept = join(this.#folder, `keys-${digits(old)}.damaged`);
        await this.files.rename(this.pathOf(old), kept);
      } else await this.files.rm(this.pathOf(old), { force: true });
    }
    const unfinished = (await this.#names()).filter((name) => Number(UNFINISHED.exec(name)?.[1] ?? number) < number);
    for (const name of unfinished) await this.files.rm(join(this.#folder, name), { force: true });
    return kept;
  }

  /** Makes names that have been made, changed or removed in the folder last, even if the machine stops. */
  sync(): Promise<void> {
    return this.#sync(this.#folder);
  }

  async #make(): Promise<void> {
    try {
      await this.files.mkdir(this.#folder);
    } catch (error) {
      if (hasCode(error, "EEXIST")) return;
      throw error;
    }
    await this.#sync(dirname(this.#folder));
  }

  async #sync(path: string): Promise<void> {
    const folder = await this.files.open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  async #names(): Promise<readonly string[]> {
    try {
      return await this.files.readdir(this.#folder);
    } catch (error) {
      if (hasCode(error, "ENOENT")) return [];
      throw error;
    }
  }

  async #exists(path: string): Promise<boolean> {
    try {
      await this.files.stat(path);
      return true;
    } catch (error) {
      if (hasCode(error, "ENOENT")) return false;
      throw error;
    }
  }
}

function digits(number: number): string {
  return String(number).padStart(10, "0");
}

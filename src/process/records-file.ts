import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";
import { codeOf, MesosDnsError, messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { Config } from "../config/config.js";
import { withRecordsOf } from "../config/records-text.js";
import type { RecordsFileReport } from "../status/status.js";

/** Octets of a file of records. */
const MAX_BYTES = 4 * 1024 * 1024;
const POLL_MS = 1_000;

/**
 * The configuration with the records of its `recordsFile` as well; itself if it names none.
 *
 * @throws {MesosDnsError} RECORDS_FILE_UNREADABLE, RECORDS_FILE_INVALID
 */
export function withRecordsFile(config: Config): Config {
  return readFor(config).all;
}

function withText(config: Config, text: string): Config {
  const records = withRecordsOf(config.recordsFile, text, config);
  return Object.freeze({ ...config, records: Object.freeze(records) });
}

function readText(path: string): string {
  try {
    // Without waiting: to open a pipe takes until somebody writes to it.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile()) throw new Error("it is no regular file");
      const { size } = stats;
      if (size > MAX_BYTES) throw new Error(`it has ${size} octets, and ${MAX_BYTES} are the most`);
      // One octet more shows whether it has grown meanwhile.
      const octets = Buffer.alloc(size + 1);
      const count = readSync(file, octets, 0, octets.length, 0);
      if (count > size) throw new Error("it grows while it is read");
      return octets.toString("utf8", 0, count);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    const message = `cannot read recordsFile ${path} (${messageOf(cause)}): see that it is there and this user may read it`;
    throw new MesosDnsError("RECORDS_FILE_UNREADABLE", message, { cause });
  }
}

/** Follows the file of records while the server runs. A file with a fault leaves the last good records in service. */
export class RecordsFile {
  readonly #log: Pick<Logger, "error" | "info">;
  readonly #timers: Timers;
  readonly #onChange: (config: Config) => void;
  /** What was good last. */
  #good: Good;
  #failures = 0;
  #trouble = "";
  /** What the file system says of the file that was read last, and of the one that was seen last. */
  #read: string;
  #seen = "";
  #cancel: () => void = () => undefined;

  /**
   * @param onChange is given the configuration with other records when the file has changed
   * @throws {MesosDnsError} as `withRecordsFile`
   */
  constructor(
    own: Config,
    parts: { log: Pick<Logger, "error" | "info">; timers: Timers; onChange: (config: Config) => void },
  ) {
    this.#log = parts.log;
    this.#timers = parts.timers;
    this.#onChange = parts.onChange;
    this.#read = versionOf(own.recordsFile);
    this.#good = readFor(own);
  }

  /** The configuration with all records. */
  get config(): Config {
    return this.#good.all;
  }

  get report(): RecordsFileReport | undefined {
    if (this.#good.own.recordsFile === "") return undefined;
    return { failures: this.#failures, isFaulty: this.#trouble !== "" };
  }

  /** Looks at the file once a second, until `stop`. */
  start(): void {
    const look = () => {
      this.#look();
      this.#cancel = this.#timers.after(POLL_MS, look);
    };
    this.#cancel = this.#timers.after(POLL_MS, look);
  }

  stop(): void {
    this.#cancel();
  }

  /**
   * Another configuration, with which the file is read anew.
   *
   * @throws {MesosDnsError} if neither the file nor the last good records of it fit this configuration
   */
  configure(own: Config): Config {
    const { recordsFile } = this.#good.own;
    if (own.recordsFile !== recordsFile || recordsFile === "") {
      const version = versionOf(own.recordsFile);
      this.#good = readFor(own);
      this.#read = version;
      this.#trouble = "";
    } else if (!this.#load(own)) {
      const { text } = this.#good;
      this.#good = { own, text, all: withText(own, text) };
    }
    return this.#good.all;
  }

  #look(): void {
    const { own } = this.#good;
    const version = versionOf(own.recordsFile);
    // Whoever writes it may not have finished: it is read when it has stayed the same for a second.
    const isSettled = version === this.#seen;
    this.#seen = version;
    if (!isSettled || version === this.#read || !this.#load(own)) return;
    this.#log.info({ file: own.recordsFile }, "the file of records has changed");
    this.#onChange(this.#good.all);
  }

  /** Reads the file for this configuration. Returns whether it is good; if not, logs that once. */
  #load(own: Config): boolean {
    this.#read = versionOf(own.recordsFile);
    try {
      this.#good = readFor(own);
      this.#trouble = "";
      return true;
    } catch (error) {
      this.#failures++;
      const message = messageOf(error);
      const isNew = message !== this.#trouble;
      if (isNew)
        this.#log.error({ code: codeOf(error) }, `${message}\nthe last good records of the file stay in service`);
      this.#trouble = message;
      return false;
    }
  }
}

/** A configuration, what its file had, and the configuration with that. */
interface Good {
  readonly own: Config;
  readonly text: string;
  readonly all: Config;
}

function readFor(own: Config): Good {
  if (own.recordsFile === "") return { own, text: "", all: own };
  const text = readText(own.recordsFile);
  return { own, text, all: withText(own, text) };
}

/** Changes when the file does, or when another one takes its place. */
function versionOf(path: string): string {
  if (path === "") return "";
  try {
    const { dev, ino, size, mtimeMs } = statSync(path);
    return `${dev} ${ino} ${size} ${mtimeMs}`;
  } catch (error) {
    return messageOf(error);
  }
}

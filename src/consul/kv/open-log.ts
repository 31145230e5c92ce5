import { hasCode, MesosDnsError, messageOf } from "../../base/errors.js";
import type { Logger } from "../../base/log.js";
import { Draft } from "./draft.js";
import { type Footing, LogFile } from "./log-file.js";
import type { LogFolder } from "./log-folder.js";
import { type Reading, readLog } from "./log-reader.js";
import { releaseStray, strayLine } from "./session-rules.js";
import { KvState } from "./state.js";
import { emptyState, timeIndex } from "./time-index.js";

/** How often to begin again when others take the file at the same moment. */
const TRIES = 10;

export interface OpenedLog {
  readonly state: KvState;
  readonly log: LogFile;
}

export interface LogOptions {
  readonly folder: LogFolder;
  /** For messages. */
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
}

/**
 * Takes the store of a folder over: another process that writes it acknowledges nothing from now on. If the folder cannot be written,
 * what is there can be read all the same, and each write tries again.
 *
 * @throws {MesosDnsError} KV_FILE_UNREADABLE
 */
export async function openLog(options: LogOptions): Promise<OpenedLog> {
  for (let tries = 1; ; tries++) {
    try {
      const opened = await tryToOpen(options);
      if (opened) return opened;
      if (tries === TRIES) throw new Error("others take it at the same time");
    } catch (cause) {
      const advice = "let this user read the folder, or move its files away to begin with no keys";
      const message = `the keys in ${options.path} cannot be read (${messageOf(cause)}): ${advice}`;
      throw new MesosDnsError("KV_FILE_UNREADABLE", message, { cause });
    }
  }
}

/** `undefined` if another process has come in between. */
async function tryToOpen(options: LogOptions): Promise<OpenedLog | undefined> {
  const { folder, wallClock, log, path } = options;
  const numbers = await folder.numbers();
  let claimed: number | undefined;
  try {
    claimed = await folder.claim(numbers.at(-1) ?? 0);
    if (claimed === undefined) return undefined;
  } catch (error) {
    tellUnwritable(options, error);
  }
  const read = await readNewest(options, numbers);
  if (!read) return undefined;
  const { state, footing, reading } = read;
  if (reading) tellReading(options, footing.number, reading);
  const stray = new Draft(state);
  const released = releaseStray(stray, state.index + 1, Number.POSITIVE_INFINITY);
  for (const change of stray.changes) state.apply(change);
  if (released.length > 0) log.warn(strayLine(released.length));
  const file = new LogFile(folder, { ...footing, claimed }, wallClock, (kept) => {
    log.error({ code: "KV_FILE_DAMAGED" }, `the damaged file of keys in ${path} is kept as ${kept}`);
  });
  if (claimed !== undefined) await file.rewrite(state).catch((error: unknown) => tellUnwritable(options, error));
  return { state, log: file };
}

interface Read {
  readonly state: KvState;
  readonly footing: Omit<Footing, "claimed">;
  readonly reading: Reading | undefined;
}

/** Reads the last file that is not empty. `undefined` if it has been removed meanwhile. */
async function readNewest(
  { folder, path, wallClock, log }: LogOptions,
  numbers: readonly number[],
): Promise<Read | undefined> {
  for (const number of [...numbers].reverse()) {
    const file = await folder.files.open(folder.pathOf(number), "r").catch((error: unknown) => {
      if (!hasCode(error, "ENOENT")) throw error;
    });
    if (!file) return undefined;
    try {
      if ((await file.stat()).size === 0) continue;
      let state = emptyState(0);
      const reading = await readLog(file, {
        header: (header) => {
          state = new KvState(header);
        },
        change: (change) => state.apply(change),
      });
      const isDamaged = reading.damaged > 0 || reading.isTailLost || !reading.header;
      const lines = reading.damaged + reading.tornLines;
      // What is lost may have been newer than what is left: a write for each line, as late as now.
      if (isDamaged || lines > 0) state.raise(Math.max(state.index + lines + 1, timeIndex(wallClock)));
      return { state, footing: { number, octets: reading.octets, isDamaged }, reading };
    } finally {
      await file.close();
    }
  }
  if (numbers.length > 0) {
    log.warn(`all files of keys in ${path} are empty: if any keys were stored there, they are lost`);
  }
  const footing = { number: 0, octets: 0, isDamaged: false };
  return { state: emptyState(timeIndex(wallClock)), footing, reading: undefined };
}

function tellReading({ folder, log }: LogOptions, number: number, reading: Reading): void {
  const path = folder.pathOf(number);
  const { header, damaged, torn, tornLines, isTailLost } = reading;
  if (damaged > 0 || isTailLost || !header) {
    const count = damaged + tornLines;
    const lines = header ? `${count} lines` : `${count} lines, its first among them,`;
    const message = `${lines} of ${path} cannot be read: what they said is lost, the rest is served`;
    log.error({ code: "KV_FILE_DAMAGED" }, message);
  } else if (torn > 0) {
    log.warn(`the last ${torn} octets of ${path} are cut off: a write was not finished when the process ended`);
  }
}

function tellUnwritable({ path, log }: LogOptions, error: unknown): void {
  const message = `keys cannot be stored in ${path} (${messageOf(error)}): they are served, and writes are refused until they can be`;
  log.error({ code: "KV_FILE_UNWRITABLE" }, message);
}

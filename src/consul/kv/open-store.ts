import type { Logger } from "../../base/log.js";
import { LocalStore } from "./local-store.js";
import { type KvFiles, LogFolder } from "./log-folder.js";
import type { KvLimits } from "./model.js";
import { openLog } from "./open-log.js";
import { emptyState, timeIndex } from "./time-index.js";

export interface StoreOptions {
  /** The folder that files are kept in; empty to keep keys in memory alone. */
  readonly folder: string;
  readonly limits: KvLimits;
  /** `node:fs/promises`. */
  readonly files: KvFiles;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
}

/**
 * Opens the keys of this server. From now on no other process acknowledges a write to the same folder: open it when a process that is taken
 * over has stopped answering.
 *
 * @throws {MesosDnsError} KV_FILE_UNREADABLE
 */
export async function openStore({ folder: path, limits, files, wallClock, log }: StoreOptions): Promise<LocalStore> {
  if (path === "") {
    log.warn("keys and values are kept in memory alone, and are gone after a restart: set stateDir to keep them");
    const state = emptyState(timeIndex(wallClock));
    return new LocalStore({ state, file: undefined, path: "memory", limits, wallClock, log });
  }
  const { state, log: file } = await openLog({ folder: new LogFolder(path, files), path, wallClock, log });
  return new LocalStore({ state, file, path, limits, wallClock, log });
}

import { systemTimers, type Timers } from "../../base/timers.js";
import { readsFacts } from "../../config/catalog.js";
import { MasterClient } from "./client.js";
import { FactsReader } from "./facts/reader.js";
import type { KnownTasks } from "./known-tasks.js";
import { type LeaderAccess, LeaderFinder, listedMasters, type MasterSource } from "./leader.js";
import type { SourceConfig } from "./source-config.js";

export interface StateReaderOptions {
  /** Resolves a host name to its addresses, and an address to itself. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** The source of masters; the configuration's `masters` by default. */
  readonly source?: MasterSource;
  readonly timers?: Timers;
  /** Milliseconds since 1970. */
  readonly wallClock?: () => number;
  /** The tasks of the state that was read last. */
  readonly known?: KnownTasks;
}

/**
 * Creates the access to the leading master that `config` describes. Reads the files that it names at once.
 * Throws MesosDnsError CREDENTIALS_UNREADABLE.
 */
export function createStateReader(config: SourceConfig, options: StateReaderOptions): LeaderAccess {
  const {
    resolve,
    source = listedMasters(config.masters),
    timers = systemTimers,
    wallClock = Date.now,
    known,
  } = options;
  const client = new MasterClient(config, { timers, wallClock });
  const facts = readsFacts(config) ? new FactsReader() : undefined;
  return new LeaderFinder({ client, source, resolve, timers, facts, known });
}

import { systemTimers, type Timers } from "../../base/timers.js";
import { keepsCatalog } from "../../config/catalog.js";
import type { ClusterConfig } from "../../config/config.js";
import { MasterClient } from "./client.js";
import { FactsReader } from "./facts/reader.js";
import { type LeaderAccess, LeaderFinder, listedMasters, type MasterSource } from "./leader.js";

export interface StateReaderOptions {
  /** The addresses of a host name, an address being its own. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** Where the masters are known from; the configuration's `masters` unless given. */
  readonly source?: MasterSource;
  readonly timers?: Timers;
  /** Milliseconds since 1970. */
  readonly wallClock?: () => number;
}

/**
 * What reads the leading master's state and events as `config` says. Files it names are read now.
 * Throws MesosDnsError CREDENTIALS_UNREADABLE.
 */
export function createStateReader(config: ClusterConfig, options: StateReaderOptions): LeaderAccess {
  const { resolve, source = listedMasters(config.masters), timers = systemTimers, wallClock = Date.now } = options;
  const client = new MasterClient(config, { timers, wallClock });
  const facts = keepsCatalog(config) ? new FactsReader() : undefined;
  return new LeaderFinder({ client, source, resolve, timers, facts });
}

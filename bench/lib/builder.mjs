/** The builder by itself, without threads, masters or lookups. */

import { ZoneBuilder } from "../../dist/build/zone-builder.js";
import { loadConfig } from "../../dist/config/load.js";
import { ShardPool } from "../../dist/zone/shard-pool.js";

/**
 * @param {Record<string, string>} env the configuration, as MESOS_DNS_… has it
 * @param {() => number} wallClock
 */
export function createBuilder(env, wallClock = Date.now) {
  const { config } = loadConfig({
    env,
    readFile: () => "{}",
    systemResolvers: () => [],
    machineAddresses: () => [],
  });
  const pool = new ShardPool();
  const builder = new ZoneBuilder({
    config,
    seed: 1,
    start: { generation: 0, apexes: [], shards: undefined, isLatest: true },
    hosts: { resolve: async () => new Map() },
    pool,
    ownAddresses: () => [],
    wallClock,
    now: () => performance.now(),
  });
  return { config, pool, builder };
}

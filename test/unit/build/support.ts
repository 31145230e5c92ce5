import { ZoneBuilder, type ZoneBuilderOptions } from "../../../src/build/zone-builder.js";
import { ShardPool } from "../../../src/zone/shard-pool.js";
import { SEED } from "../../support/zone.js";
import { configOf } from "../config/support.js";

/** A builder under this configuration, before its first build. The clock stands still, and no host name resolves. */
export function builderOf(keys: object = {}, options: Partial<ZoneBuilderOptions> = {}): ZoneBuilder {
  return new ZoneBuilder({
    config: configOf(keys),
    seed: SEED,
    start: { generation: 0, apexes: [], shards: undefined, isLatest: true },
    hosts: { resolve: async () => new Map() },
    pool: new ShardPool(),
    ownAddresses: () => [],
    wallClock: () => 1_700_000_000_000,
    now: () => 0,
    ...options,
  });
}

import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { MesosDnsError, messageOf } from "../base/errors.js";
import { createLogger } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import type { Build } from "../build/build-result.js";
import { ownAddresses } from "../build/own-addresses.js";
import { ZoneBuilder } from "../build/zone-builder.js";
import { readsFacts } from "../config/catalog.js";
import type { Config } from "../config/config.js";
import type { Cluster } from "../sources/mesos/cluster.js";
import { FactsReader } from "../sources/mesos/facts/reader.js";
import { type MasterState, readMasterState } from "../sources/mesos/state.js";
import { Publishers } from "../threads/publishers.js";
import { ShardPool } from "../zone/shard-pool.js";

/** The zones that would be served for a state, and what they were made with. Host names are not resolved. */
export async function buildOffline(stateFile: string, config: Config): Promise<BuiltOffline> {
  return buildZones(readState(stateFile, readsFacts(config)).cluster, config);
}

export interface BuiltOffline {
  readonly builder: ZoneBuilder;
  readonly build: Build;
}

/** The same for a cluster that has been read. */
export async function buildZones(cluster: Cluster, config: Config): Promise<BuiltOffline> {
  const publishers = publishersFor(config);
  const builder = new ZoneBuilder({
    config,
    seed: 1,
    start: { generation: 0, apexes: [], shards: undefined, isLatest: true },
    hosts: { resolve: async () => new Map() },
    pool: new ShardPool(),
    ownAddresses,
    ...publishers.hooks,
    wallClock: Date.now,
    now: () => performance.now(),
  });
  return { builder, build: await builder.build(cluster, config.masters) };
}

/** What the names of virtual addresses and of Consul are made of. */
function publishersFor(config: Config): Publishers {
  const nothing = () => undefined;
  const publishers = new Publishers({
    start: { catalogIndex: 0, consulIndex: 0 },
    port: { postMessage: nothing },
    timers: systemTimers,
    wallClock: Date.now,
    log: createLogger(0, "zone"),
    hostname: hostname(),
    onExpired: nothing,
  });
  publishers.configure(config);
  return publishers;
}

function readState(file: string, withFacts: boolean): MasterState {
  try {
    return readMasterState(readFileSync(file), undefined, withFacts ? new FactsReader() : undefined);
  } catch (error) {
    const advice = "give the body of a Mesos master's /state";
    throw new MesosDnsError("STATE_INVALID", `cannot read the state in ${file} (${messageOf(error)}): ${advice}`, {
      cause: error,
    });
  }
}

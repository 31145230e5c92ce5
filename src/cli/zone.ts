import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { pipeline } from "node:stream/promises";
import { hasCode, MesosDnsError, messageOf } from "../base/errors.js";
import { createLogger } from "../base/log.js";
import { printable } from "../base/printable.js";
import { systemTimers } from "../base/timers.js";
import { ownAddresses } from "../build/own-addresses.js";
import { ZoneBuilder } from "../build/zone-builder.js";
import { readsFacts } from "../config/catalog.js";
import type { Config } from "../config/config.js";
import { withRecordsFile } from "../process/records-file.js";
import { FactsReader } from "../sources/mesos/facts/reader.js";
import { type MasterState, readMasterState } from "../sources/mesos/state.js";
import { Publishers } from "../threads/publishers.js";
import { viewsOf, zonesOf } from "../views/views.js";
import { SCATTERED } from "../views/zone-spec.js";
import { toMasterFile } from "../zone/master-file.js";
import { ShardPool } from "../zone/shard-pool.js";
import { Snapshot } from "../zone/snapshot.js";

/**
 * `mesos-dns zone`: prints the zone that would be served for a state, as a master file (RFC 1035 §5). Does not resolve host names.
 * @param name of the zone; the domain by default
 */
export async function printZone(stateFile: string, given: Config, name = given.domain): Promise<void> {
  const config = withRecordsFile(given);
  const zone = zoneCalled(name, config);
  const { cluster } = readState(stateFile, readsFacts(config));
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
  const { update, skipped } = await builder.build(cluster, config.masters);
  if (!update) throw new MesosDnsError("INTERNAL", "a first build gave no zone");
  for (const { kind, id, detail } of skipped)
    process.stderr.write(`${printable(`left out: ${kind} ${id}: ${detail}`)}\n`);
  const snapshot = Snapshot.empty(update.apexes).with(update);
  await print(toMasterFile(snapshot, snapshot.indexOf(zone)));
}

/** The apex of the zone with this name. The scattered zone of reverse names has no apex and cannot be printed. */
function zoneCalled(name: string, config: Config): string {
  const wanted = name.toLowerCase().replace(/\.$/, "");
  const zones = zonesOf(viewsOf(config))
    .map((zone) => zone.name)
    .filter((zone) => zone !== SCATTERED);
  if (zones.includes(wanted)) return wanted;
  throw new MesosDnsError("USAGE", `--zone is ${JSON.stringify(name)}; this configuration has ${zones.join(" and ")}`);
}

/** Prints as fast as the reader takes it. A reader that stops early (`| head`) is no failure. */
async function print(text: Iterable<string>): Promise<void> {
  try {
    await pipeline(text, process.stdout, { end: false });
  } catch (error) {
    if (!hasCode(error, "EPIPE")) throw error;
  }
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

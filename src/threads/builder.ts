/** The builder thread: follows the master, derives records, compiles snapshots. It may take its time; nobody waits. */

import { lookup } from "node:dns/promises";
import files from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { type ErrorCode, MesosDnsError, messageOf } from "../base/errors.js";
import { formatHostPort } from "../base/host-port.js";
import { createLogger } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import { HostResolver } from "../build/host-resolver.js";
import { ownAddresses } from "../build/own-addresses.js";
import { countRecords } from "../build/record-count.js";
import { SkipLog } from "../build/skip-log.js";
import { type Build, ZoneBuilder } from "../build/zone-builder.js";
import { fingerprintOf, ZoneSaver, type ZoneSaverOptions } from "../build/zone-file.js";
import { keepsCatalog } from "../config/catalog.js";
import type { Config } from "../config/config.js";
import type { Cluster } from "../sources/mesos/cluster.js";
import type { LeaderAccess } from "../sources/mesos/leader.js";
import { ClusterFeed, type Source } from "../sources/mesos/live/feed.js";
import { Masters } from "../sources/mesos/masters.js";
import { createStateReader } from "../sources/mesos/reader.js";
import { readClusterLines } from "../sources/mesos/saved-cluster.js";
import { connectZooKeeper } from "../sources/mesos/zookeeper/connection.js";
import type { BuildReport } from "../status/status.js";
import { ShardPool } from "../zone/shard-pool.js";
import { CatalogPublisher } from "./catalog-publisher.js";
import { HeapKeeper, ownHeap } from "./garbage.js";
import type { BuilderStart, FromBuilder, ToBuilder } from "./messages.js";
import { yieldThread } from "./priority.js";

/** Serials that may be used before the zone is saved again: there are at most ten a second. */
const SPARE_SERIALS = 1_000;
const RENEWAL_MS = 300_000;

if (!parentPort) throw new Error("builder.js is a worker thread of main.js, not a program");
yieldThread();
const heap = new HeapKeeper(ownHeap(), systemTimers);
const port = parentPort;
const start = workerData as BuilderStart;
const enumerations = new Map<number, Generator<string>>();
const log = createLogger(start.verbosity, "builder");
const skipLog = new SkipLog(log);
let lastReport: BuildReport | undefined;

const systemLookup = async (host: string) => {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
};
const hosts = new HostResolver({
  lookup: systemLookup,
  delay: (ms) => {
    let cancel = () => {};
    const elapsed = new Promise<void>((resolve) => {
      cancel = systemTimers.after(ms, resolve);
    });
    return { elapsed, cancel };
  },
});
const pool = new ShardPool();
const builder = new ZoneBuilder({
  config: start.config,
  seed: start.seed,
  serial: start.serial,
  generation: start.generation,
  hosts,
  pool,
  ownAddresses,
  wallClock: Date.now,
  now: () => performance.now(),
});
const catalog = new CatalogPublisher({
  send: (piece) => post({ kind: "catalog", piece }),
  wallClock: Date.now,
  above: start.catalogIndex,
  log,
});
catalog.configure(keepsCatalog(start.config));
const masters = new Masters({
  connect: connectZooKeeper,
  timers: systemTimers,
  random: Math.random,
  wallClock: Date.now,
  onNews: (news) => post({ kind: "zookeeper", news }),
  onLeader: () => feed.leaderChanged(),
  onMasters: () => feed.mastersChanged(),
});
let config = start.config;
const feed: ClusterFeed = new ClusterFeed({
  access: accessFor(config),
  config,
  timers: systemTimers,
  random: Math.random,
  wallClock: Date.now,
  count: (cluster, known) => countRecords(cluster, known, config),
  restored: takeSavedCluster(),
  serve,
  onFailure: (error) => post(failureOf(error)),
  onReport: (report) => post({ kind: "live", report }),
});
const saver =
  start.config.stateDir === ""
    ? undefined
    : new ZoneSaver({
        folder: start.config.stateDir,
        timers: systemTimers,
        wallClock: Date.now,
        image: takeImage,
        onFailure: noteUnsaved,
        files,
      });
let unsaved = "";
let savedAt = Date.now();
feed.start();

/** What ran when the zone was saved. One that cannot be read is worth a line: its zone is served all the same. */
function takeSavedCluster(): Cluster | undefined {
  const { savedCluster } = start;
  start.savedCluster = undefined;
  try {
    return savedCluster && readClusterLines(savedCluster, keepsCatalog(start.config));
  } catch (error) {
    log.error({ code: codeOf(error) }, `${messageOf(error)}; what a new leader has not heard of will not be kept`);
    return undefined;
  }
}

/** The zone as it is, its memory kept meanwhile. */
function takeImage(): ReturnType<ZoneSaverOptions["image"]> {
  const { built } = builder;
  if (!built || !lastReport) return undefined;
  const { generation, config, serial, seed, shards, cluster } = built;
  pool.pin("file", [generation]);
  savedAt = Date.now();
  const image = { fingerprint: fingerprintOf(config), seed, serial: serial + SPARE_SERIALS, shards };
  return {
    image: { ...image, fetchedAt: lastReport.fetchedAt },
    cluster,
    release: () => pool.pin("file", []),
  };
}

/** Once until it changes: it is tried again and again. */
function noteUnsaved(error: MesosDnsError): void {
  if (error.message !== unsaved) log.error({ code: error.code }, error.message);
  unsaved = error.message;
}

function accessFor(config: Config): LeaderAccess {
  return createStateReader(config, { resolve: systemLookup, source: masters.source(config) });
}

async function serve(cluster: Cluster, { state, fetched, wholeAt }: Source): Promise<void> {
  // What is left of reading it.
  if (fetched) heap.prepare();
  const build = await builder.build(cluster, state.masters);
  const facts = {
    frameworks: cluster.frameworks.length,
    tasks: cluster.frameworks.reduce((tasks, framework) => tasks + framework.tasks.length, 0),
    agents: cluster.agents.size,
    stateOctets: state.bytes,
    leader: formatHostPort(cluster.leader),
    fetchedAt: wholeAt,
    fetch: state.fetchMs / 1000,
    parse: state.parseMs / 1000,
  };
  publish(build, facts, fetched);
  catalog.follow(cluster, fetched, (host) => builder.addressesOf(host));
}

interface FetchFacts {
  readonly frameworks: number;
  readonly tasks: number;
  readonly agents: number;
  readonly stateOctets: number;
  readonly leader: string;
  readonly fetchedAt: number;
  readonly fetch: number;
  readonly parse: number;
}

/** @param fetched whether the state was fetched for this build */
function publish(build: Build, { fetch, parse, ...facts }: FetchFacts, fetched: boolean): void {
  skipLog.note(build.skipped);
  // A file that says how old the zone is has to be renewed at times even where that stays.
  if (saver && (build.update || Date.now() - savedAt > RENEWAL_MS)) saver.changed();
  if (build.update) for (const responder of start.responders) responder.postMessage(build.update);
  lastReport = {
    ...facts,
    generation: build.generation,
    serial: build.serial,
    names: build.names,
    records: build.records,
    changedShards: build.update?.shards.length ?? 0,
    seconds: { fetch, parse, ...build.seconds },
    skipped: build.skipped,
  };
  post({ kind: "built", update: build.update, report: lastReport, fetched });
}

/** Polls as the new configuration says, and serves what is known already under it at once. */
async function configure(message: Extract<ToBuilder, { kind: "configure" }>): Promise<void> {
  config = message.config;
  builder.configure(config);
  catalog.configure(keepsCatalog(config));
  const rebuilt = await builder.rebuild();
  if (rebuilt && lastReport) {
    const { seconds, ...facts } = lastReport;
    publish(rebuilt, { ...facts, fetch: seconds.fetch, parse: seconds.parse }, false);
  }
  await feed.configure(accessFor(config), config);
}

function nextPiece(id: number): void {
  const pieces = enumerations.get(id) ?? startEnumeration(id);
  const { done, value } = pieces.next();
  if (done) enumerations.delete(id);
  post({ kind: "piece", id, text: done ? undefined : value });
}

function startEnumeration(id: number): Generator<string> {
  const pieces = builder.enumerate() ?? emptyEnumeration();
  enumerations.set(id, pieces);
  return pieces;
}

function* emptyEnumeration(): Generator<string> {
  yield '{"frameworks":[]}';
}

function failureOf(error: unknown): FromBuilder {
  return { kind: "failure", failure: { code: codeOf(error), message: messageOf(error), at: Date.now() } };
}

function codeOf(error: unknown): ErrorCode {
  return error instanceof MesosDnsError ? error.code : "INTERNAL";
}

function post(message: FromBuilder): void {
  port.postMessage(message);
}

start.responders.forEach((responder, index) => {
  pool.acknowledge(`responder ${index}`, start.generation);
  responder.on("message", (generation: number) => pool.acknowledge(`responder ${index}`, generation));
});
pool.acknowledge("main", start.generation);
port.on("message", (message: ToBuilder) => {
  switch (message.kind) {
    case "configure":
      configure(message).catch((error: unknown) => post(failureOf(error)));
      break;
    case "reading":
      pool.pin("main", message.pinned);
      pool.acknowledge("main", message.generation);
      break;
    case "enumerate":
      nextPiece(message.id);
      break;
    case "catalogTaken":
      catalog.taken();
      break;
    case "enumerated":
      enumerations.delete(message.id);
      break;
    case "stop":
      for (const responder of start.responders) responder.close();
      saver?.changed();
      Promise.all([feed.stop(), masters.stop(), saver?.finish()]).finally(() => {
        // Ends this thread only. A connection in the making, which nothing can call off, would hold it until it fails.
        process.exit();
      });
      break;
  }
});

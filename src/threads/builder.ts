import { codeOf, messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import { Newest } from "../base/newest.js";
import { delay, type Timers } from "../base/timers.js";
import type { Build, BuildStart } from "../build/build-result.js";
import { HostResolver, type Lookup } from "../build/host-resolver.js";
import type { SkipLog } from "../build/skip-log.js";
import { StaticLog } from "../build/static-log.js";
import { ZoneBuilder, type ZoneBuilderOptions } from "../build/zone-builder.js";
import type { ZoneFiles } from "../build/zone-file.js";
import { readsFacts } from "../config/catalog.js";
import type { Cluster } from "../sources/mesos/cluster.js";
import type { Provenance } from "../sources/mesos/live/feed.js";
import type { SavedCluster } from "../sources/mesos/saved-cluster.js";
import { MesosSource } from "../sources/mesos/source.js";
import type { Connect } from "../sources/mesos/zookeeper/contract.js";
import type { BuildReport } from "../status/status.js";
import type { Health } from "../views/facts.js";
import { countRecords } from "../views/mesos-dns/record-count.js";
import { healthOf } from "../views/static/health.js";
import type { ColumnMemory } from "../zone/columns.js";
import { ShardPool } from "../zone/shard-pool.js";
import type { CompileHelper } from "../zone/whole-build.js";
import { type FetchFacts, factsOf, fetchFactsOf, reportOf } from "./build-report.js";
import { Enumerations } from "./enumerations.js";
import { explainable } from "./explainable.js";
import { Explanations } from "./explanations.js";
import type { BuilderConfig, BuilderStart, FromBuilder, ReaderPort, ToBuilder } from "./messages.js";
import { Publishers } from "./publishers.js";
import { ZoneSaving } from "./zone-saving.js";

export interface BuilderParts {
  readonly start: Omit<BuilderStart, "readers" | "verbosity">;
  /** Sends messages to the main thread. */
  readonly port: { postMessage(message: FromBuilder): void };
  /** One port for each thread that reads snapshots. */
  readonly readers: readonly ReaderPort[];
  readonly log: Logger;
  readonly skipLog: SkipLog;
  readonly timers: Timers;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Milliseconds from any fixed point. */
  readonly now: () => number;
  readonly lookup: Lookup;
  readonly connect: Connect;
  readonly files: ZoneFiles;
  readonly ownAddresses: ZoneBuilderOptions["ownAddresses"];
  /** The machine's name. */
  readonly hostname: string;
  /** Collects garbage before work that takes much memory. */
  readonly makeRoom: () => void;
  readonly helper?: CompileHelper | undefined;
  readonly memory?: ColumnMemory | undefined;
}

/** Follows the cluster, builds zones from it, and sends each to all responders. It may take seconds; no query waits for it. */
export class Builder {
  readonly #parts: BuilderParts;
  readonly #pool = new ShardPool();
  readonly #zones: ZoneBuilder;
  readonly #source: MesosSource;
  readonly #saving: ZoneSaving | undefined;
  readonly #enumerations: Enumerations;
  readonly #explanations: Explanations;
  readonly #staticLog: StaticLog;
  readonly #publishers: Publishers;
  /** Each may cost all records anew, so that one of which there is a newer one is left out. */
  readonly #configurations = new Newest<BuilderConfig>(
    (config) => this.#configure(config).catch((error: unknown) => this.#fail(error)),
    () => this.#messagesTaken(),
  );
  /** Many targets may change within the time that one build takes: the next one shows what all of them are then. */
  readonly #healths = new Newest<Health>(
    () => this.#buildAgain().catch((error: unknown) => this.#fail(error)),
    () => this.#messagesTaken(),
  );
  #config: BuilderConfig;
  /** The cluster that was saved last, until the start: it is large. */
  #restored: Cluster | undefined;
  /** The instances of health checks that are unhealthy, and what that means for values. */
  #unhealthy: readonly string[];
  #health: Health;
  #lastReport: BuildReport | undefined;
  #stopping: Promise<void> | undefined;
  readonly #readers = new Set<ReaderPort>();
  #readersSoFar = 0;

  /** @param restored the cluster that was saved last */
  constructor(parts: BuilderParts, restored?: SavedCluster) {
    const { start, port, timers, random, wallClock, now, lookup, connect, files, ownAddresses } = parts;
    this.#parts = parts;
    this.#staticLog = new StaticLog(parts.log);
    this.#config = start.config;
    this.#restored = restored?.cluster;
    const { config, seed } = start;
    const hosts = new HostResolver({ lookup, delay: (ms) => delay(timers, ms) });
    const pool = this.#pool;
    const { helper, memory } = parts;
    const onExpired = () => void this.#buildAgain().catch((error: unknown) => this.#fail(error));
    this.#publishers = new Publishers({ ...parts, onExpired });
    this.#publishers.configure(config);
    const following = { config, seed, start: startOf(start), health: () => this.#health, ...this.#publishers.hooks };
    this.#unhealthy = start.unhealthy;
    this.#health = healthOf(config.healthChecks, this.#unhealthy);
    this.#zones = new ZoneBuilder({ ...following, hosts, pool, helper, memory, ownAddresses, wallClock, now });
    this.#source = new MesosSource({
      config,
      timers,
      random,
      wallClock,
      lookup,
      connect,
      count: (cluster, known) => countRecords(cluster, known, this.#config),
      restored,
      onCluster: (cluster, provenance) => this.#serve(cluster, provenance),
      onFailure: (error) => this.#fail(error),
      onReport: (report) => port.postMessage({ kind: "live", report }),
      onZooKeeper: (news) => port.postMessage({ kind: "zookeeper", news }),
    });
    this.#saving = this.#savingIn(config.stateDir, files);
    this.#enumerations = new Enumerations(port, () => this.#zones.enumerate() ?? emptyListing());
    this.#explanations = new Explanations({
      basis: () => explainable(this.#zones, this.#source),
      timers,
      send: (id, outcome) => port.postMessage({ kind: "explained", id, outcome }),
    });
  }

  start(): void {
    const { start, readers } = this.#parts;
    for (const reader of readers) this.#addReader(reader, start.current.generation);
    this.#pool.acknowledge("main", start.current.generation);
    this.#source.start();
    // While the master writes its state.
    if (this.#restored) void this.#prepare(this.#restored).catch((error: unknown) => this.#fail(error));
    this.#restored = undefined;
  }

  /** Serves what was saved beside the zone as the zone is: until a master answers. */
  async #prepare(restored: Cluster): Promise<void> {
    await this.#zones.prepare(restored);
    if (!this.#lastReport) this.#publishers.publish();
  }

  /** Handles a message. The promise settles when that is done. */
  async take(message: Exclude<ToBuilder, { kind: "start" }>): Promise<void> {
    switch (message.kind) {
      case "configure":
        return this.#configurations.take(message.config);
      case "unhealthy":
        this.#unhealthy = message.instances;
        this.#health = healthOf(this.#config.healthChecks, this.#unhealthy);
        return this.#healths.take(this.#health);
      case "reading":
        this.#pool.pin("main", message.pinned);
        this.#pool.acknowledge("main", message.generation);
        return;
      case "reader":
        return this.#addLateReader(message.port);
      case "console":
        return this.#publishers.openConsole(message.port, () => this.#zones.published);
      case "enumerate":
        return this.#enumerations.next(message.id);
      case "catalogTaken":
        return this.#publishers.catalogTaken();
      case "consulTaken":
        return this.#publishers.consulTaken();
      case "explain":
        return this.#explanations.answer(message.id, message.question);
      case "unasked":
        return this.#explanations.drop(message.id);
      case "enumerated":
        return this.#enumerations.end(message.id);
      case "stop":
        return this.stop();
    }
  }

  /** @param generation that it reads now */
  #addReader(port: ReaderPort, generation: number): void {
    const name = `reader ${++this.#readersSoFar}`;
    this.#readers.add(port);
    this.#pool.acknowledge(name, generation);
    port.on("message", (reading) => {
      this.#pool.pin(name, reading.pinned);
      this.#pool.acknowledge(name, reading.generation);
    });
    port.on("close", () => {
      this.#readers.delete(port);
      this.#pool.forget(name);
    });
  }

  /** A thread that has been started after the builder gets the whole zone first. Until it says so, it may read an older one. */
  #addLateReader(port: ReaderPort): void {
    const { whole } = this.#zones;
    this.#addReader(port, 0);
    if (whole) port.postMessage(whole);
  }

  /** Saves the zone, if configured, and ends everything that start() has begun. Never rejects. */
  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  async #end(): Promise<void> {
    for (const reader of this.#readers) reader.close();
    this.#publishers.stop();
    this.#explanations.stop();
    this.#saving?.last();
    await Promise.allSettled([this.#source.stop(), this.#saving?.finish()]);
  }

  /** Resolves when the messages that wait already have been taken. */
  #messagesTaken(): Promise<void> {
    return delay(this.#parts.timers, 0).elapsed;
  }

  /** Applies a new configuration: serves the last cluster under it at once, then follows the cluster with it. */
  async #configure(config: BuilderConfig): Promise<void> {
    if (this.#stopping) return;
    this.#config = config;
    this.#zones.configure(config);
    this.#publishers.configure(config);
    this.#health = healthOf(config.healthChecks, this.#unhealthy);
    await this.#buildAgain();
    if (this.#stopping) return;
    await this.#source.configure(config);
  }

  /** Serves the last cluster under what else has changed. */
  async #buildAgain(): Promise<void> {
    if (this.#stopping) return;
    const rebuilt = await this.#zones.rebuild();
    if (!rebuilt || !this.#lastReport) return;
    this.#publish(rebuilt, factsOf(this.#lastReport), false);
  }

  async #serve(cluster: Cluster, provenance: Provenance): Promise<void> {
    const { state, fetched } = provenance;
    // Free what reading the state has left.
    if (fetched) this.#parts.makeRoom();
    const build = await this.#zones.build(cluster, state.masters);
    this.#publish(build, fetchFactsOf(cluster, provenance), fetched);
    this.#publishers.follow(cluster, fetched, (host) => this.#zones.addressesOf(host));
  }

  /** @param fetched whether the state was fetched for this build */
  #publish(build: Build, facts: FetchFacts, fetched: boolean): void {
    const { skipLog, port } = this.#parts;
    skipLog.note(build.skipped);
    this.#staticLog.note(build);
    this.#saving?.built(build.update !== undefined);
    if (build.update) for (const reader of this.#readers) reader.postMessage(build.update);
    this.#lastReport = reportOf(build, facts);
    // First: who is told that the zone is there looks for them.
    this.#publishers.publish();
    port.postMessage({ kind: "built", update: build.update, report: this.#lastReport, fetched });
  }

  #savingIn(folder: string, files: ZoneFiles): ZoneSaving | undefined {
    if (folder === "") return undefined;
    return new ZoneSaving({
      ...this.#parts,
      folder,
      files,
      zones: this.#zones,
      pool: this.#pool,
      report: () => this.#lastReport,
      known: () => this.#source.known,
      hasFacts: () => readsFacts(this.#config),
    });
  }

  #fail(error: unknown): void {
    const failure = { code: codeOf(error), message: messageOf(error), at: this.#parts.wallClock() };
    this.#parts.port.postMessage({ kind: "failure", failure });
  }
}

function startOf({ current, isLatest }: Pick<BuilderStart, "current" | "isLatest">): BuildStart {
  const { generation, apexes, ready, shards } = current;
  return { generation, apexes, shards: ready ? shards.map(([, memory]) => memory) : undefined, isLatest };
}

function* emptyListing(): Generator<string> {
  yield '{"frameworks":[]}';
}

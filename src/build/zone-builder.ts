import { type Address, AddressBook } from "../base/addresses.js";
import type { Config } from "../config/config.js";
import { DCOS_ZONE } from "../config/dcos-zone.js";
import type { Cluster, Endpoint, Skipped } from "../sources/mesos/cluster.js";
import { mirrored } from "../views/dcos/dcos.js";
import { emitChanges } from "../views/mesos-dns/changes.js";
import { enumerate } from "../views/mesos-dns/enumerate.js";
import {
  type Emission,
  hostNames,
  type Problems,
  RecordGenerator,
  type RecordSink,
} from "../views/mesos-dns/generate.js";
import { type ClaimSink, ReverseNames } from "../views/reverse/reverse.js";
import { apexesOf } from "../zone/apexes.js";
import { compileZones, type ShardContent } from "../zone/compile.js";
import type { ZoneImage } from "../zone/image.js";
import { NO_APEX, RecordSet } from "../zone/record-set.js";
import type { ShardPool } from "../zone/shard-pool.js";
import type { SnapshotUpdate } from "../zone/snapshot.js";
import type { HostResolver } from "./host-resolver.js";
import { recordRulesOf } from "./record-rules.js";

export interface ZoneBuilderOptions {
  readonly config: Config;
  readonly seed: number;
  /** Serials at or below this have been used. */
  readonly serial: number;
  readonly generation: number;
  readonly hosts: Pick<HostResolver, "resolve">;
  readonly pool: ShardPool;
  /** Addresses this server can be reached at; the SOA's mname gets them. */
  readonly ownAddresses: (listeners: readonly string[]) => readonly Address[];
  /** Milliseconds since the epoch, for serials. */
  readonly wallClock: () => number;
  /** Milliseconds from any fixed point, for durations. */
  readonly now: () => number;
}

export interface Build {
  /** Nothing where the zone is as it was. */
  readonly update: SnapshotUpdate | undefined;
  readonly serial: number;
  readonly generation: number;
  readonly names: number;
  readonly records: number;
  readonly skipped: readonly Skipped[];
  /** All records were made anew, not only those that have changed. */
  readonly isWhole: boolean;
  readonly seconds: { readonly resolve: number; readonly generate: number; readonly compile: number };
}

/** A zone as it was built last. */
export interface BuiltZone extends Pick<ZoneImage, "seed" | "serial" | "shards"> {
  readonly generation: number;
  readonly config: Config;
  readonly cluster: Cluster;
}

/**
 * From a cluster to the next snapshot. Keeps the records that it built last, and touches only those of what has changed:
 * of tasks, agents and frameworks that are not the same objects as in the cluster before.
 */
export class ZoneBuilder {
  readonly #options: ZoneBuilderOptions;
  #config: Config;
  #shards: readonly SharedArrayBuffer[] | undefined;
  #apexKey = "";
  #last: Promise<unknown> = Promise.resolve();
  #serial: number;
  #generation: number;
  #cluster: Cluster | undefined;
  #masters: readonly Endpoint[] = [];
  #generator: RecordGenerator | undefined;
  #book = new AddressBook();
  /** The configuration that the records below were made under; nothing where they are of no use. */
  #builtWith: Config | undefined;
  #records: RecordSet;
  /** DC/OS's zone, and the reverse names; empty where they are not wanted. */
  readonly #dcos: RecordSet;
  readonly #reverse: RecordSet;
  #reverseNames = new ReverseNames();
  readonly #problems: Problems = new Map();
  /** What is in the shards of the last build. */
  #contents: readonly ShardContent[] | undefined;

  constructor(options: ZoneBuilderOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#serial = options.serial;
    this.#generation = options.generation;
    this.#records = new RecordSet(options.config.domain, options.seed);
    this.#dcos = new RecordSet(DCOS_ZONE, options.seed);
    this.#reverse = new RecordSet(NO_APEX, options.seed);
  }

  /** Later builds follow this configuration. */
  configure(config: Config): void {
    this.#config = config;
  }

  /** What the last build published, task by task, as JSON text in chunks; nothing before the first build. */
  enumerate(): Generator<string> | undefined {
    const records = this.#records;
    return this.#generator && enumerate(this.#generator, (name) => records.omitsStandby(name));
  }

  /** The addresses of an agent's host as the last build found them. */
  addressesOf(host: string): readonly string[] {
    return this.#generator?.addressesOf(host).split(" ").filter(Boolean) ?? [];
  }

  /** What the last build came to, and the configuration it was made under; nothing before the first. */
  get built(): BuiltZone | undefined {
    const { seed } = this.#options;
    const [shards, config, generator] = [this.#shards, this.#builtWith, this.#generator];
    if (!shards || !config || !generator) return undefined;
    return {
      seed,
      serial: this.#serial,
      generation: this.#generation,
      shards,
      config,
      cluster: generator.input.cluster,
    };
  }

  /** Builds run one after the other: one that waits for host names must not come in behind a newer one. */
  build(cluster: Cluster, masters: readonly Endpoint[]): Promise<Build> {
    return this.#inTurn(() => this.#build(cluster, masters));
  }

  /** The cluster known last, under the configuration as it is now; nothing before the first state. */
  rebuild(): Promise<Build | undefined> {
    return this.#inTurn(async () => this.#cluster && this.#build(this.#cluster, this.#masters));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #build(cluster: Cluster, masters: readonly Endpoint[]): Promise<Build> {
    const { now, hosts } = this.#options;
    const started = now();
    this.#cluster = cluster;
    this.#masters = masters;
    const resolved = await hosts.resolve(hostNames(cluster, masters, this.#book));
    const resolvedAt = now();
    const before = this.#generator;
    const after = this.#generatorFor(cluster, resolved);
    this.#generator = after;
    const isWhole = !before || !this.#change(before, after);
    if (isWhole) this.#generateAll(after);
    const generatedAt = now();
    const built = this.#compile(isWhole);
    const seconds = {
      resolve: (resolvedAt - started) / 1000,
      generate: (generatedAt - resolvedAt) / 1000,
      compile: (now() - generatedAt) / 1000,
    };
    const skipped = [...cluster.skipped, ...this.#problems.values()];
    return { ...built, serial: this.#serial, generation: this.#generation, skipped, isWhole, seconds };
  }

  /** Brings the records of the last build to what they have to be now; false where they have to be made anew. */
  #change(before: RecordGenerator, after: RecordGenerator): boolean {
    const [records, dcos] = [this.#records, this.#dcos];
    const isWasteful = [records, dcos, this.#reverse].some((set) => set.isWasteful);
    if (this.#builtWith !== this.#config || isWasteful) return false;
    const names = this.#reverseNames;
    // Should it fail half way, the records are of no use any more.
    this.#builtWith = undefined;
    const removed = this.#emission(records.removal, names.withdrawals, dcos.removal);
    const added = this.#emission(records, names.claims, dcos);
    if (!emitChanges(before, after, { removed, added, problems: this.#problems })) return false;
    names.publish(this.#reverse.removal, this.#reverse);
    this.#builtWith = this.#config;
    return true;
  }

  #generateAll(generator: RecordGenerator): void {
    const { domain } = this.#config;
    if (this.#records.apex === domain) this.#records.clear();
    else this.#records = new RecordSet(domain, this.#options.seed);
    this.#dcos.clear();
    this.#reverse.clear();
    this.#reverseNames = new ReverseNames();
    this.#problems.clear();
    // What it knows of addresses long gone goes as well.
    this.#book = new AddressBook();
    generator.emit(this.#emission(this.#records, this.#reverseNames.claims, this.#dcos), this.#problems);
    this.#reverseNames.publish(this.#reverse.removal, this.#reverse);
    this.#builtWith = this.#config;
  }

  /** Takes what the configuration wants. */
  #emission(records: RecordSink, claims: ClaimSink, dcos: RecordSink): Emission {
    const { domain, dcosNames, reverse } = this.#config;
    return {
      records: dcosNames ? mirrored(records, dcos, domain) : records,
      claims: reverse ? claims : undefined,
      dcos: dcosNames ? dcos : undefined,
    };
  }

  #generatorFor(cluster: Cluster, resolved: ReadonlyMap<string, readonly Address[]>): RecordGenerator {
    const config = this.#config;
    const rules = recordRulesOf(config);
    const nameServer = { name: config.SOAMname, addresses: this.#options.ownAddresses(config.listener) };
    return new RecordGenerator({ cluster, rules, masters: this.#masters, nameServer, resolved }, this.#book);
  }

  /** @param isWhole the records have been made anew */
  #compile(isWhole: boolean): Pick<Build, "update" | "names" | "records"> {
    const config = this.#config;
    const { seed, pool, wallClock } = this.#options;
    const zone = { nameServer: config.SOAMname, srvWeight: config.srvRecordDefaultWeight, records: this.#records };
    // In the order of apexesOf().
    const zones = [zone];
    if (config.dcosNames) zones.push({ ...zone, records: this.#dcos });
    if (config.reverse) zones.push({ ...zone, records: this.#reverse });
    const generation = this.#generation + 1;
    const compiled = compileZones(zones, {
      previous: this.#shards,
      contents: isWhole ? undefined : this.#contents,
      allocate: (words) => pool.take(words, generation),
    });
    this.#contents = compiled.contents;
    const apexKey = JSON.stringify(apexesOf(config, 0));
    const counts = { names: compiled.names, records: compiled.records };
    if (compiled.changed.length === 0 && apexKey === this.#apexKey) return { update: undefined, ...counts };
    for (const index of compiled.changed) if (this.#shards) pool.retire(this.#shards[index], generation);
    this.#shards = compiled.shards;
    this.#apexKey = apexKey;
    this.#serial = Math.max(this.#serial + 1, Math.floor(wallClock() / 1000));
    this.#generation = generation;
    const update = {
      generation,
      seed,
      apexes: apexesOf(config, this.#serial),
      ready: true,
      shards: compiled.changed.map((index) => [index, compiled.shards[index]] as const),
    };
    return { update, ...counts };
  }
}

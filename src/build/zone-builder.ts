import { type Address, AddressBook, parseAddress } from "../base/addresses.js";
import type { HostPort } from "../base/host-port.js";
import type { ConsulNames } from "../consul/registry/names.js";
import type { Cluster } from "../sources/mesos/cluster.js";
import { ClusterFacts, type FactsInput, type Health, HostNames } from "../views/facts.js";
import { enumerate, type Published } from "../views/mesos-dns/enumerate.js";
import { viewsOf } from "../views/views.js";
import type { VipNames } from "../vips/table.js";
import type { Apex } from "../zone/apex.js";
import type { ColumnMemory } from "../zone/columns.js";
import { compileZones } from "../zone/compile.js";
import { changedZones } from "../zone/difference.js";
import type { ShardContent } from "../zone/shard-compiler.js";
import type { ShardPool } from "../zone/shard-pool.js";
import type { SnapshotUpdate } from "../zone/snapshot.js";
import type { CompileHelper } from "../zone/whole-build.js";
import { ZoneSerials } from "../zone/zone-serials.js";
import { type BuildConfig, differsInRecordsAlone } from "./build-config.js";
import type { Build, BuildStart, BuiltZone } from "./build-result.js";
import type { HostResolver } from "./host-resolver.js";
import { ZoneRecords } from "./zone-records.js";

/** A first build of fewer tasks does without the helper. These have some 100,000 names, which take longer than a thread to start. */
const MANY_TASKS = 25_000;

export interface ZoneBuilderOptions {
  readonly config: BuildConfig;
  readonly seed: number;
  readonly start: BuildStart;
  readonly hosts: Pick<HostResolver, "resolve">;
  readonly pool: ShardPool;
  /** Where records are kept. */
  readonly memory?: ColumnMemory | undefined;
  /** Helps with a large first build. Later builds hardly ever write more than a few shards. */
  readonly helper?: CompileHelper | undefined;
  /** What health checks say at this moment. */
  readonly health?: (() => Health) | undefined;
  /** The names of the cluster's virtual addresses, if they are served. @param addressesOf those of an agent's host */
  readonly vips?: (cluster: Cluster, addressesOf: (host: string) => readonly string[]) => VipNames | undefined;
  /** What Consul's names are made of, if they are served. @param facts those of the cluster, but for this */
  readonly consul?: (facts: ClusterFacts, ownAddresses: readonly Address[]) => ConsulNames | undefined;
  /** The addresses at which this server can be reached. Without `nameServers`, the SOA's mname gets them. */
  readonly ownAddresses: (listeners: readonly string[]) => readonly Address[];
  /** Milliseconds since the epoch, for serials. */
  readonly wallClock: () => number;
  /** Milliseconds from any fixed point, for durations. */
  readonly now: () => number;
}

/** What the last build was based on. */
export interface Basis {
  readonly config: BuildConfig;
  readonly facts: ClusterFacts;
  readonly records: ZoneRecords;
}

/**
 * Builds the next snapshot from a cluster. Keeps the records of the last build, and changes only those of tasks, agents and
 * frameworks that are not the same objects as in the cluster before.
 */
export class ZoneBuilder {
  readonly #options: ZoneBuilderOptions;
  #config: BuildConfig;
  #shards: readonly SharedArrayBuffer[] | undefined;
  #last: Promise<unknown> = Promise.resolve();
  readonly #serials: ZoneSerials;
  #apexes: readonly Apex[];
  #generation: number;
  #cluster: Cluster | undefined;
  #masters: readonly HostPort[] = [];
  #book = new AddressBook();
  readonly #hostNames = new HostNames();
  #basis: Basis | undefined;
  /** The content of each shard of the last build. */
  #contents: readonly ShardContent[] | undefined;

  constructor(options: ZoneBuilderOptions) {
    this.#options = options;
    this.#config = options.config;
    const { apexes, shards, generation, isLatest } = options.start;
    this.#serials = new ZoneSerials(shards ? apexes : [], isLatest);
    this.#apexes = apexes;
    this.#shards = shards;
    this.#generation = generation;
  }

  /** Sets the configuration for later builds. */
  configure(config: BuildConfig): void {
    this.#config = config;
  }

  /** The published records of the last build, task by task, as JSON text in chunks; `undefined` before the first build. */
  enumerate(): Generator<string> | undefined {
    return this.published && enumerate(this.published);
  }

  /** What the last build was made of; `undefined` before the first. */
  get published(): Published | undefined {
    if (!this.#basis) return undefined;
    const { facts, config, records } = this.#basis;
    return { facts, config, omitsStandby: (name) => records.omitsStandby(config.domain, name) };
  }

  /** The addresses of an agent's host, as of the last build. */
  addressesOf(host: string): readonly string[] {
    return this.#basis?.facts.resolve(host).map(({ text }) => text) ?? [];
  }

  /** The result of the last build, and its configuration; `undefined` before the first. */
  get built(): BuiltZone | undefined {
    const { seed } = this.#options;
    const [shards, basis] = [this.#shards, this.#basis];
    if (!shards || !basis) return undefined;
    const { config, facts } = basis;
    return { seed, apexes: this.#apexes, generation: this.#generation, shards, config, cluster: facts.cluster };
  }

  /** What the last build was based on; `undefined` before the first. */
  get basis(): Basis | undefined {
    return this.#basis;
  }

  /** The zones that were published last, as an update that has all of them; `undefined` before the first build. */
  get whole(): SnapshotUpdate | undefined {
    const { built } = this;
    if (!built) return undefined;
    const { seed, apexes, generation } = built;
    return { seed, apexes, generation, ready: true, shards: built.shards.map((memory, index) => [index, memory]) };
  }

  /**
   * Makes the records of the cluster whose zone was published before the first build, so that this build is a change of it. Publishes
   * nothing: without a master, nobody knows what has become of that cluster.
   */
  async prepare(cluster: Cluster): Promise<void> {
    await this.#inTurn(async () => {
      const resolved = await this.#resolve(cluster, []);
      this.#basis ??= this.#emitAnew(this.#config, cluster, resolved);
    });
  }

  /** Builds run one after the other: a build that waits for host names must not finish after a newer one. */
  build(cluster: Cluster, masters: readonly HostPort[]): Promise<Build> {
    return this.#inTurn(() => this.#build(cluster, masters));
  }

  /** Builds the last cluster again with the current configuration. Resolves to `undefined` before the first state. */
  rebuild(): Promise<Build | undefined> {
    return this.#inTurn(async () => this.#cluster && this.#build(this.#cluster, this.#masters));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #build(cluster: Cluster, masters: readonly HostPort[]): Promise<Build> {
    const { now } = this.#options;
    const started = now();
    this.#cluster = cluster;
    this.#masters = masters;
    const resolved = await this.#resolve(cluster, masters);
    const resolvedAt = now();
    const before = this.#basis;
    const basis = this.#emit(this.#config, cluster, resolved);
    const { records } = basis;
    const isWhole = records !== before?.records;
    const generatedAt = now();
    const built = this.#compile(records, isWhole);
    this.#basis = basis;
    const seconds = {
      resolve: (resolvedAt - started) / 1000,
      generate: (generatedAt - resolvedAt) / 1000,
      compile: (now() - generatedAt) / 1000,
    };
    const skipped = [...cluster.skipped, ...records.problems.values()];
    const { serial } = this.#apexes[0].soa;
    const { hidden, failedOpen } = records;
    return { ...built, serial, generation: this.#generation, skipped, hidden, failedOpen, isWhole, seconds };
  }

  #resolve(cluster: Cluster, masters: readonly HostPort[]): Promise<ReadonlyMap<string, readonly Address[]>> {
    return this.#options.hosts.resolve(this.#hostNames.of(cluster, masters, this.#book));
  }

  /** The records of the cluster: updates those of the last build, or emits all anew. */
  #emit(config: BuildConfig, cluster: Cluster, resolved: ReadonlyMap<string, readonly Address[]>): Basis {
    const basis = this.#basis;
    if (basis && differsInRecordsAlone(basis.config, config)) {
      const facts = this.#factsOf(config, cluster, resolved);
      if (basis.records.change(facts)) return { config, records: basis.records, facts };
    }
    return this.#emitAnew(config, cluster, resolved);
  }

  #emitAnew(config: BuildConfig, cluster: Cluster, resolved: ReadonlyMap<string, readonly Address[]>): Basis {
    // Only the compilation needs it, but until then there is enough to do.
    if (!this.#shards && tasksIn(cluster) >= MANY_TASKS) this.#options.helper?.prepare();
    // Start a new AddressBook too, to drop addresses that are no longer in use.
    this.#book = new AddressBook();
    const facts = this.#factsOf(config, cluster, resolved);
    const { seed, memory } = this.#options;
    const records = new ZoneRecords(viewsOf(config), seed, this.#basis?.records, memory);
    // The new records reuse its memory.
    this.#basis = undefined;
    records.fill(facts);
    return { config, records, facts };
  }

  #factsOf(config: BuildConfig, cluster: Cluster, resolved: ReadonlyMap<string, readonly Address[]>): ClusterFacts {
    const nameServers = this.#nameServersOf(config);
    const { IPSources: ipSources, records } = config;
    const health = this.#options.health?.();
    const masters = this.#masters;
    const addressesOf = (host: string) => {
      const literal = this.#book.parse(host);
      return (literal ? [literal] : (resolved.get(host) ?? [])).map(({ text }) => text);
    };
    const vips = this.#options.vips?.(cluster, addressesOf);
    const input = { cluster, masters, nameServers, resolved, ipSources, records, health, vips };
    const facts = new ClusterFacts(input, this.#book);
    const consul = this.#options.consul?.(facts, this.#options.ownAddresses(config.listener));
    return consul ? new ClusterFacts({ ...input, consul }, this.#book) : facts;
  }

  #nameServersOf(config: BuildConfig): FactsInput["nameServers"] {
    if (config.nameServers.length === 0) {
      return [{ name: config.SOAMname, addresses: this.#options.ownAddresses(config.listener) }];
    }
    return config.nameServers.map(({ name, addresses }) => {
      return { name, addresses: addresses.map(parseAddress).filter((address) => address !== undefined) };
    });
  }

  /** @param isWhole whether all records were emitted anew, so that their names have other numbers */
  #compile({ zones, contents }: ZoneRecords, isWhole: boolean): Pick<Build, "update" | "names" | "records"> {
    const { seed, pool, helper, wallClock } = this.#options;
    const generation = this.#generation + 1;
    const before = this.#shards;
    const touched = contents.map(({ records }) => records.changed.length > 0);
    const known = isWhole ? undefined : this.#contents;
    const compiled = compileZones(contents, {
      previous: before,
      contents: known,
      allocate: (words) => pool.take(words, generation),
      helper,
    });
    this.#contents = compiled.contents;
    const counts = { names: compiled.names, records: compiled.records };
    const changed = before && !known ? changedZones(before, compiled.shards, compiled.changed, seed) : undefined;
    const hasChanged = (zone: number) => compiled.changed.length > 0 && (changed?.has(zone) ?? touched[zone]);
    const apexes = this.#serials.next(zones, hasChanged, wallClock());
    if (!apexes && compiled.changed.length === 0) return { update: undefined, ...counts };
    for (const index of compiled.changed) if (before) pool.retire(before[index], generation);
    this.#shards = compiled.shards;
    this.#apexes = apexes ?? this.#apexes;
    this.#generation = generation;
    const shards = compiled.changed.map((index) => [index, compiled.shards[index]] as const);
    return { update: { generation, seed, apexes: this.#apexes, ready: true, shards }, ...counts };
  }
}

function tasksIn({ frameworks }: Cluster): number {
  return frameworks.reduce((sum, { tasks }) => sum + tasks.length, 0);
}

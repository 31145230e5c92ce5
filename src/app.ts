import { randomBytes, randomInt } from "node:crypto";
import type { Config } from "./config/config.js";
import { changedKeys } from "./config/reload.js";
import { MAX_MESSAGE } from "./dns/protocol.js";
import { type ForwardReport, mergeReports } from "./forward/report.js";
import { LiveAccount } from "./live-account.js";
import type { Logger, Verbosity } from "./log.js";
import { QueryStats } from "./metrics/query-stats.js";
import type { BuildReport, ServerStatus, StateFailure } from "./status.js";
import type { Pems } from "./transport/certificate.js";
import { HTTPS } from "./transport/channels.js";
import { Engine } from "./transport/engine.js";
import type { InheritedSocket } from "./transport/inherited.js";
import { createBuckets } from "./transport/rate-limiter.js";
import { PENDING } from "./transport/service.js";
import type { UdpPlan } from "./transport/udp.js";
import { BuilderHandle } from "./workers/builder-handle.js";
import type { FromBuilder } from "./workers/messages.js";
import { HTTPS_CACHE_SHARE, Responders } from "./workers/responders.js";
import { apexesOf } from "./zone/apexes.js";
import type { SavedZone } from "./zone/image.js";
import { Snapshot, type SnapshotUpdate } from "./zone/snapshot.js";
import { ZooKeeperAccount } from "./zookeeper-account.js";

export interface AppOptions {
  readonly config: Config;
  readonly pems: Pems;
  /** The zone that was saved last, to be served as stale until a master answers. */
  readonly restored: SavedZone | undefined;
  /** How datagrams are moved, and by how many threads. */
  readonly plan: UdpPlan;
  /** Sockets that whoever started this process has opened for it. */
  readonly sockets: readonly InheritedSocket[];
  readonly verbosity: Verbosity;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Called when a thread that answers is lost: the process cannot go on. */
  readonly onFatal: (error: Error) => void;
}

/** How often the age of the state is looked at. */
const AGE_CHECK_MS = 1_000;
const UINT32 = 2 ** 32;
const COOKIE_SECRET = 16;
const LOOP_TOKEN = 16;

/** The running server but for its HTTP side: wires the threads, and knows how they are. */
export class App {
  readonly #options: Omit<AppOptions, "config" | "restored">;
  readonly #log: Logger;
  readonly #startedAt: number;
  /** What the answering threads count, and last what DNS over HTTPS counts in this one. */
  readonly stats: readonly QueryStats[];
  readonly #httpsStats = new QueryStats();
  readonly #own = {
    cookies: Uint8Array.from(randomBytes(COOKIE_SECRET)),
    loopToken: randomBytes(LOOP_TOKEN).toString("hex"),
    buckets: createBuckets(randomInt(1, UINT32)),
  };
  readonly #overHttps: Engine;
  #config: Config;
  #snapshot: Snapshot;
  readonly #restoredFrom: number | undefined;
  readonly #seed: number;
  /** What was saved before the start, until the threads that need it have it. */
  #saved: { readonly update: SnapshotUpdate; readonly cluster: Uint8Array } | undefined;
  readonly #pinned: number[] = [];
  #responders: Responders | undefined;
  #builder: BuilderHandle | undefined;
  #dns: ServerStatus["dns"] = "off";
  #build: BuildReport | undefined;
  #failure: StateFailure | undefined;
  #fetches = 0;
  #failures: Record<string, number> = {};
  #stale = false;
  readonly #zookeeper: ZooKeeperAccount;
  readonly #live: LiveAccount;
  #ageTimer: NodeJS.Timeout | undefined;

  constructor(options: AppOptions) {
    const { config, restored, ...rest } = options;
    this.#options = rest;
    const answering = Array.from({ length: options.plan.threads }, () => new QueryStats());
    this.stats = [...answering, this.#httpsStats];
    this.#log = options.log;
    this.#config = options.config;
    this.#zookeeper = new ZooKeeperAccount(options.log);
    this.#live = new LiveAccount(options.log);
    this.#startedAt = options.wallClock();
    const apexes = apexesOf(config, Math.max(Math.floor(this.#startedAt / 1000), restored?.serial ?? 0));
    this.#restoredFrom = restored?.fetchedAt;
    this.#seed = restored?.seed ?? randomInt(1, UINT32);
    this.#saved = restored && { update: { ...updateOf(restored), apexes }, cluster: restored.origin };
    this.#snapshot = Snapshot.empty(apexes);
    if (this.#saved) this.#snapshot = this.#snapshot.with(this.#saved.update);
    this.#stale = restored !== undefined;
    this.#overHttps = new Engine({
      config: options.config,
      snapshot: this.#snapshot,
      stats: this.#httpsStats,
      log: options.log,
      own: this.#own,
      authorities: options.pems.resolverAuthorities,
      share: { cache: options.config.dnson ? HTTPS_CACHE_SHARE : 1 },
      isBranch: false,
    });
    this.#overHttps.answerer.stale = this.#stale;
  }

  /** What the threads that forward have told last. */
  get forwarding(): ForwardReport {
    const others = [...(this.#responders?.forwarding ?? [])];
    return others.reduce(mergeReports, this.#overHttps.report());
  }

  /** Forgets answers of resolvers; resolves to how many there were. @param name lower-case wire form as latin1 */
  async flushCache(name: string | undefined): Promise<number> {
    return this.#overHttps.flush(name) + ((await this.#responders?.flush(name)) ?? 0);
  }

  get config(): Config {
    return this.#config;
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  /**
   * The snapshot for somebody who reads it over more than one turn of the event loop; `release` is to be called, once,
   * when that is done: until then its memory is not used again.
   */
  pinSnapshot(): { readonly snapshot: Snapshot; readonly release: () => void } {
    const snapshot = this.#snapshot;
    this.#pinned.push(snapshot.generation);
    const release = () => {
      this.#pinned.splice(this.#pinned.indexOf(snapshot.generation), 1);
      this.#tellHeld();
    };
    return { snapshot, release };
  }

  get status(): ServerStatus {
    return {
      startedAt: this.#startedAt,
      dns: this.#dns,
      fetches: this.#fetches,
      failures: this.#failures,
      build: this.#build,
      restoredFrom: this.#restoredFrom,
      failure: this.#failure,
      stale: this.#stale,
      zookeeper: this.#config.zk === "" ? undefined : this.#zookeeper.status,
      live: this.#live.report,
      builderRestarts: this.#builder?.restarts ?? 0,
    };
  }

  /** Listens, then follows the cluster. Rejects with a `MesosDnsError` if the DNS listeners cannot be opened. */
  async start(): Promise<void> {
    if (this.#config.dnson) await this.#startResponders();
    this.#overHttps.start();
    this.#builder = new BuilderHandle({
      verbosity: this.#options.verbosity,
      log: this.#log,
      seed: this.#seed,
      startOf: () => {
        this.#live.restarted();
        const { serial } = this.#snapshot.zones[0].apex.soa;
        const savedCluster = this.#saved?.cluster;
        this.#saved = undefined;
        return { config: this.#config, serial, generation: this.#snapshot.generation, savedCluster };
      },
      responders: this.#responders,
      onMessage: (message) => this.#fromBuilder(message),
    });
    this.#builder.start();
    this.#ageTimer = setInterval(() => this.#checkAge(), AGE_CHECK_MS);
  }

  /** Applies what can change while running; the caller has checked that the rest is as it was. */
  configure(config: Config, pems: Pems): void {
    const { live } = changedKeys(this.#config, config);
    // The same path may hold a renewed certificate.
    this.#responders?.configure(config, pems);
    this.#overHttps.configure(config, pems.resolverAuthorities);
    if (live.length === 0) return;
    this.#config = config;
    this.#builder?.configure(config);
    this.#checkAge();
  }

  /** Answers a DNS message that came over HTTPS; nothing where it deserves no answer. @param address the client's */
  answerOverHttps(message: Uint8Array, address: string): Promise<Uint8Array | undefined> {
    const { service, clients } = this.#overHttps;
    return new Promise((resolve) => {
      const out = new Uint8Array(MAX_MESSAGE);
      service.begin();
      const size = service.handle(message, message.length, out, clients.of(address), HTTPS, () => resolve);
      service.end();
      if (size !== PENDING) resolve(size > 0 ? out.subarray(0, size) : undefined);
    });
  }

  /** `/v1/enumerate` as pieces of JSON text, each made when it is asked for. */
  enumerate(): AsyncIterable<string> {
    if (!this.#builder) throw new Error("the server has not been started");
    return this.#builder.enumerate();
  }

  /** Finishes answers in flight, at most a few seconds, and ends all threads. */
  async stop(): Promise<void> {
    clearInterval(this.#ageTimer);
    this.#overHttps.close();
    await Promise.all([this.#responders?.stop(), this.#builder?.stop()]);
  }

  async #startResponders(): Promise<void> {
    const { plan, sockets, verbosity, pems, onFatal } = this.#options;
    this.#dns = "starting";
    this.#responders = new Responders({
      start: {
        config: this.#config,
        verbosity,
        apexes: this.#snapshot.zones.map((zone) => zone.apex),
        own: this.#own,
        pems,
        plan,
        sockets,
      },
      stats: this.stats.slice(0, plan.threads),
      onLost: (error) => {
        this.#dns = "failed";
        onFatal(error);
      },
    });
    try {
      await this.#responders.start(this.#saved?.update);
      this.#dns = "listening";
    } catch (error) {
      this.#dns = "failed";
      throw error;
    }
  }

  #fromBuilder(message: Exclude<FromBuilder, { kind: "piece" }>): void {
    if (message.kind === "zookeeper") this.#zookeeper.note(message.news, this.#config.masters.length > 0);
    else if (message.kind === "live") this.#live.note(message.report);
    else if (message.kind === "failure") this.#noteFailure(message.failure);
    else {
      if (message.update) {
        this.#snapshot = this.#snapshot.with(message.update);
        this.#overHttps.answerer.use(this.#snapshot);
        this.#tellHeld();
      }
      if (message.fetched) this.#noteFetch(message.report);
      this.#noteBuild(message.report);
    }
    this.#checkAge();
  }

  #tellHeld(): void {
    this.#builder?.holding([this.#snapshot.generation, ...this.#pinned]);
  }

  #noteFetch({ leader }: BuildReport): void {
    this.#fetches++;
    const before = this.#build?.leader;
    if (this.#failure) this.#log.info({ leader }, "the Mesos state can be fetched again");
    else if (before !== undefined && before !== leader) this.#log.info({ leader, before }, "new leading master");
    this.#failure = undefined;
  }

  #noteBuild(report: BuildReport): void {
    const before = this.#build;
    const { leader, names, records, tasks, serial } = report;
    if (!before) this.#log.info({ leader, names, records, tasks, serial }, "serving the cluster's names");
    else if (before.generation !== report.generation) {
      this.#log.debug({ names, records, tasks, serial, seconds: report.seconds }, "the zone changed");
    }
    this.#build = report;
  }

  #noteFailure(failure: StateFailure): void {
    this.#failures[failure.code] = (this.#failures[failure.code] ?? 0) + 1;
    if (this.#failure?.code !== failure.code || this.#failure.message !== failure.message) {
      const consequence = this.#build ? "the last good zone is served" : "there is no zone to serve yet";
      this.#log.error({ code: failure.code }, `cannot get the Mesos state, ${consequence}: ${failure.message}`);
    }
    this.#failure = failure;
  }

  #checkAge(): void {
    const limit = this.#config.stateMaxAgeSeconds;
    const now = this.#options.wallClock();
    const age = (now - (this.#build?.fetchedAt ?? this.#restoredFrom ?? now)) / 1000;
    const stale = this.#build ? limit > 0 && age > limit : this.#restoredFrom !== undefined;
    if (stale === this.#stale) return;
    this.#stale = stale;
    this.#responders?.setStale(stale);
    this.#overHttps.answerer.stale = stale;
    if (stale) this.#log.warn({ age: Math.round(age), limit }, "the Mesos state is too old; it is served as stale");
    else this.#log.info("the Mesos state is fresh again");
  }
}

/** All of a saved zone, as the first generation. */
function updateOf({ seed, shards }: SavedZone): Omit<SnapshotUpdate, "apexes"> {
  return { generation: 1, seed, ready: true, shards: shards.map((memory, index) => [index, memory] as const) };
}

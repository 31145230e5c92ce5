import { randomBytes, randomInt } from "node:crypto";
import { Request } from "../answer/request.js";
import type { Logger, Verbosity } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import { keepsCatalog } from "../config/catalog.js";
import type { Config } from "../config/config.js";
import { changedKeys } from "../config/reload.js";
import { type ForwardReport, mergeReports } from "../forward/report.js";
import { CatalogBoard } from "../http/catalog/board.js";
import { HTTPS } from "../serving/channels.js";
import { processClock } from "../serving/clock.js";
import { QueryStats } from "../serving/query-stats.js";
import { createBuckets } from "../serving/rate-limiter.js";
import { PENDING } from "../serving/service.js";
import { DnsStack } from "../serving/stack.js";
import { LiveLog } from "../status/live-log.js";
import { StateLog } from "../status/state-log.js";
import type { ServerStatus } from "../status/status.js";
import { ZooKeeperLog } from "../status/zookeeper-log.js";
import { BuilderHandle, spawnBuilder } from "../threads/builder-handle.js";
import type { FromBuilder } from "../threads/messages.js";
import { HTTPS_CACHE_SHARE, Responders } from "../threads/responders.js";
import type { Certificates } from "../transport/certificate.js";
import type { InheritedSocket } from "../transport/inherited.js";
import type { UdpPlan } from "../transport/udp.js";
import { MAX_MESSAGE } from "../wire/protocol.js";
import { apexesOf } from "../zone/apexes.js";
import { type SavedZone, updateOf } from "../zone/image.js";
import { Snapshot, type SnapshotUpdate } from "../zone/snapshot.js";
import { isInUse, listenBeside } from "./take-over.js";

export interface AppOptions {
  readonly config: Config;
  readonly certificates: Certificates;
  /** The zone that was saved last, to be served as stale until a master answers. */
  readonly restored: SavedZone | undefined;
  /** How datagrams are moved, and by how many threads. */
  readonly plan: UdpPlan;
  /** Sockets that whoever started this process has opened for it. */
  readonly sockets: readonly InheritedSocket[];
  /** Whether to take the place of another process that has the addresses. */
  readonly takeOver: boolean;
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
  /** The catalogue of services, where one is kept. */
  readonly catalog: CatalogBoard;
  readonly #httpsStats = new QueryStats();
  readonly #own = {
    cookies: Uint8Array.from(randomBytes(COOKIE_SECRET)),
    loopToken: randomBytes(LOOP_TOKEN).toString("hex"),
    buckets: createBuckets(randomInt(1, UINT32)),
  };
  readonly #overHttps: DnsStack;
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
  readonly #state: StateLog;
  #stale = false;
  readonly #zookeeper: ZooKeeperLog;
  readonly #live: LiveLog;
  #ageTimer: NodeJS.Timeout | undefined;
  #stopping = false;
  /** Settles when there is a zone that another process's clients can be answered from. */
  readonly #hasZone: Promise<void>;
  #zoneCame: () => void = () => undefined;

  constructor(options: AppOptions) {
    const { config, restored, ...rest } = options;
    this.#options = rest;
    this.#hasZone = new Promise((resolve) => {
      this.#zoneCame = resolve;
    });
    const answering = Array.from({ length: options.plan.threads }, () => new QueryStats());
    this.stats = [...answering, this.#httpsStats];
    this.#log = options.log;
    this.#config = options.config;
    this.catalog = new CatalogBoard(keepsCatalog(config));
    this.#state = new StateLog(options.log);
    this.#zookeeper = new ZooKeeperLog(options.log);
    this.#live = new LiveLog(options.log);
    this.#startedAt = options.wallClock();
    const apexes = apexesOf(config, Math.max(Math.floor(this.#startedAt / 1000), restored?.serial ?? 0));
    this.#restoredFrom = restored?.fetchedAt;
    this.#seed = restored?.seed ?? randomInt(1, UINT32);
    this.#saved = restored && { update: { ...updateOf(restored), apexes }, cluster: restored.origin };
    this.#snapshot = Snapshot.empty(apexes);
    if (this.#saved) this.#snapshot = this.#snapshot.with(this.#saved.update);
    this.#stale = restored !== undefined;
    this.#overHttps = new DnsStack({
      config: options.config,
      snapshot: this.#snapshot,
      stats: this.#httpsStats,
      log: options.log,
      own: this.#own,
      authorities: options.certificates.resolverAuthorities,
      share: { cache: options.config.dnson ? HTTPS_CACHE_SHARE : 1 },
      isBranch: false,
      clock: processClock,
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
      ...this.#state.status,
      restoredFrom: this.#restoredFrom,
      stale: this.#stale,
      zookeeper: this.#config.zk === "" ? undefined : this.#zookeeper.status,
      live: this.#live.report,
      builderRestarts: this.#builder?.restarts ?? 0,
    };
  }

  /**
   * Listens, then follows the cluster; the other way round where another process answers meanwhile. Rejects with a `MesosDnsError`
   * if the DNS listeners cannot be opened.
   */
  async start(): Promise<void> {
    if (!this.#config.dnson) return this.#follow();
    const { plan, takeOver } = this.#options;
    const responders = this.#createResponders();
    this.#responders = responders;
    const isBeside = await isInUse(() => responders.claim(), takeOver && plan.engine === "batch");
    if (this.#stopping) return;
    if (!isBeside) await this.#listen(responders);
    if (this.#stopping) return;
    this.#follow();
    if (!isBeside) return;
    this.#log.info("another process has these ports; this one opens them as well as soon as it has a zone");
    await this.#hasZone;
    if (this.#stopping) return;
    await this.#listen(responders);
    this.#log.info("both processes answer; now stop the other one with SIGTERM");
  }

  #follow(): void {
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
        return {
          config: this.#config,
          serial,
          generation: this.#snapshot.generation,
          savedCluster,
          catalogIndex: this.catalog.index,
        };
      },
      responders: this.#responders,
      onMessage: (message) => this.#fromBuilder(message),
      timers: systemTimers,
      spawn: spawnBuilder,
    });
    this.#builder.start();
    this.#ageTimer = setInterval(() => this.#checkAge(), AGE_CHECK_MS);
  }

  /** Applies what can change while running; the caller has checked that the rest is as it was. */
  configure(config: Config, certificates: Certificates): void {
    const { live } = changedKeys(this.#config, config);
    // The same path may hold a renewed certificate.
    this.#responders?.configure(config, certificates);
    this.#overHttps.configure(config, certificates.resolverAuthorities);
    if (live.length === 0) return;
    this.#config = config;
    this.catalog.configure(keepsCatalog(config));
    this.#builder?.configure(config);
    this.#checkAge();
  }

  /** Whether it has been told to stop. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** Answers a DNS message that came over HTTPS; nothing where it deserves no answer. @param address the client's */
  answerOverHttps(message: Uint8Array, address: string): Promise<Uint8Array | undefined> {
    const { service, clients } = this.#overHttps;
    return new Promise((resolve) => {
      const request = new Request(HTTPS, new Uint8Array(MAX_MESSAGE));
      request.set(message, message.length, clients.of(address));
      service.begin();
      const size = service.handle(request, () => resolve);
      service.end();
      if (size !== PENDING) resolve(size > 0 ? request.out.subarray(0, size) : undefined);
    });
  }

  /** `/v1/enumerate` as pieces of JSON text, each made when it is asked for. */
  enumerate(): AsyncIterable<string> {
    if (!this.#builder) throw new Error("the server has not been started");
    return this.#builder.enumerate();
  }

  /** Finishes answers in flight, at most a few seconds, and ends all threads. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#ageTimer);
    this.#overHttps.close();
    await Promise.all([this.#responders?.stop(), this.#builder?.stop()]);
  }

  #createResponders(): Responders {
    const { plan, sockets, verbosity, certificates, onFatal } = this.#options;
    this.#dns = "starting";
    const start = {
      config: this.#config,
      verbosity,
      apexes: this.#snapshot.zones.map((zone) => zone.apex),
      own: this.#own,
      certificates,
      plan,
      sockets,
    };
    const onLost = (error: Error) => {
      this.#dns = "failed";
      onFatal(error);
    };
    const stats = this.stats.slice(0, plan.threads);
    return new Responders({ start, stats, onLost, log: this.#log }, this.#saved?.update);
  }

  async #listen(responders: Responders): Promise<void> {
    const listen = () => responders.listen(this.#snapshot.generation);
    try {
      await (this.#options.takeOver ? listenBeside(listen) : listen());
      this.#dns = "listening";
    } catch (error) {
      this.#dns = "failed";
      throw error;
    }
  }

  #fromBuilder(message: Exclude<FromBuilder, { kind: "piece" }>): void {
    if (message.kind === "zookeeper") this.#zookeeper.note(message.news, this.#config.masters.length > 0);
    else if (message.kind === "catalog") this.catalog.take(message.piece);
    else if (message.kind === "live") this.#live.note(message.report);
    else if (message.kind === "failure") {
      this.#state.noteFailure(message.failure);
      // An old zone is better than a process that cannot be replaced.
      if (this.#restoredFrom !== undefined) this.#zoneCame();
    } else {
      if (message.update) {
        this.#snapshot = this.#snapshot.with(message.update);
        this.#overHttps.answerer.use(this.#snapshot);
        this.#tellHeld();
      }
      this.#state.noteBuild(message.report, message.fetched);
      this.#zoneCame();
    }
    this.#checkAge();
  }

  #tellHeld(): void {
    this.#builder?.reading(this.#snapshot.generation, this.#pinned);
  }

  #checkAge(): void {
    const { build } = this.#state;
    const limit = this.#config.stateMaxAgeSeconds;
    const now = this.#options.wallClock();
    const age = (now - (build?.fetchedAt ?? this.#restoredFrom ?? now)) / 1000;
    const stale = build ? limit > 0 && age > limit : this.#restoredFrom !== undefined;
    if (stale === this.#stale) return;
    this.#stale = stale;
    this.#responders?.setStale(stale);
    this.#overHttps.answerer.stale = stale;
    if (stale) this.#log.warn({ age: Math.round(age), limit }, "the Mesos state is too old; it is served as stale");
    else this.#log.info("the Mesos state is fresh again");
  }
}

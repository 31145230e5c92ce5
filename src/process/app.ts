import { randomBytes, randomInt } from "node:crypto";
import type { Logger, Verbosity } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import { keepsCatalog } from "../config/catalog.js";
import type { Config } from "../config/config.js";
import { changedKeys } from "../config/reload.js";
import { type ForwardReport, mergeReports } from "../forward/report.js";
import { CatalogBoard } from "../http/catalog/board.js";
import { QueryStats } from "../serving/query-stats.js";
import { createBuckets } from "../serving/rate-limiter.js";
import type { OwnSecrets } from "../serving/stack.js";
import { ClusterLog } from "../status/cluster-log.js";
import type { ServerStatus } from "../status/status.js";
import { BuilderHandle, spawnBuilder } from "../threads/builder-handle.js";
import type { FromBuilder } from "../threads/messages.js";
import { HTTPS_CACHE_SHARE, Responders } from "../threads/responders.js";
import type { Certificates } from "../transport/certificate.js";
import type { InheritedSocket } from "../transport/inherited.js";
import type { UdpPlan } from "../transport/udp.js";
import { viewsOf, zonesOf } from "../views/views.js";
import type { TsigKey } from "../wire/tsig.js";
import { type Apex, apexesOf } from "../zone/apex.js";
import { type SavedZone, updateOf } from "../zone/image.js";
import { Snapshot, type SnapshotUpdate } from "../zone/snapshot.js";
import { CurrentZone } from "./current-zone.js";
import { DnsListening } from "./dns-listening.js";
import { HttpsDns } from "./https-dns.js";

export interface AppOptions {
  readonly config: Config;
  readonly certificates: Certificates;
  readonly tsigKeys: readonly TsigKey[];
  /** The zone that was saved last. It is served as stale until a master answers. */
  readonly restored: SavedZone | undefined;
  /** The UDP engine, and the number of DNS threads. */
  readonly plan: UdpPlan;
  /** Sockets that systemd has opened for this process. */
  readonly sockets: readonly InheritedSocket[];
  /** Whether to replace another process that has the addresses. */
  readonly takeOver: boolean;
  readonly verbosity: Verbosity;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Called when a responder has ended by itself: the process cannot go on. */
  readonly onFatal: (error: Error) => void;
}

/** How often the age of the state is checked. */
const AGE_CHECK_MS = 1_000;
const UINT32 = 2 ** 32;
const COOKIE_SECRET = 16;
const LOOP_TOKEN = 16;

/** The running server without its HTTP side: connects the threads, and passes on to each what it needs. */
export class App {
  readonly #options: Omit<AppOptions, "config" | "restored">;
  readonly #startedAt: number;
  readonly zone: CurrentZone;
  readonly https: HttpsDns;
  /** The catalogue of services; its state is `off` if none is kept. */
  readonly catalog: CatalogBoard;
  readonly #cluster: ClusterLog;
  readonly #responders: Responders | undefined;
  readonly #listening: DnsListening | undefined;
  readonly #builder: BuilderHandle;
  /** The counters of each responder, followed by those of DNS over HTTPS in this thread. */
  readonly stats: readonly QueryStats[];
  #config: Config;
  #cancelAgeCheck: () => void = () => {};
  #stopping = false;
  /** Resolves when there is a zone from which the clients of the replaced process can be answered. */
  readonly #hasZone: Promise<void>;
  #zoneCame: () => void = () => undefined;

  constructor(options: AppOptions) {
    const { config, restored, ...rest } = options;
    const { plan, log, wallClock, certificates, tsigKeys } = rest;
    this.#options = rest;
    this.#config = config;
    this.#startedAt = wallClock();
    this.#hasZone = new Promise((resolve) => {
      this.#zoneCame = resolve;
    });
    this.#cluster = new ClusterLog(log);
    this.catalog = new CatalogBoard(keepsCatalog(config));
    const serial = Math.max(Math.floor(this.#startedAt / 1000), restored?.serial ?? 0);
    const apexes = apexesOf(zonesOf(viewsOf(config)), serial);
    const saved = restored && { ...updateOf(restored), apexes };
    this.zone = this.#zoneOf(apexes, saved, restored?.fetchedAt);
    const own = ownSecrets();
    const answering = config.dnson ? Array.from({ length: plan.threads }, () => new QueryStats()) : [];
    const { snapshot } = this.zone;
    const share = { cache: config.dnson ? HTTPS_CACHE_SHARE : 1 };
    const authorities = certificates.resolverAuthorities;
    this.https = new HttpsDns({ config, snapshot, log, own, authorities, tsigKeys, share });
    this.https.stack.answerer.stale = this.zone.stale;
    this.stats = [...answering, this.https.stats];
    this.#responders = config.dnson ? this.#createResponders(own, answering, saved) : undefined;
    this.#listening = this.#responders && this.#listeningOf(this.#responders);
    this.#builder = this.#createBuilder(restored?.seed ?? randomInt(1, UINT32), restored?.origin);
  }

  get config(): Config {
    return this.#config;
  }

  /** Whether stop() has been called. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** The combined reports of all threads that forward. */
  get forwarding(): ForwardReport {
    const others = [...(this.#responders?.forwarding ?? [])];
    return others.reduce(mergeReports, this.https.stack.report());
  }

  get status(): ServerStatus {
    return {
      startedAt: this.#startedAt,
      dns: this.#listening?.status ?? "off",
      restoredFrom: this.zone.restoredFrom,
      stale: this.zone.stale,
      builderRestarts: this.#builder.restarts,
      ...this.#cluster.status(this.#config.zk !== ""),
    };
  }

  /** Opens the DNS listeners and follows the cluster. Rejects with a `MesosDnsError` if the listeners cannot be opened. */
  async start(): Promise<void> {
    if (this.#listening) await this.#listening.start(() => this.#follow(), this.#hasZone);
    else this.#follow();
  }

  /** Applies a configuration whose other keys, which need a restart, are unchanged. The caller ensures that. */
  configure(config: Config, certificates: Certificates, tsigKeys: readonly TsigKey[]): void {
    const { live } = changedKeys(this.#config, config);
    // The same path may hold a renewed certificate, or another key.
    this.#responders?.configure(config, certificates, tsigKeys);
    this.https.stack.configure(config, certificates.resolverAuthorities, tsigKeys);
    if (live.length === 0) return;
    this.#config = config;
    this.catalog.configure(keepsCatalog(config));
    this.#builder.configure(config);
    this.#checkAge();
  }

  /**
   * Flushes cached answers of upstreams, all or those for one name. Resolves to their number.
   * @param name lower-case wire form as latin1
   */
  async flushCache(name: string | undefined): Promise<number> {
    return this.https.stack.flush(name) + ((await this.#responders?.flush(name)) ?? 0);
  }

  /** The JSON text of `/v1/enumerate` in pieces. Each is made only when it is read. */
  enumerate(): AsyncIterable<string> {
    return this.#builder.enumerate();
  }

  /** Finishes responses in progress, for at most a few seconds, and ends all threads. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancelAgeCheck();
    this.https.stack.close();
    await Promise.all([this.#responders?.stop(), this.#builder.stop()]);
  }

  #zoneOf(apexes: readonly Apex[], saved: SnapshotUpdate | undefined, restoredFrom: number | undefined): CurrentZone {
    const { log, wallClock } = this.#options;
    const empty = Snapshot.empty(apexes);
    return new CurrentZone({
      snapshot: saved ? empty.with(saved) : empty,
      restoredFrom,
      log,
      wallClock,
      onReading: (generation, pinned) => this.#builder.reading(generation, pinned),
      onStale: (stale) => {
        this.#responders?.setStale(stale);
        this.https.stack.answerer.stale = stale;
      },
    });
  }

  #createResponders(own: OwnSecrets, stats: readonly QueryStats[], restored: SnapshotUpdate | undefined): Responders {
    const { plan, sockets, verbosity, certificates, tsigKeys, log, onFatal } = this.#options;
    const apexes = this.zone.snapshot.zones.map(({ apex }) => apex);
    const start = { config: this.#config, verbosity, apexes, own, certificates, tsigKeys, plan, sockets };
    const onLost = (error: Error) => {
      if (this.#listening) this.#listening.status = "failed";
      onFatal(error);
    };
    return new Responders({ start, stats, onLost, log }, restored);
  }

  #listeningOf(responders: Responders): DnsListening {
    const { plan, takeOver, log } = this.#options;
    return new DnsListening({
      responders,
      takeOver,
      mayShare: plan.engine === "batch",
      log,
      generation: () => this.zone.snapshot.generation,
      isStopping: () => this.#stopping,
    });
  }

  /** @param savedCluster the cluster that was saved with the zone, as text; only the first builder gets it */
  #createBuilder(seed: number, savedCluster: Uint8Array | undefined): BuilderHandle {
    let saved = savedCluster;
    return new BuilderHandle({
      verbosity: this.#options.verbosity,
      log: this.#options.log,
      seed,
      startOf: () => {
        this.#cluster.restarted();
        const { serial, generation } = this.zone.snapshot;
        const catalogIndex = this.catalog.index;
        const start = { config: this.#config, serial, generation, savedCluster: saved, catalogIndex };
        saved = undefined;
        return start;
      },
      responders: this.#responders,
      onMessage: (message) => this.#fromBuilder(message),
      timers: systemTimers,
      spawn: spawnBuilder,
    });
  }

  #follow(): void {
    this.https.stack.start();
    this.#builder.start();
    const look = () => {
      this.#checkAge();
      this.#cancelAgeCheck = systemTimers.after(AGE_CHECK_MS, look);
    };
    this.#cancelAgeCheck = systemTimers.after(AGE_CHECK_MS, look);
  }

  #fromBuilder(message: Exclude<FromBuilder, { kind: "piece" }>): void {
    if (message.kind === "catalog") {
      this.catalog.take(message.piece);
      return;
    }
    if (message.kind === "built") {
      this.zone.built(message.update, message.report.fetchedAt);
      if (message.update) this.https.stack.answerer.use(this.zone.snapshot);
      this.#zoneCame();
    }
    // If no master answers, take over with the saved zone: an old zone is better than a process that cannot be replaced.
    if (message.kind === "failure" && this.zone.restoredFrom !== undefined) this.#zoneCame();
    this.#cluster.note(message, this.#config.masters.length > 0);
    this.#checkAge();
  }

  #checkAge(): void {
    this.zone.checkAge(this.#config.stateMaxAgeSeconds);
  }
}

/** Secrets that only the threads of this process share. */
function ownSecrets(): OwnSecrets {
  return {
    cookies: Uint8Array.from(randomBytes(COOKIE_SECRET)),
    loopToken: randomBytes(LOOP_TOKEN).toString("hex"),
    buckets: createBuckets(randomInt(1, UINT32)),
  };
}

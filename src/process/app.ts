import { randomInt } from "node:crypto";
import type { MessagePort } from "node:worker_threads";
import { systemTimers } from "../base/timers.js";
import type { Config } from "../config/config.js";
import { checkedValuesOf } from "../config/health-rules.js";
import { changedKeys } from "../config/reload.js";
import { type ForwardReport, mergeReports } from "../forward/report.js";
import { QueryStats } from "../serving/query-stats.js";
import type { OwnSecrets } from "../serving/stack.js";
import { ClusterLog } from "../status/cluster-log.js";
import type { ServerStatus } from "../status/status.js";
import { BuilderHandle } from "../threads/builder-handle.js";
import { isNewToBuilder } from "../threads/builder-keys.js";
import type { ClusterMessage, FromBuilder } from "../threads/messages.js";
import { HTTPS_CACHE_SHARE, Responders } from "../threads/responders.js";
import type { TransferNumbers } from "../transfer/report.js";
import type { Certificates } from "../transport/certificate.js";
import { viewsOf, zonesOf } from "../views/views.js";
import type { TsigKey } from "../wire/tsig.js";
import { type Apex, apexesOf } from "../zone/apex.js";
import { updateOf, type ZoneImage } from "../zone/image.js";
import { firstSerial } from "../zone/serial.js";
import { Snapshot } from "../zone/snapshot.js";
import { apexesOfSaved } from "../zone/zone-serials.js";
import type { AppOptions } from "./app-options.js";
import { Boards } from "./boards.js";
import { CurrentZone } from "./current-zone.js";
import { DnsListening } from "./dns-listening.js";
import { Explaining } from "./explaining.js";
import { HealthChecking } from "./health-checking.js";
import { HttpsDns } from "./https-dns.js";
import { MasterFiles } from "./master-files.js";
import { ownSecrets } from "./own-secrets.js";
import { ZoneTransfers } from "./zone-transfers.js";

/** How often the age of the state is checked. */
const AGE_CHECK_MS = 1_000;
const UINT32 = 2 ** 32;

/** The running server without its HTTP side: connects the threads, and passes on to each what it needs. */
export class App {
  readonly #options: Omit<AppOptions, "config">;
  readonly #startedAt: number;
  readonly zone: CurrentZone;
  readonly https: HttpsDns;
  readonly boards: Boards;
  readonly #cluster: ClusterLog;
  /** Those who answer; `undefined` if DNS is not served. */
  readonly responders: Responders | undefined;
  readonly #listening: DnsListening | undefined;
  readonly #builder: BuilderHandle;
  readonly #transfers: ZoneTransfers | undefined;
  readonly explaining: Explaining;
  readonly health: HealthChecking;
  /** The counters of each responder, followed by those of DNS over HTTPS in this thread. */
  readonly stats: readonly QueryStats[];
  #config: Config;
  readonly #masterFiles: MasterFiles;
  /** Seed of the name hash. */
  #seed = randomInt(1, UINT32);
  /** Whether no zone can have been published that is newer than the saved one. */
  #isLatest = false;
  #cancelAgeCheck: () => void = () => {};
  #stopping = false;
  /** Resolves when there is a zone from which the clients of the replaced process can be answered. */
  readonly #hasZone: Promise<void>;
  #zoneCame: () => void = () => undefined;
  /** Resolves when the builder has been told to follow the cluster. */
  readonly following: Promise<void>;
  #followed: () => void = () => undefined;

  constructor(options: AppOptions) {
    const { config, ...rest } = options;
    const { plan, log, wallClock, certificates, tsigKeys } = rest;
    this.#options = rest;
    this.#config = config;
    this.#masterFiles = new MasterFiles(config);
    this.#startedAt = wallClock();
    this.#hasZone = new Promise((resolve) => {
      this.#zoneCame = resolve;
    });
    this.following = new Promise((resolve) => {
      this.#followed = resolve;
    });
    this.#cluster = new ClusterLog(log);
    this.boards = new Boards(config, () => this.#builder.consulTaken());
    this.zone = this.#zoneOf(apexesOf(zonesOf(viewsOf(config)), firstSerial(this.#startedAt)));
    const own = ownSecrets();
    const answering = config.dnson ? Array.from({ length: plan.threads }, () => new QueryStats()) : [];
    const { snapshot } = this.zone;
    const share = { cache: config.dnson ? HTTPS_CACHE_SHARE : 1 };
    const authorities = certificates.resolverAuthorities;
    this.https = new HttpsDns({ config, snapshot, log, own, authorities, tsigKeys, share });
    this.stats = [...answering, this.https.stats];
    this.responders = config.dnson ? this.#createResponders(own, answering) : undefined;
    this.#listening = this.responders && this.#listeningOf(this.responders);
    this.#transfers = this.responders && this.#transfersOf(this.responders);
    const onUnhealthy = (instances: readonly string[]) => this.#builder.unhealthy(instances);
    this.health = new HealthChecking(
      { log, verbosity: rest.verbosity, onUnhealthy },
      config,
      checkedValuesOf(config.records),
    );
    this.#builder = this.#createBuilder();
    this.explaining = new Explaining(this, wallClock);
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
    const others = [...(this.responders?.forwarding ?? [])];
    return others.reduce(mergeReports, this.https.stack.report());
  }

  /** What there is to see of zone transfers; `undefined` while zones are not transferred. */
  get transfers(): TransferNumbers | undefined {
    return this.#transfers?.report;
  }

  get status(): ServerStatus {
    return {
      startedAt: this.#startedAt,
      dns: this.#listening?.status ?? "off",
      restoredFrom: this.zone.restoredFrom,
      stale: this.zone.stale,
      recordsFile: this.#options.recordsFile(),
      builderRestarts: this.#builder.restarts,
      ...this.#cluster.status(this.#config.zk !== ""),
    };
  }

  /** Serves the zone that was saved last, as stale, until a master answers. Call this before start(). */
  restore(saved: ZoneImage): void {
    const zones = zonesOf(viewsOf(this.#config));
    const update = { ...updateOf(saved), apexes: apexesOfSaved(saved.apexes, zones, this.#startedAt) };
    this.#isLatest = saved.isLast;
    this.#seed = saved.seed;
    this.responders?.restore(update);
    this.zone.restore(update, saved.fetchedAt);
    this.https.stack.answerer.use(this.zone.snapshot);
  }

  /** Opens the DNS listeners and follows the cluster. Rejects with a `MesosDnsError` if the listeners cannot be opened. */
  async start(): Promise<void> {
    if (this.#listening) await this.#listening.start(() => this.#follow(), this.#hasZone);
    else this.#follow();
  }

  /** Applies a configuration whose other keys, which need a restart, are unchanged. The caller ensures that. */
  configure(config: Config, certificates: Certificates, tsigKeys: readonly TsigKey[]): void {
    // The same path may hold a renewed certificate, or another key.
    this.responders?.configure(config, certificates, tsigKeys);
    this.https.stack.configure(config, certificates.resolverAuthorities, tsigKeys);
    void this.#transfers?.configure(config, tsigKeys);
    const isBuilt = this.#masterFiles.haveChanged(config) || isNewToBuilder(this.#config, config);
    if (!isBuilt && changedKeys(this.#config, config).live.length === 0) return;
    this.#config = config;
    this.boards.configure(config);
    if (isBuilt) this.#builder.configure(config);
    void this.health.configure(config, checkedValuesOf(config.records));
    this.#checkAge();
  }

  /**
   * Flushes cached answers of upstreams, all or those for one name. Resolves to their number.
   * @param name lower-case wire form as latin1
   */
  async flushCache(name: string | undefined): Promise<number> {
    return this.https.stack.flush(name) + ((await this.responders?.flush(name)) ?? 0);
  }

  /** What others ask of it themselves. */
  get builder(): Pick<BuilderHandle, "enumerate" | "explain" | "followConsole"> {
    return this.#builder;
  }

  /** Finishes responses in progress, for at most a few seconds, and ends all threads. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancelAgeCheck();
    this.https.stack.close();
    await Promise.all([this.responders?.stop(), this.#builder.stop()]);
    await Promise.all([this.#transfers?.stop(), this.health.stop()]);
  }

  #zoneOf(apexes: readonly Apex[]): CurrentZone {
    const { log, wallClock } = this.#options;
    return new CurrentZone({
      snapshot: Snapshot.empty(apexes),
      log,
      wallClock,
      onReading: (generation, pinned) => this.#builder.reading(generation, pinned),
      onStale: (stale) => {
        this.responders?.setStale(stale);
        this.https.stack.answerer.stale = stale;
      },
    });
  }

  #createResponders(own: OwnSecrets, stats: readonly QueryStats[]): Responders {
    const { plan, sockets, verbosity, certificates, tsigKeys, log, onFatal } = this.#options;
    const apexes = this.zone.snapshot.zones.map(({ apex }) => apex);
    const start = { config: this.#config, verbosity, apexes, own, certificates, tsigKeys, plan, sockets };
    const onLost = (error: Error) => {
      if (this.#listening) this.#listening.status = "failed";
      onFatal(error);
    };
    return new Responders({ start, stats, onLost, log });
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

  #transfersOf(responders: Responders): ZoneTransfers {
    const { log, verbosity, tsigKeys } = this.#options;
    const current = () => this.zone.snapshot.whole;
    const addReader = (port: MessagePort) => this.#builder.addReader(port);
    const isLatest = () => this.#isLatest && this.zone.isRestored;
    return new ZoneTransfers({ responders, current, isLatest, addReader, log, verbosity }, this.#config, tsigKeys);
  }

  #createBuilder(): BuilderHandle {
    let isFirst = true;
    return new BuilderHandle({
      verbosity: this.#options.verbosity,
      log: this.#options.log,
      startOf: () => {
        this.#cluster.restarted();
        const isLatest = isFirst && this.#isLatest;
        // A later builder would go on from a cluster that is older than its zone.
        const isRestored = isFirst && this.zone.restoredFrom !== undefined;
        isFirst = false;
        return {
          config: this.#config,
          seed: this.#seed,
          current: this.zone.snapshot.whole,
          isLatest,
          isRestored,
          ...this.boards.indexes,
          unhealthy: this.health.unhealthy,
        };
      },
      readers: () => [...(this.responders?.connect() ?? []), ...(this.#transfers?.readers() ?? [])],
      onMessage: (message) => this.#fromBuilder(message),
      timers: systemTimers,
      spawn: this.#options.spawnBuilder,
    });
  }

  #follow(): void {
    this.#transfers?.start();
    this.#builder.start();
    this.health.start();
    this.#followed();
    this.https.stack.start();
    const look = () => {
      this.#checkAge();
      this.#cancelAgeCheck = systemTimers.after(AGE_CHECK_MS, look);
    };
    this.#cancelAgeCheck = systemTimers.after(AGE_CHECK_MS, look);
  }

  #fromBuilder(message: Exclude<FromBuilder, { kind: "piece" | "explained" }>): void {
    if (message.kind === "catalog" || message.kind === "vips" || message.kind === "consul") this.boards.take(message);
    else this.#noteCluster(message);
  }

  #noteCluster(message: ClusterMessage): void {
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

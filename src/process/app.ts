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
import { type Apex, apexesOf } from "../zone/apex.js";
import { type SavedZone, updateOf } from "../zone/image.js";
import { Snapshot, type SnapshotUpdate } from "../zone/snapshot.js";
import { CurrentZone } from "./current-zone.js";
import { DnsListening } from "./dns-listening.js";
import { HttpsDns } from "./https-dns.js";

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

/** The running server but for its HTTP side: wires the threads, and tells each what it has to know. */
export class App {
  readonly #options: Omit<AppOptions, "config" | "restored">;
  readonly #startedAt: number;
  readonly zone: CurrentZone;
  readonly https: HttpsDns;
  /** The catalogue of services, where one is kept. */
  readonly catalog: CatalogBoard;
  readonly #cluster: ClusterLog;
  readonly #responders: Responders | undefined;
  readonly #listening: DnsListening | undefined;
  readonly #builder: BuilderHandle;
  /** What the answering threads count, and last what DNS over HTTPS counts in this one. */
  readonly stats: readonly QueryStats[];
  #config: Config;
  #cancelAgeCheck: () => void = () => {};
  #stopping = false;
  /** Settles when there is a zone that another process's clients can be answered from. */
  readonly #hasZone: Promise<void>;
  #zoneCame: () => void = () => undefined;

  constructor(options: AppOptions) {
    const { config, restored, ...rest } = options;
    const { plan, log, wallClock, certificates } = rest;
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
    this.https = new HttpsDns({ config, snapshot, log, own, authorities, share });
    this.https.stack.answerer.stale = this.zone.stale;
    this.stats = [...answering, this.https.stats];
    this.#responders = config.dnson ? this.#createResponders(own, answering, saved) : undefined;
    this.#listening = this.#responders && this.#listeningOf(this.#responders);
    this.#builder = this.#createBuilder(restored?.seed ?? randomInt(1, UINT32), restored?.origin);
  }

  get config(): Config {
    return this.#config;
  }

  /** Whether it has been told to stop. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** What the threads that forward have told last. */
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

  /** Rejects with a `MesosDnsError` if the DNS listeners cannot be opened. */
  async start(): Promise<void> {
    if (this.#listening) await this.#listening.start(() => this.#follow(), this.#hasZone);
    else this.#follow();
  }

  /** Applies what can change while running; the caller has checked that the rest is as it was. */
  configure(config: Config, certificates: Certificates): void {
    const { live } = changedKeys(this.#config, config);
    // The same path may hold a renewed certificate.
    this.#responders?.configure(config, certificates);
    this.https.stack.configure(config, certificates.resolverAuthorities);
    if (live.length === 0) return;
    this.#config = config;
    this.catalog.configure(keepsCatalog(config));
    this.#builder.configure(config);
    this.#checkAge();
  }

  /** Forgets answers of resolvers; resolves to how many there were. @param name lower-case wire form as latin1 */
  async flushCache(name: string | undefined): Promise<number> {
    return this.https.stack.flush(name) + ((await this.#responders?.flush(name)) ?? 0);
  }

  /** `/v1/enumerate` as pieces of JSON text, each made when it is asked for. */
  enumerate(): AsyncIterable<string> {
    return this.#builder.enumerate();
  }

  /** Finishes answers in flight, at most a few seconds, and ends all threads. */
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
    const { plan, sockets, verbosity, certificates, log, onFatal } = this.#options;
    const apexes = this.zone.snapshot.zones.map(({ apex }) => apex);
    const start = { config: this.#config, verbosity, apexes, own, certificates, plan, sockets };
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

  /** @param savedCluster of the zone from before the start, as text: for the first builder alone */
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
    // An old zone is better than a process that cannot be replaced.
    if (message.kind === "failure" && this.zone.restoredFrom !== undefined) this.#zoneCame();
    this.#cluster.note(message, this.#config.masters.length > 0);
    this.#checkAge();
  }

  #checkAge(): void {
    this.zone.checkAge(this.#config.stateMaxAgeSeconds);
  }
}

/** What all threads that answer share and nobody else knows. */
function ownSecrets(): OwnSecrets {
  return {
    cookies: Uint8Array.from(randomBytes(COOKIE_SECRET)),
    loopToken: randomBytes(LOOP_TOKEN).toString("hex"),
    buckets: createBuckets(randomInt(1, UINT32)),
  };
}

import { formatHostPort, type HostPort } from "../../../base/host-port.js";
import type { Timers } from "../../../base/timers.js";
import type { ClusterConfig } from "../../../config/config.js";
import type { Cluster } from "../cluster.js";
import { sameEndpoint } from "../endpoint.js";
import type { LeaderAccess } from "../leader.js";
import { type FetchInfo, StatePoller } from "../poller.js";
import { EarlyState } from "./early-state.js";
import type { MasterEvent } from "./events.js";
import { FailoverGuard } from "./guard.js";
import { LiveCluster } from "./live-cluster.js";
import { Pace } from "./pace.js";
import { type LiveReport, NOTHING_FOLLOWED } from "./report.js";
import { CONFIRM_MS, ShrinkGate } from "./shrink-gate.js";
import { EventStream } from "./stream.js";
import { StreamLog } from "./stream-log.js";

/** The least time between two reports. */
const REPORT_MS = 200;

export interface FeedOptions {
  readonly access: LeaderAccess;
  readonly config: FeedConfig;
  readonly timers: Timers;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** The cluster of the saved zone, which has been served since the start without a master's confirmation. It counts as served last. */
  readonly restored: Cluster | undefined;
  /** How many records a cluster has. */
  readonly count: (cluster: Cluster, masters: readonly HostPort[]) => number;
  /** Serves a cluster. Not called again before its promise has settled. */
  readonly serve: (cluster: Cluster, provenance: Provenance) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
  readonly onReport: (report: LiveReport) => void;
}

export type FeedConfig = Pick<
  ClusterConfig,
  "refreshSeconds" | "updates" | "failoverGrace" | "maxShrink" | "stateMaxBytes"
>;

/** Which state a cluster is based on. */
export interface Provenance {
  /** The last state that was fetched. */
  readonly state: FetchInfo;
  /** Whether this cluster is the first one since that state was fetched. */
  readonly fetched: boolean;
  /** When a state or the beginning of a stream last described the whole cluster, in milliseconds since the epoch. */
  readonly wholeAt: number;
}

/**
 * Follows the cluster: by the leader's state every refreshSeconds, and by its events in between. Before a cluster is served, the
 * guard adds what a new leader has not heard of yet, and the gate holds a cluster that would remove too much.
 *
 *     StatePoller ──┐                                              ┌─> serve
 *                   ├─> LiveCluster ─> FailoverGuard ─> ShrinkGate ┤
 *     EventStream ──┘                                              └─> held: asked again after 5 s
 */
export class ClusterFeed {
  readonly #options: FeedOptions;
  readonly #poller: StatePoller;
  readonly #live = new LiveCluster();
  readonly #guard: FailoverGuard;
  readonly #gate: ShrinkGate;
  readonly #pace: Pace;
  readonly #streamLog = new StreamLog();
  #config: FeedConfig;
  #access: LeaderAccess;
  #stream: EventStream | undefined;
  #state: FetchInfo | undefined;
  /** When the state that is being fetched was requested. */
  #askedAt = 0;
  /** When the fetched state that has not been served yet was requested. */
  #freshSince: number | undefined;
  #wholeAt = 0;
  #served: Cluster | undefined;
  #differences = { ...NOTHING_FOLLOWED.differences };
  #heldStates = 0;
  readonly #early: EarlyState;
  #cancelConfirm: () => void = () => {};
  #cancelGrace: () => void = () => {};
  #cancelReport: (() => void) | undefined;
  #stopped = false;

  constructor(options: FeedOptions) {
    const { access, config, timers, random, restored, count, onFailure } = options;
    this.#options = options;
    this.#config = config;
    this.#access = access;
    this.#guard = new FailoverGuard(config.failoverGrace);
    this.#gate = new ShrinkGate({
      maxShrink: config.maxShrink,
      count: (cluster) => count(cluster, this.#state?.masters ?? []),
    });
    if (restored) this.#commit(restored);
    this.#pace = new Pace(timers, () => this.#serve());
    this.#early = new EarlyState(timers, () => this.#poller.hurry());
    this.#poller = new StatePoller({
      reader: access,
      refreshSeconds: config.refreshSeconds,
      timers,
      random,
      onFetch: () => this.#begin(),
      onCluster: (cluster, info) => this.#takeState(cluster, info),
      onFailure,
    });
  }

  start(): void {
    this.#streamLog.turn(this.#config.updates === "stream");
    this.#poller.start();
  }

  /** Applies a new configuration, with a new access to the leader. Closes the former access. */
  async configure(access: LeaderAccess, config: FeedConfig): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#access = access;
    this.#config = config;
    this.#guard.configure(config.failoverGrace);
    this.#gate.configure(config.maxShrink);
    this.#streamLog.turn(config.updates === "stream");
    this.#tell();
    // The new settings may release what the guard keeps or the gate holds. Do not wait for a slow master to find out.
    this.#request();
    await Promise.all([stream?.stop(), this.#poller.updateConfig(access, config.refreshSeconds)]);
  }

  /** Another master leads: aborts the fetch and the stream from the former one. */
  leaderChanged(): void {
    this.#poller.restart();
    this.#stream?.restart();
  }

  /** The masters have changed, but not the leader. */
  mastersChanged(): void {
    this.#poller.hurry();
  }

  /** What the leader reports; `undefined` before its first state. */
  get reported(): Cluster | undefined {
    return this.#live.ready ? this.#live.observed.cluster : undefined;
  }

  /** Once the promise has settled, no callback is running or will be called. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelConfirm();
    this.#cancelGrace();
    this.#cancelReport?.();
    this.#early.stop();
    await Promise.all([this.#stream?.stop(), this.#pace.flush(), this.#poller.stop()]);
  }

  #begin(): void {
    this.#live.beginState();
    this.#askedAt = this.#options.timers.now();
  }

  async #takeState(cluster: Cluster, info: FetchInfo): Promise<void> {
    const wasConnected = this.#stream?.from !== undefined;
    const differences = this.#live.applyState({ cluster, registry: info.registry });
    if (!differences || this.#live.lacksReports) this.#early.ask();
    else this.#early.satisfied();
    if (!differences) return;
    if (wasConnected) {
      this.#differences.task += differences.tasks;
      this.#differences.agent += differences.agents;
      this.#differences.framework += differences.frameworks;
    }
    const before = this.#state?.leader;
    this.#state = info;
    this.#freshSince = this.#askedAt;
    this.#wholeAt = this.#options.wallClock();
    if (!this.#stream) this.#listen();
    else if (before && !sameEndpoint(before, info.leader)) this.#moveTo(info.leader);
    await this.#pace.request();
  }

  /**
   * Starts the stream. Called only after a state has been read: a state names the leader, and knows more about frameworks than
   * events do.
   */
  #listen(): void {
    if (this.#config.updates !== "stream" || this.#stopped) return;
    const { timers, random } = this.#options;
    const stream: EventStream = new EventStream({
      access: this.#access,
      maxRecordBytes: this.#config.stateMaxBytes,
      timers,
      random,
      onEvent: (event, from) => {
        if (stream === this.#stream) this.#takeEvent(event, from);
      },
      onNews: (news) => {
        if (stream !== this.#stream) return;
        this.#streamLog.news(news);
        // Report at once, so that a stream that is lost and back within REPORT_MS is not missed.
        this.#options.onReport(this.#report());
      },
    });
    this.#stream = stream;
    stream.start();
  }

  #moveTo(leader: HostPort): void {
    const from = this.#stream?.from;
    if (!from || !sameEndpoint(from, leader)) this.#stream?.restart();
  }

  #takeEvent(event: MasterEvent, from: HostPort): void {
    this.#streamLog.event(event);
    this.#tell();
    const isElsewhere = this.#state !== undefined && !sameEndpoint(this.#state.leader, from);
    const effect = this.#live.apply(event);
    // Changes from before the stream began are in a state that is fetched from now on.
    if (event.type === "SUBSCRIBED" && isElsewhere) this.#poller.restart();
    else if (event.type === "SUBSCRIBED") this.#poller.again();
    if (effect === "unknown" || this.#live.lacksReports) this.#early.ask();
    if (effect === "changed") this.#request();
  }

  #request(): void {
    this.#pace.request().catch((error: unknown) => {
      if (!this.#stopped) this.#options.onFailure(error);
    });
  }

  async #serve(): Promise<void> {
    const { timers, serve } = this.#options;
    const state = this.#state;
    if (this.#stopped || !state) return;
    const now = timers.now();
    const askedAt = this.#freshSince;
    this.#freshSince = undefined;
    const cluster = this.#guard.propose(this.#live.observed, this.#live.marks, now);
    const wasHeld = this.#gate.held?.since;
    const isAdmitted = this.#gate.admit(cluster, now, askedAt);
    if (this.#gate.held && this.#gate.held.since !== wasHeld) this.#heldStates++;
    this.#watchGrace(now);
    this.#tell();
    if (!isAdmitted) {
      this.#confirm(now);
      return;
    }
    this.#cancelConfirm();
    this.#commit(cluster);
    this.#live.forgetMarks();
    const isNew = cluster !== this.#served;
    this.#served = cluster;
    if (isNew || askedAt !== undefined) {
      await serve(cluster, { state, fetched: askedAt !== undefined, wholeAt: this.#wholeAt });
    }
  }

  #commit(cluster: Cluster): void {
    this.#guard.commit(cluster);
    this.#gate.commit(cluster);
  }

  /** Has the state fetched again as soon as a second one can confirm the held one. */
  #confirm(now: number): void {
    const { timers } = this.#options;
    const since = this.#gate.held?.since ?? now;
    this.#cancelConfirm();
    const wait = Math.max(since + CONFIRM_MS - now, REPORT_MS);
    this.#cancelConfirm = timers.after(wait, () => this.#poller.hurry());
  }

  #watchGrace(now: number): void {
    const { until } = this.#guard.held;
    this.#cancelGrace();
    if (until !== undefined) this.#cancelGrace = this.#options.timers.after(until - now, () => this.#request());
  }

  #tell(): void {
    this.#cancelReport ??= this.#options.timers.after(REPORT_MS, () => {
      this.#cancelReport = undefined;
      this.#options.onReport(this.#report());
    });
  }

  #report(): LiveReport {
    const { timers, wallClock } = this.#options;
    const calendar = wallClock() - timers.now();
    const { until, ...counts } = this.#guard.held;
    const state = this.#gate.held;
    return {
      stream: this.#streamLog.report,
      differences: { ...this.#differences },
      held: { ...counts, until: until === undefined ? undefined : until + calendar },
      heldState: state && { ...state, since: state.since + calendar, leader: formatHostPort(state.leader) },
      heldStates: this.#heldStates,
      loginExpiresAt: this.#access.loginExpiresAt,
    };
  }
}

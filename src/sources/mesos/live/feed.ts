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

/** Reports are no more frequent. */
const REPORT_MS = 200;

export interface FeedOptions {
  readonly access: LeaderAccess;
  readonly config: FeedConfig;
  readonly timers: Timers;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** What has been served since before the start, without a master having said so: it counts as what was served last. */
  readonly restored: Cluster | undefined;
  /** How many records a cluster gives. */
  readonly count: (cluster: Cluster, masters: readonly HostPort[]) => number;
  /** Serves a cluster; the next one is not given before its promise is settled. */
  readonly serve: (cluster: Cluster, provenance: Provenance) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
  readonly onReport: (report: LiveReport) => void;
}

export type FeedConfig = Pick<
  ClusterConfig,
  "refreshSeconds" | "updates" | "failoverGrace" | "maxShrink" | "stateMaxBytes"
>;

/** Where a cluster comes from. */
export interface Provenance {
  /** The last state that was fetched, or that a stream began with. */
  readonly state: FetchInfo;
  /** Whether it was fetched for this cluster. */
  readonly fetched: boolean;
  /** When the cluster was last known as a whole, in milliseconds since the epoch. */
  readonly wholeAt: number;
}

/**
 * Follows the cluster: by the leader's state every refreshSeconds, and by its events in between. What is served has been through
 * the guard, which keeps what a new leader has not heard of, and the gate, which holds what removes too much.
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
  /** When the state under way, and the one that has not been served yet, were asked for. */
  #askedAt = 0;
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

  /** Follows with another access and configuration from now on; the former access is closed. */
  async configure(access: LeaderAccess, config: FeedConfig): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    this.#access = access;
    this.#config = config;
    this.#guard.configure(config.failoverGrace);
    this.#gate.configure(config.maxShrink);
    this.#streamLog.turn(config.updates === "stream");
    this.#tell();
    // What is kept or held may be so no longer, and a master that is asked for that may take long.
    this.#request();
    await Promise.all([stream?.stop(), this.#poller.updateConfig(access, config.refreshSeconds)]);
  }

  /** Another master leads: what is under way with the former one is given up. */
  leaderChanged(): void {
    this.#poller.restart();
    this.#stream?.restart();
  }

  /** There are other masters under the same leader. */
  mastersChanged(): void {
    this.#poller.hurry();
  }

  /** When the promise is settled, no callback is running or will be called. */
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

  /** Begins when a state has been read: it says who leads, and knows more of frameworks than events do. */
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
        // At once: a stream that is lost and back in no time is told of all the same.
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
    // What has happened before the stream began is in a state that is asked for from now on.
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
    const cluster = this.#guard.propose(this.#live.view, this.#live.marks, now);
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

  /** Has the state fetched again when it counts as a second time. */
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
    };
  }
}

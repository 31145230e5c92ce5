import type { HostPort } from "../../base/host-port.js";
import type { Timers } from "../../base/timers.js";
import type { Source } from "../source.js";
import type { Cluster } from "./cluster.js";
import { KnownTasks } from "./known-tasks.js";
import type { LeaderAccess } from "./leader.js";
import { ClusterFeed, type Provenance } from "./live/feed.js";
import type { LiveReport } from "./live/report.js";
import { Masters } from "./masters.js";
import { createStateReader, type StateReaderOptions } from "./reader.js";
import type { SavedCluster } from "./saved-cluster.js";
import type { SourceConfig } from "./source-config.js";
import type { Connect } from "./zookeeper/contract.js";
import type { ZooKeeperNews } from "./zookeeper/news.js";

export interface MesosSourceParts {
  readonly config: SourceConfig;
  readonly timers: Timers;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  /** Resolves a host name to its addresses. */
  readonly lookup: StateReaderOptions["resolve"];
  readonly connect: Connect;
  /** How many records a cluster has. */
  readonly count: (cluster: Cluster, masters: readonly HostPort[]) => number;
  /** The cluster of the saved zone, which has been served since the start without a master's confirmation. */
  readonly restored: SavedCluster | undefined;
  /** Receives each cluster. Not called again before its promise has settled. */
  readonly onCluster: (cluster: Cluster, provenance: Provenance) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
  readonly onReport: (report: LiveReport) => void;
  readonly onZooKeeper: (news: ZooKeeperNews) => void;
}

/** Follows a Mesos cluster: finds the leading master from a list or through ZooKeeper, and follows its state and its events. */
export class MesosSource implements Source<SourceConfig> {
  readonly #parts: MesosSourceParts;
  readonly #masters: Masters;
  readonly #feed: ClusterFeed;
  #known: KnownTasks;

  constructor(parts: MesosSourceParts) {
    const { config, timers, random, wallClock, connect, count, restored } = parts;
    this.#parts = parts;
    this.#known = restored?.known ?? new KnownTasks();
    this.#masters = new Masters({
      connect,
      timers,
      random,
      wallClock,
      onNews: parts.onZooKeeper,
      onLeader: () => this.#feed.leaderChanged(),
      onMasters: () => this.#feed.mastersChanged(),
    });
    this.#feed = new ClusterFeed({
      access: this.#accessFor(config),
      config,
      timers,
      random,
      wallClock,
      count,
      restored: restored?.cluster,
      serve: parts.onCluster,
      onFailure: parts.onFailure,
      onReport: parts.onReport,
    });
  }

  start(): void {
    this.#feed.start();
  }

  /** The tasks of the last state. */
  get known(): KnownTasks {
    return this.#known;
  }

  /** Whether the leading master reports a task as running; `undefined` before its first state. */
  isReported(frameworkId: string, taskId: string): boolean | undefined {
    return this.#feed.reported?.frameworks.some(
      ({ id, tasks }) => id === frameworkId && tasks.some((task) => task.id === taskId),
    );
  }

  async configure(config: SourceConfig): Promise<void> {
    // It may say that more is to be read of each.
    this.#known = new KnownTasks();
    await this.#feed.configure(this.#accessFor(config), config);
  }

  async stop(): Promise<void> {
    await Promise.allSettled([this.#feed.stop(), this.#masters.stop()]);
  }

  #accessFor(config: SourceConfig): LeaderAccess {
    const { lookup: resolve } = this.#parts;
    return createStateReader(config, { resolve, source: this.#masters.source(config), known: this.#known });
  }
}

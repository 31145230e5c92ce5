import { formatHostPort, type HostPort } from "../../base/host-port.js";
import type { Timers } from "../../base/timers.js";
import type { ClusterConfig } from "../../config/config.js";
import { parseZkUrl } from "../../config/zk-url.js";
import { listedMasters, type MasterSource } from "./leader.js";
import type { Connect } from "./zookeeper/contract.js";
import { type FollowerEvent, ZooKeeperFollower } from "./zookeeper/follower.js";
import { electedMasters } from "./zookeeper/masters.js";
import type { ZooKeeperNews } from "./zookeeper/news.js";

export interface MastersOptions {
  readonly connect: Connect;
  readonly timers: Timers;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly onNews: (news: ZooKeeperNews) => void;
  /** ZooKeeper names its first leader, or another one. */
  readonly onLeader: () => void;
  /** ZooKeeper names other masters under the same leader. */
  readonly onMasters: () => void;
}

/** Chooses the source of masters that the configuration asks for: its own list, or ZooKeeper, which this class then follows. */
export class Masters {
  readonly #options: MastersOptions;
  #zk = "";
  #follower: ZooKeeperFollower | undefined;
  #leader = "";
  /** Followers of former configurations that are still stopping. */
  readonly #ending = new Set<Promise<void>>();

  constructor(options: MastersOptions) {
    this.#options = options;
  }

  /** The source of masters for this configuration. Keeps the connection to ZooKeeper unless `zk` has changed. */
  source(config: ClusterConfig): MasterSource {
    if (config.zk !== this.#zk) this.#follow(config.zk);
    if (!this.#follower) return listedMasters(config.masters);
    return electedMasters({
      follower: this.#follower,
      listed: config.masters,
      detectionSeconds: config.zkDetectionTimeout,
      timers: this.#options.timers,
    });
  }

  async stop(): Promise<void> {
    this.#end();
    await Promise.all(this.#ending);
  }

  #follow(zk: string): void {
    this.#end();
    this.#zk = zk;
    const url = parseZkUrl(zk);
    if (!url) return;
    const { connect, timers, random, onNews } = this.#options;
    this.#leader = "";
    this.#follower = new ZooKeeperFollower({ url, connect, timers, random, onEvent: (event) => this.#receive(event) });
    onNews({ kind: "begun" });
    this.#follower.start();
  }

  #end(): void {
    const ending = this.#follower?.stop();
    this.#follower = undefined;
    if (!ending) return;
    this.#ending.add(ending);
    ending.finally(() => this.#ending.delete(ending));
  }

  #receive(event: FollowerEvent): void {
    this.#options.onNews(newsOf(event, this.#options.wallClock()));
    if (event.kind !== "election") return;
    const leader = formatHostPort(event.election.masters[0] as HostPort);
    if (leader === this.#leader) this.#options.onMasters();
    else this.#options.onLeader();
    this.#leader = leader;
  }
}

/** An event in plain values that can be sent to another thread. */
function newsOf(event: FollowerEvent, at: number): ZooKeeperNews {
  switch (event.kind) {
    case "connected":
      return { kind: "connected", server: formatHostPort(event.server) };
    case "disconnected":
      return { kind: "disconnected", server: formatHostPort(event.server), reason: event.reason };
    case "election": {
      const { masters, unreadable } = event.election;
      return { kind: "election", masters: masters.map((master) => formatHostPort(master)), unreadable };
    }
    case "failure":
      return { kind: "failure", failure: { code: event.error.code, message: event.error.message, at } };
  }
}

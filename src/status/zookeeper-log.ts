import type { Logger } from "../base/log.js";
import type { ZooKeeperNews } from "../sources/mesos/zookeeper/news.js";
import type { ZooKeeperStatus } from "./status.js";

const NOTHING_YET: ZooKeeperStatus = {
  connected: false,
  sessions: 0,
  failures: {},
  masters: undefined,
  failure: undefined,
};

/** Keeps the builder's reports on ZooKeeper, for /readyz and /metrics, and logs changes. */
export class ZooKeeperLog {
  readonly #log: Logger;
  #status = NOTHING_YET;
  #unreadable: ReadonlySet<string> = new Set();

  constructor(log: Logger) {
    this.#log = log;
  }

  get status(): ZooKeeperStatus {
    return this.#status;
  }

  /** @param hasListed whether masters are configured that can be asked while ZooKeeper names none */
  note(news: ZooKeeperNews, hasListed: boolean): void {
    switch (news.kind) {
      case "begun":
        // A restarted builder, or another `zk`: keep the counters.
        this.#status = { ...this.#status, connected: false, masters: undefined, failure: undefined };
        break;
      case "connected":
        this.#log.info({ server: news.server }, "connected to ZooKeeper");
        this.#status = { ...this.#status, connected: true, sessions: this.#status.sessions + 1 };
        break;
      case "disconnected":
        this.#log.warn({ server: news.server }, `lost the connection to ZooKeeper: ${news.reason}`);
        this.#status = { ...this.#status, connected: false };
        break;
      case "election":
        this.#noteElection(news);
        break;
      case "failure":
        this.#noteFailure(news, hasListed);
    }
  }

  #noteElection({ masters, unreadable }: Extract<ZooKeeperNews, { kind: "election" }>): void {
    this.#log.info({ leader: masters[0], masters }, "masters registered in ZooKeeper");
    const now = new Set<string>();
    for (const { node, reason } of unreadable) {
      now.add(`${node}: ${reason}`);
      if (this.#unreadable.has(`${node}: ${reason}`)) continue;
      this.#log.error(
        { code: "ZOOKEEPER_NODE_UNREADABLE", node },
        `left out a master in ZooKeeper: ${node}: ${reason}`,
      );
    }
    this.#unreadable = now;
    this.#status = { ...this.#status, masters: masters.length, failure: undefined };
  }

  #noteFailure({ failure }: Extract<ZooKeeperNews, { kind: "failure" }>, hasListed: boolean): void {
    const { failures, masters, failure: before } = this.#status;
    if (before?.code !== failure.code || before.message !== failure.message) {
      const listed = hasListed ? "those listed are used after zkDetectionTimeout" : "none are known";
      const consequence = masters === undefined ? listed : "those it named last are used";
      this.#log.error(
        { code: failure.code },
        `cannot learn the masters from ZooKeeper, ${consequence}: ${failure.message}`,
      );
    }
    const count = (failures[failure.code] ?? 0) + 1;
    this.#status = { ...this.#status, failures: { ...failures, [failure.code]: count }, failure };
  }
}

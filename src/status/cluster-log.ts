import type { Failure } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { LiveReport } from "../sources/mesos/live/report.js";
import type { ZooKeeperNews } from "../sources/mesos/zookeeper/news.js";
import { LiveLog } from "./live-log.js";
import { StateLog } from "./state-log.js";
import type { BuildReport, ServerStatus } from "./status.js";
import { ZooKeeperLog } from "./zookeeper-log.js";

/** A builder's message about the cluster. */
export type ClusterNews =
  | { readonly kind: "built"; readonly report: BuildReport; readonly fetched: boolean }
  | { readonly kind: "failure"; readonly failure: Failure }
  | { readonly kind: "live"; readonly report: LiveReport }
  | { readonly kind: "zookeeper"; readonly news: ZooKeeperNews };

/** Everything that the main thread knows about the cluster, and about following it. */
export class ClusterLog {
  readonly #state: StateLog;
  readonly #zookeeper: ZooKeeperLog;
  readonly #live: LiveLog;

  constructor(log: Logger) {
    this.#state = new StateLog(log);
    this.#zookeeper = new ZooKeeperLog(log);
    this.#live = new LiveLog(log);
  }

  /** Call this when a builder has been restarted. */
  restarted(): void {
    this.#live.restarted();
  }

  /** @param hasListed whether masters are configured that can be asked while ZooKeeper names none */
  note(message: ClusterNews, hasListed: boolean): void {
    if (message.kind === "built") this.#state.noteBuild(message.report, message.fetched);
    else if (message.kind === "failure") this.#state.noteFailure(message.failure);
    else if (message.kind === "live") this.#live.note(message.report);
    else this.#zookeeper.note(message.news, hasListed);
  }

  /** @param followsZooKeeper whether `zk` is configured */
  status(
    followsZooKeeper: boolean,
  ): Pick<ServerStatus, "fetches" | "failures" | "build" | "failure" | "zookeeper" | "live"> {
    const zookeeper = followsZooKeeper ? this.#zookeeper.status : undefined;
    return { ...this.#state.status, zookeeper, live: this.#live.report };
  }
}

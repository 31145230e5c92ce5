import type { MesosDnsError } from "../../../base/errors.js";
import type { HostPort } from "../../../base/host-port.js";
import type { Timers } from "../../../base/timers.js";
import type { ZkUrl } from "../../../config/zk-url.js";
import { type Connect, type ZooKeeperConnection, ZooKeeperError } from "./contract.js";
import type { Election } from "./election.js";
import { ElectionReader } from "./election-reader.js";
import { EnsembleClient } from "./ensemble.js";
import { noMasters, refused } from "./failures.js";

/** How long a server may take to answer. Together with WATCH_MS, a silent server is noticed within five seconds. */
const ANSWER_MS = 3_000;
/** Read the election at least this often, even if no watch fires: that is the only way to notice a silent server. */
const WATCH_MS = 2_000;

export type FollowerEvent =
  | { readonly kind: "connected"; readonly server: HostPort }
  | { readonly kind: "disconnected"; readonly server: HostPort; readonly reason: string }
  /** The masters have changed, or can be read again after a failure. */
  | { readonly kind: "election"; readonly election: Election }
  /** An error ZOOKEEPER_…. The last known election stays valid. */
  | { readonly kind: "failure"; readonly error: MesosDnsError };

export interface FollowerOptions {
  readonly url: ZkUrl;
  readonly connect: Connect;
  readonly timers: Timers;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  readonly onEvent: (event: FollowerEvent) => void;
}

/**
 * Follows the masters' election in ZooKeeper until it is stopped, over one connection at a time to whichever member of the
 * ensemble answers. While ZooKeeper is unreachable, the last election stays valid.
 */
export class ZooKeeperFollower {
  /** Milliseconds on the clock of the timers. */
  readonly startedAt: number;
  readonly #options: FollowerOptions;
  readonly #ensemble: EnsembleClient<ZooKeeperConnection>;
  #election: Election | undefined;
  #failure: MesosDnsError | undefined;

  constructor(options: FollowerOptions) {
    const { url, connect, timers, random, onEvent } = options;
    this.#options = options;
    this.startedAt = timers.now();
    this.#ensemble = new EnsembleClient({
      url,
      connect,
      timers,
      random,
      use: (connection) => this.#follow(connection),
      onConnected: (server) => onEvent({ kind: "connected", server }),
      onDisconnected: (server, reason) => onEvent({ kind: "disconnected", server, reason }),
      onUnreachable: (error) => this.#fail(error),
    });
  }

  /** The last election; `undefined` before the first. */
  get election(): Election | undefined {
    return this.#election;
  }

  /** Why there is no election, or why it may be out of date; `undefined` while ZooKeeper names masters. */
  get failure(): MesosDnsError | undefined {
    return this.#failure;
  }

  start(): void {
    this.#ensemble.start();
  }

  /** Once the promise has settled, no connection is open and no event will come. */
  stop(): Promise<void> {
    return this.#ensemble.stop();
  }

  async #follow(connection: ZooKeeperConnection): Promise<void> {
    const { url, timers } = this.#options;
    const reader = new ElectionReader(connection, url.path, timers);
    while (!this.#ensemble.stopped) await this.#watch(reader);
  }

  /** Reads the election once, and waits until it has to be read again. */
  async #watch(reader: ElectionReader): Promise<void> {
    const late = `it did not answer within ${ANSWER_MS / 1000} s`;
    this.#ensemble.hush();
    try {
      this.#note(await this.#ensemble.within(ANSWER_MS, reader.read(), late));
    } catch (error) {
      if (!(error instanceof ZooKeeperError) || error.kind === "ended") throw error;
      this.#fail(refused(this.#options.url, error.kind));
    }
    await this.#ensemble.untilRung(WATCH_MS);
  }

  #note(election: Election): void {
    if (this.#ensemble.stopped) return;
    if (election.masters.length === 0) {
      this.#fail(noMasters(this.#options.url, election));
      return;
    }
    const isNew = JSON.stringify(election) !== JSON.stringify(this.#election);
    if (!isNew && this.#failure === undefined) return;
    this.#election = election;
    this.#failure = undefined;
    this.#options.onEvent({ kind: "election", election });
  }

  #fail(error: MesosDnsError): void {
    if (this.#ensemble.stopped) return;
    this.#failure = error;
    this.#options.onEvent({ kind: "failure", error });
  }
}

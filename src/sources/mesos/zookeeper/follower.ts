import { type Backoff, pauseAfter } from "../../../base/backoff.js";
import { type MesosDnsError, messageOf } from "../../../base/errors.js";
import type { HostPort } from "../../../base/host-port.js";
import type { Timers } from "../../../base/timers.js";
import type { ZkUrl } from "../../../config/zk-url.js";
import { type Connect, type ZooKeeperConnection, ZooKeeperError } from "./contract.js";
import type { Election } from "./election.js";
import { ElectionReader } from "./election-reader.js";
import { noMasters, refused, unreachable } from "./failures.js";

/** How long a server may take to establish a session, for which the ensemble has to agree. */
const OPEN_MS = 5_000;
/** How long a server may take to answer. Together with WATCH_MS, a silent server is noticed within five seconds. */
const ANSWER_MS = 3_000;
/** Read the election at least this often, even if no watch fires: that is the only way to notice a silent server. */
const WATCH_MS = 2_000;
/** Reserved at the end of every deadline: an answer that arrived while this thread was busy building is read before time is up. */
const GRACE_MS = 250;
/** A connection that lasted this long was good: losing it does not count as a failure. */
const STABLE_MS = 10_000;
/** The longest (random) pause before trying the next member of the ensemble: its other clients have lost the same server. */
const NEXT_SERVER_MS = 250;
/** Pauses between rounds through the whole ensemble. */
const PAUSES: Backoff = { firstMs: 1_000, lastMs: 15_000 };

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

/** How a connection ended. */
interface Ending {
  readonly reason: string;
  /** Whether it lasted long enough to count as good (STABLE_MS). */
  readonly stable: boolean;
}

/**
 * Follows the masters' election in ZooKeeper until it is stopped, over one connection at a time to whichever member of the
 * ensemble answers. While ZooKeeper is unreachable, the last election stays valid.
 */
export class ZooKeeperFollower {
  /** Milliseconds on the clock of the timers. */
  readonly startedAt: number;
  readonly #options: FollowerOptions;
  #election: Election | undefined;
  #failure: MesosDnsError | undefined;
  #connection: ZooKeeperConnection | undefined;
  #running: Promise<void> | undefined;
  #somethingHappened = false;
  #wake: () => void = () => {};
  #stopped = false;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.startedAt = options.timers.now();
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
    this.#running ??= this.#run();
  }

  /** Once the promise has settled, no connection is open and no event will come. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#connection?.close();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    let last: HostPort | undefined;
    let failedRounds = 0;
    while (!this.#stopped) {
      const reasons = new Map<HostPort, string>();
      for (const server of this.#order(last)) {
        const { reason, stable } = await this.#follow(server);
        await this.#pause(NEXT_SERVER_MS * this.#options.random());
        if (this.#stopped) return;
        last = server;
        if (stable) break;
        reasons.set(server, reason);
      }
      if (reasons.size < this.#options.url.servers.length) failedRounds = 0;
      else await this.#rest(reasons, failedRounds++);
    }
  }

  /** The members in random order, so that clients spread over them. The one used last comes last. */
  #order(last: HostPort | undefined): readonly HostPort[] {
    const { url, random } = this.#options;
    const ranked = url.servers.map((server) => ({ server, rank: server === last ? 1 : random() }));
    return ranked.sort((a, b) => a.rank - b.rank).map(({ server }) => server);
  }

  async #rest(reasons: ReadonlyMap<HostPort, string>, failedRounds: number): Promise<void> {
    this.#fail(unreachable(this.#options.url, reasons));
    await this.#pause(pauseAfter(failedRounds, PAUSES, this.#options.random));
  }

  /** Connects to a server and follows the election there until the connection ends or falls silent. */
  async #follow(server: HostPort): Promise<Ending> {
    const { connect, timers, url, onEvent } = this.#options;
    this.#somethingHappened = false;
    const connection = connect({ server, credentials: url.credentials, onEvent: () => this.#look() });
    this.#connection = connection;
    let since: number | undefined;
    let reason = "";
    try {
      await this.#within(OPEN_MS, connection.open(), `it gave no session within ${OPEN_MS / 1000} s`);
      since = timers.now();
      onEvent({ kind: "connected", server });
      const reader = new ElectionReader(connection, url.path, timers);
      while (!this.#stopped) await this.#watch(reader);
    } catch (error) {
      reason = messageOf(error);
    }
    connection.close();
    if (since === undefined || this.#stopped) return { reason, stable: false };
    onEvent({ kind: "disconnected", server, reason });
    return { reason, stable: timers.now() - since >= STABLE_MS };
  }

  /** Reads the election once, and waits until it has to be read again. */
  async #watch(reader: ElectionReader): Promise<void> {
    this.#somethingHappened = false;
    try {
      this.#note(await this.#within(ANSWER_MS, reader.read(), `it did not answer within ${ANSWER_MS / 1000} s`));
    } catch (error) {
      if (!(error instanceof ZooKeeperError) || error.kind === "ended") throw error;
      this.#fail(refused(this.#options.url, error.kind));
    }
    if (!this.#somethingHappened) await this.#pause(WATCH_MS);
  }

  #note(election: Election): void {
    if (this.#stopped) return;
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
    if (this.#stopped) return;
    this.#failure = error;
    this.#options.onEvent({ kind: "failure", error });
  }

  #look(): void {
    this.#somethingHappened = true;
    this.#wake();
  }

  /** Settles like `work`, or rejects if it takes longer than `ms`. */
  #within<T>(ms: number, work: Promise<T>, late: string): Promise<T> {
    const { timers } = this.#options;
    return new Promise((resolve, reject) => {
      let cancel = timers.after(ms - GRACE_MS, () => {
        cancel = timers.after(GRACE_MS, () => reject(new ZooKeeperError("ended", late)));
      });
      work.then(resolve, reject).finally(() => cancel());
    });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.timers.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
      if (this.#stopped) this.#wake();
    });
  }
}

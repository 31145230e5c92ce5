import { type Backoff, pauseAfter } from "../../../base/backoff.js";
import { type MesosDnsError, messageOf } from "../../../base/errors.js";
import type { HostPort } from "../../../base/host-port.js";
import type { Timers } from "../../../base/timers.js";
import type { ZkUrl } from "../../../config/zk-url.js";
import { type ConnectOptions, ZooKeeperError } from "./contract.js";
import { unreachable } from "./failures.js";

/** How long a server may take to establish a session, for which the ensemble has to agree. */
const OPEN_MS = 5_000;
/** Reserved at the end of every deadline: an answer that arrived while this thread was busy building is read before time is up. */
const GRACE_MS = 250;
/** A connection that lasted this long was good: losing it does not count as a failure. */
const STABLE_MS = 10_000;
/** The longest (random) pause before trying the next member of the ensemble: its other clients have lost the same server. */
const NEXT_SERVER_MS = 250;
/** Pauses between rounds through the whole ensemble. */
const PAUSES: Backoff = { firstMs: 1_000, lastMs: 15_000 };

export interface EnsembleOptions<Connection> {
  readonly url: ZkUrl;
  readonly connect: (options: ConnectOptions) => Connection;
  readonly timers: Timers;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** Uses a connection that is open, until the client is stopped. Rejects when the connection cannot be used any more. */
  readonly use: (connection: Connection) => Promise<void>;
  readonly onConnected: (server: HostPort) => void;
  readonly onDisconnected: (server: HostPort, reason: string) => void;
  /** No member could be used, and after a pause all are tried again. An error ZOOKEEPER_UNREACHABLE. */
  readonly onUnreachable: (error: MesosDnsError) => void;
}

/** How a connection ended. */
interface Ending {
  readonly reason: string;
  /** Whether it lasted long enough to count as good (STABLE_MS). */
  readonly stable: boolean;
}

/** Keeps one connection at a time to whichever member of an ensemble answers, until it is stopped. */
export class EnsembleClient<Connection extends { open(): Promise<void>; close(): void }> {
  readonly #options: EnsembleOptions<Connection>;
  #connection: Connection | undefined;
  #running: Promise<void> | undefined;
  #isRung = false;
  #wake: () => void = () => {};
  #stopped = false;

  constructor(options: EnsembleOptions<Connection>) {
    this.#options = options;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Once the promise has settled, no connection is open and nothing is called any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#connection?.close();
    this.#wake();
    await this.#running;
  }

  /** Ends what waits in `untilRung`. Events of the connection ring as well. */
  ring(): void {
    this.#isRung = true;
    this.#wake();
  }

  /** Forgets what has rung so far. Call this before looking at what may have changed. */
  hush(): void {
    this.#isRung = false;
  }

  /** Waits until something rings, or has rung since `hush`, or `ms` milliseconds have passed. */
  async untilRung(ms: number): Promise<void> {
    if (!this.#isRung) await this.pause(ms);
  }

  /** Settles like `work`, or rejects with a ZooKeeperError if it takes longer than `ms`. */
  within<T>(ms: number, work: Promise<T>, late: string): Promise<T> {
    const { timers } = this.#options;
    return new Promise((resolve, reject) => {
      let cancel = timers.after(ms - GRACE_MS, () => {
        cancel = timers.after(GRACE_MS, () => reject(new ZooKeeperError("ended", late)));
      });
      work.then(resolve, reject).finally(() => cancel());
    });
  }

  /** Waits for `ms` milliseconds, or until something rings. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.timers.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
      if (this.#stopped) this.#wake();
    });
  }

  async #run(): Promise<void> {
    let last: HostPort | undefined;
    let failedRounds = 0;
    while (!this.#stopped) {
      const reasons = new Map<HostPort, string>();
      for (const server of this.#order(last)) {
        const { reason, stable } = await this.#visit(server);
        await this.pause(NEXT_SERVER_MS * this.#options.random());
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
    const { url, random, onUnreachable } = this.#options;
    onUnreachable(unreachable(url, reasons));
    await this.pause(pauseAfter(failedRounds, PAUSES, random));
  }

  /** Connects to a server and uses it until the connection ends or falls silent. */
  async #visit(server: HostPort): Promise<Ending> {
    const { connect, timers, url, use, onConnected, onDisconnected } = this.#options;
    this.#isRung = false;
    const connection = connect({ server, credentials: url.credentials, onEvent: () => this.ring() });
    this.#connection = connection;
    let since: number | undefined;
    let reason = "";
    try {
      await this.within(OPEN_MS, connection.open(), `it gave no session within ${OPEN_MS / 1000} s`);
      since = timers.now();
      onConnected(server);
      await use(connection);
    } catch (error) {
      reason = messageOf(error);
    }
    connection.close();
    if (since === undefined || this.#stopped) return { reason, stable: false };
    onDisconnected(server, reason);
    return { reason, stable: timers.now() - since >= STABLE_MS };
  }
}

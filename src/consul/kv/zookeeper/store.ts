import { MesosDnsError } from "../../../base/errors.js";
import { formatHostPort } from "../../../base/host-port.js";
import type { Logger } from "../../../base/log.js";
import { delay, type Timers } from "../../../base/timers.js";
import type { ZkUrl } from "../../../config/zk-url.js";
import type { ConnectWriting, Guard, WritableConnection } from "../../../sources/mesos/zookeeper/contract.js";
import { ZooKeeperError } from "../../../sources/mesos/zookeeper/contract.js";
import { EnsembleClient } from "../../../sources/mesos/zookeeper/ensemble.js";
import type { KvLimits, Session } from "../model.js";
import type { KvState } from "../state.js";
import type { KvStore, Write } from "../store.js";
import { timeIndex } from "../time-index.js";
import { type Job, WaitingWrites } from "../waiting-writes.js";
import { WatchedStore } from "../watched-store.js";
import { type Plan, planCommit } from "./commit-plan.js";
import { Doubts } from "./doubts.js";
import { awayError, unknownError } from "./failures.js";
import { encodeHead, isSame } from "./head.js";
import { encode, HEAD, pathOf, ROOT } from "./layout.js";
import { Mirror } from "./mirror.js";
import { prepare } from "./prepare.js";
import { type HeadNode, Reader, type Within } from "./reader.js";

/** How long a server may take for an answer. */
const ANSWER_MS = 3_000;
/** Look at the head at least this often, even if no watch fires: that is the only way to notice a silent server. */
const WATCH_MS = 2_000;
/** How long a write may wait for the ensemble, and for its turn among the writes of other servers. */
const WAIT_MS = 10_000;
/** The longest pause between two commits in a row: others get their turn. */
const TURN_MS = 50;
/** How long writes that wait may hold up the end. */
const CLOSE_MS = 2_000;
const TOO_LATE = "it has not answered in time";
const CONNECTION_LOST = "the connection was lost";

export interface ZooKeeperStoreOptions {
  readonly url: ZkUrl;
  readonly connect: ConnectWriting;
  readonly timers: Timers;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** A new UUID. */
  readonly newId: () => string;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly limits: KvLimits;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
}

/**
 * Keys that all servers with the same ensemble share. All of them are in memory, too, and are read from there, also while the ensemble is
 * away. Writes that wait are decided on what is known, and carried out as one transaction that is refused if another server has written
 * anything since: then what that was is read, and they are decided anew.
 */
export class ZooKeeperStore extends WatchedStore implements KvStore {
  /** Far below what a transaction may have: keys may need several octets for one. */
  readonly largestWrite = 200_000;
  /** Resolves when keys have been read for the first time. */
  readonly ready: Promise<void>;
  readonly #options: ZooKeeperStoreOptions;
  readonly #ensemble: EnsembleClient<WritableConnection>;
  readonly #mirror = new Mirror();
  readonly #waiting = new WaitingWrites("ZooKeeper");
  readonly #deadlines = new Map<Job, () => void>();
  readonly #doubts = new Doubts();
  /** The connection, while it answers. */
  #connection: WritableConnection | undefined;
  #failure: MesosDnsError | undefined;
  #lastContact: number;
  /** Whether nodes are not as they should be: somebody else has written there. */
  #isSuspect = false;
  #isReady: () => void = () => {};
  #onIdle: () => void = () => {};

  constructor(options: ZooKeeperStoreOptions) {
    super();
    const { url, connect, timers, random, log } = options;
    this.#options = options;
    this.#lastContact = timers.now();
    this.ready = new Promise((resolve) => {
      this.#isReady = resolve;
    });
    this.#ensemble = new EnsembleClient({
      url,
      connect,
      timers,
      random,
      use: (connection) => this.#use(connection),
      onConnected: () => {},
      onDisconnected: (server, reason) => {
        this.#connection = undefined;
        log.warn(`the connection to ZooKeeper ${formatHostPort(server)}, which keeps keys, has ended: ${reason}`);
      },
      onUnreachable: (error) => this.#away(error),
    });
  }

  get now(): KvState {
    return this.#mirror.state;
  }

  get isWritable(): boolean {
    return this.#connection !== undefined;
  }

  /** Why nothing can be stored; `undefined` unless all members of the ensemble have been tried. */
  get failure(): MesosDnsError | undefined {
    return this.#failure;
  }

  /** Whether the ensemble answers, and for how many milliseconds it has not. */
  get contact(): { readonly hasLeader: boolean; readonly age: number } {
    if (this.#connection) return { hasLeader: true, age: 0 };
    return { hasLeader: false, age: this.#options.timers.now() - this.#lastContact };
  }

  start(): void {
    this.#ensemble.start();
  }

  submit<Outcome extends { readonly ok: boolean }>(write: Write<Outcome>): Promise<Outcome> {
    if (this.#failure) return Promise.reject(awayError(this.#failure.message));
    return this.#waiting.add(write, (job) => {
      const cancel = this.#options.timers.after(WAIT_MS, () => this.#expire(job));
      this.#deadlines.set(job, cancel);
      this.#ensemble.ring();
    });
  }

  /** Tells all servers that a session has been renewed. `false` if there is no such session. @throws {MesosDnsError} KV_ENSEMBLE_AWAY */
  beat(session: Session): Promise<boolean> {
    const data = encode({ kind: "session", session });
    return this.#ask((connection) => connection.set(pathOf(`session:${session.id}`), data));
  }

  /** How often a session has been renewed. `undefined` if there is none. @throws {MesosDnsError} KV_ENSEMBLE_AWAY */
  beats(id: string): Promise<number | undefined> {
    return this.#ask((connection) => connection.version(pathOf(`session:${id}`)));
  }

  async close(): Promise<void> {
    this.#waiting.close();
    if (this.#waiting.size > 0) {
      const idle = new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
      const { elapsed, cancel } = delay(this.#options.timers, CLOSE_MS);
      await Promise.race([idle, elapsed]);
      cancel();
    }
    await this.#ensemble.stop();
    for (const job of [...this.#waiting]) this.#expire(job);
  }

  async #use(connection: WritableConnection): Promise<void> {
    const { newId, wallClock } = this.#options;
    const within: Within = (work) => this.#within(work);
    const reader = new Reader(connection, within);
    try {
      const index = Math.max(this.now.index, timeIndex(wallClock));
      await prepare(connection, { epoch: newId(), index }, within);
      while (!this.#ensemble.stopped) {
        this.#ensemble.hush();
        await this.#look(reader);
        this.#arrive(connection);
        if (this.#waiting.size > 0) await this.#write(connection);
        else await this.#ensemble.untilRung(WATCH_MS);
      }
    } catch (error) {
      if (!(error instanceof ZooKeeperError) || error.kind !== "no-auth") throw error;
      const message = `it does not let ${ROOT} be read and written by the user of zk, or without one`;
      throw new ZooKeeperError("ended", message);
    }
  }

  /** Reads what others have written since the last look. */
  async #look(reader: Reader): Promise<void> {
    const node = await reader.head();
    const { at } = this.#mirror;
    if (at && isSame(at.head, node.head) && !this.#isSuspect) return;
    const reading = await reader.read(node, this.#isSuspect ? undefined : at?.head);
    this.#isSuspect = false;
    const changes = this.#mirror.take(reading);
    const unreadable = [...reading.found.values()].filter((change) => !change).length;
    if (unreadable > 0) {
      const message = `${unreadable} nodes below ${ROOT} are not of this program, and are left out`;
      this.#options.log.error({ code: "KV_NODE_UNREADABLE" }, message);
    }
    const { done, unknown } = this.#doubts.resolve(reading.head);
    for (const { job, settle } of done) if (this.#take(job)) settle();
    for (const { job } of unknown) if (this.#take(job)) job.reject(unknownError(CONNECTION_LOST));
    this.wake(changes);
  }

  #arrive(connection: WritableConnection): void {
    const { timers, log } = this.#options;
    this.#connection = connection;
    this.#lastContact = timers.now();
    if (this.#failure) log.info("ZooKeeper is back: keys are stored there again");
    this.#failure = undefined;
    this.#isReady();
  }

  /** Carries out as many of the writes that wait as one transaction may have. */
  async #write(connection: WritableConnection): Promise<void> {
    const { timers, random, newId, wallClock, limits } = this.#options;
    const at = this.#mirror.at as HeadNode;
    const plan = planCommit(this.#waiting, this.#mirror, at.head, { id: newId(), wallClock, limits });
    for (const { job, settle } of plan.tooLarge) if (this.#take(job)) settle();
    if (plan.jobs.length === 0) return;
    // What changes nothing is as true as the head is the last one. An older transaction whose fate is unknown must not come after it.
    const isWriting = plan.changes.length > 0 || this.#doubts.size > 0;
    const data = isWriting ? encodeHead(plan.head) : undefined;
    const guard: Guard = { path: HEAD, version: at.version, data };
    const since = timers.now();
    if (isWriting) this.#doubts.add(plan, at.head);
    const outcome = await this.#within(connection.commit(guard, plan.steps));
    if (outcome !== "done") {
      this.#doubts.drop(plan);
      this.#isSuspect = outcome === "mismatch";
      return;
    }
    if (isWriting) this.#mirror.commit(plan, at.version + 1);
    this.#finish(plan);
    if (this.#waiting.size > 0) {
      await delay(timers, Math.min(TURN_MS, 2 * random() * (timers.now() - since))).elapsed;
    }
  }

  #finish({ jobs, changes }: Plan): void {
    this.#doubts.clear();
    for (const { job, settle } of jobs) if (this.#take(job)) settle();
    this.wake(changes);
  }

  /** @returns whether the job had not been settled yet */
  #take(job: Job): boolean {
    this.#deadlines.get(job)?.();
    this.#deadlines.delete(job);
    const isThere = this.#waiting.take(job);
    if (this.#waiting.size === 0) this.#onIdle();
    return isThere;
  }

  #expire(job: Job): void {
    const isDoubtful = this.#doubts.has(job);
    if (!this.#take(job)) return;
    if (isDoubtful) job.reject(unknownError(TOO_LATE));
    else if (!this.#connection) job.reject(awayError(TOO_LATE));
    else job.reject(new MesosDnsError("KV_BUSY", "the key is not stored: other servers write all the time; try again"));
  }

  #away(error: MesosDnsError): void {
    if (!this.#failure) {
      const message = `keys cannot be stored: ${error.message}; they are served as they were, and writes are refused`;
      this.#options.log.error({ code: "KV_ENSEMBLE_AWAY" }, message);
    }
    this.#failure = error;
    for (const job of [...this.#waiting]) {
      if (!this.#doubts.has(job) && this.#take(job)) job.reject(awayError(error.message));
    }
  }

  async #ask<T>(ask: (connection: WritableConnection) => Promise<T>): Promise<T> {
    if (!this.#connection) throw awayError(this.#failure?.message ?? CONNECTION_LOST);
    try {
      return await this.#within(ask(this.#connection));
    } catch (error) {
      throw error instanceof ZooKeeperError ? awayError(error.message) : error;
    }
  }

  #within<T>(work: Promise<T>): Promise<T> {
    return this.#ensemble.within(ANSWER_MS, work, `it did not answer within ${ANSWER_MS / 1000} s`);
  }
}

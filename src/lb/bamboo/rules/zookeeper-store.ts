import { MesosDnsError, messageOf } from "../../../base/errors.js";
import { formatHostPort } from "../../../base/host-port.js";
import type { Logger } from "../../../base/log.js";
import type { Timers } from "../../../base/timers.js";
import type { ZkUrl } from "../../../config/zk-url.js";
import { type ConnectOptions, ZooKeeperError } from "../../../sources/mesos/zookeeper/contract.js";
import { EnsembleClient } from "../../../sources/mesos/zookeeper/ensemble.js";
import { type Rule, storedRule, znodeOf } from "./rule.js";
import { Listeners, MAX_RULES, type RulesStore, tooManyRules } from "./store.js";
import { type RulesConnection, RulesReader, type Within } from "./zookeeper-reader.js";

/** How long a server may take for an answer. */
const ANSWER_MS = 3_000;
/** Look at the names of rules at least this often, even if no watch fires: that is the only way to notice a silent server. */
const WATCH_MS = 2_000;
/** How long a write may wait for the ensemble. */
const WAIT_MS = 10_000;
const MAX_WAITING = 1_000;
const NOTHING = Buffer.alloc(0);

export interface ZooKeeperRulesOptions {
  /** With the path that rules are below: Bamboo's `Bamboo.Zookeeper.Path`. */
  readonly url: ZkUrl;
  readonly connect: (options: ConnectOptions) => RulesConnection;
  readonly timers: Timers;
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
}

/** A write that waits for its turn, and for the reading after it. */
interface Job {
  readonly run: (connection: RulesConnection, within: Within) => Promise<boolean>;
  readonly resolve: (done: boolean) => void;
  readonly reject: (error: MesosDnsError) => void;
  hasBegun: boolean;
}

/**
 * Rules where Bamboo has them, and in its form: a Bamboo beside it sees what is written here, and the other way round. They are read
 * again when their znodes come or go, and when somebody sets the parent, which Bamboo does after an update.
 */
export class ZooKeeperRules implements RulesStore {
  /** Resolves when rules have been read for the first time. */
  readonly ready: Promise<void>;
  readonly #options: ZooKeeperRulesOptions;
  readonly #ensemble: EnsembleClient<RulesConnection>;
  readonly #listeners = new Listeners();
  readonly #waiting = new Set<Job>();
  #known: ReadonlyMap<string, Rule> = new Map();
  #isReady: () => void = () => {};
  failure: MesosDnsError | undefined;

  constructor(options: ZooKeeperRulesOptions) {
    const { url, connect, timers, random, log } = options;
    this.#options = options;
    this.failure = this.#away("they have not been read yet");
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
        log.warn(
          `the connection to ZooKeeper ${formatHostPort(server)}, which has Bamboo's rules, has ended: ${reason}`,
        );
      },
      onUnreachable: (error) => this.#lose(error.message),
    });
  }

  start(): void {
    this.#ensemble.start();
  }

  rules(): ReadonlyMap<string, Rule> {
    return this.#known;
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  async put(rule: Rule): Promise<void> {
    const { path } = this.#options.url;
    if (!this.#known.has(rule.id) && this.#known.size >= MAX_RULES) throw tooManyRules();
    const node = `${path}/${znodeOf(rule.id)}`;
    const data = Buffer.from(storedRule(rule));
    await this.#submit(async (connection, within) => {
      const create = () => connection.commit(undefined, [{ kind: "create", path: node, data }]);
      if (!(await within(connection.set(node, data)))) {
        if ((await within(create())) === "done") return true;
        // Somebody else was faster.
        await within(connection.set(node, data));
      }
      return within(connection.set(path, NOTHING));
    });
  }

  remove(id: string): Promise<boolean> {
    const path = `${this.#options.url.path}/${znodeOf(id)}`;
    return this.#submit(async (connection, within) => {
      return (await within(connection.commit(undefined, [{ kind: "remove", path }]))) === "done";
    });
  }

  async close(): Promise<void> {
    await this.#ensemble.stop();
    this.#refuse("the program is stopping");
  }

  #submit(run: Job["run"]): Promise<boolean> {
    const { timers } = this.#options;
    return new Promise((resolve, reject) => {
      if (this.#waiting.size >= MAX_WAITING) {
        reject(this.#away("too many rules wait to be stored"));
        return;
      }
      const settle = (how: () => void) => {
        this.#waiting.delete(job);
        cancel();
        how();
      };
      const job: Job = {
        run,
        resolve: (done) => settle(() => resolve(done)),
        reject: (error) => settle(() => reject(error)),
        hasBegun: false,
      };
      const cancel = timers.after(WAIT_MS, () => this.#refuseOne(job, "it has not answered in time"));
      this.#waiting.add(job);
      this.#ensemble.ring();
    });
  }

  async #use(connection: RulesConnection): Promise<void> {
    const { url } = this.#options;
    const within: Within = (work) =>
      this.#ensemble.within(ANSWER_MS, work, `it did not answer within ${ANSWER_MS / 1000} s`);
    const reader = new RulesReader(connection, url.path, within);
    try {
      await reader.prepare();
      while (!this.#ensemble.stopped) {
        this.#ensemble.hush();
        const done = await this.#write(connection, within);
        this.#take(await reader.read());
        for (const [job, outcome] of done) job.resolve(outcome);
        if (this.#waiting.size === 0) await this.#ensemble.untilRung(WATCH_MS);
      }
    } catch (error) {
      for (const job of [...this.#waiting]) if (job.hasBegun) this.#refuseOne(job, messageOf(error));
      if (!(error instanceof ZooKeeperError) || error.kind !== "no-auth") throw error;
      throw new ZooKeeperError("ended", `it does not let ${url.path} be read and written by this user, or without one`);
    }
  }

  /** Does what waits. What has been done is told of when it has been read. */
  async #write(connection: RulesConnection, within: Within): Promise<ReadonlyMap<Job, boolean>> {
    const done = new Map<Job, boolean>();
    for (const job of [...this.#waiting]) {
      job.hasBegun = true;
      done.set(job, await job.run(connection, within));
    }
    return done;
  }

  #take(rules: ReadonlyMap<string, Rule> | undefined): void {
    if (this.failure) this.#options.log.info(`rules are read from ZooKeeper at ${this.#options.url.path}`);
    this.failure = undefined;
    this.#isReady();
    if (!rules) return;
    this.#known = rules;
    this.#listeners.tell();
  }

  #lose(reason: string): void {
    const failure = this.#away(reason);
    if (this.failure?.message !== failure.message) this.#options.log.error({ code: failure.code }, failure.message);
    this.failure = failure;
    this.#refuse(reason);
  }

  #refuse(reason: string): void {
    for (const job of [...this.#waiting]) this.#refuseOne(job, reason);
  }

  #refuseOne(job: Job, reason: string): void {
    const outcome = job.hasBegun ? "it is not known whether the rule is stored" : "the rule is not stored";
    job.reject(new MesosDnsError("LB_RULES_AWAY", `${outcome}: ZooKeeper is away (${reason}); try again`));
  }

  #away(reason: string): MesosDnsError {
    return new MesosDnsError("LB_RULES_AWAY", `the rules in ZooKeeper are as they were last: ${reason}`);
  }
}

import { type Backoff, NO_JITTER, pauseAfter } from "../../base/backoff.js";
import { messageOf } from "../../base/errors.js";
import { Rerun } from "../../base/rerun.js";
import { isGone } from "../../haproxy/socket.js";
import { type Outcome, outcomeOf } from "./answers.js";
import type { Balancer } from "./balancer.js";
import type { DriverParts } from "./driver-parts.js";
import { foreignChanges } from "./foreign.js";
import { type InfoOf, infoOf } from "./info.js";
import { Reloader } from "./reloader.js";
import { descriptionOf, structureOf } from "./render.js";
import { type Running, readRunning, stateCommands } from "./running.js";
import { afterSteps, asOfNow, commandsOf, planSteps, type Step } from "./steps.js";

/** How often what runs is read, whatever is believed, in milliseconds. */
const READ_MS = 30_000;
/** The same while servers wait until their last requests have ended, and where something has failed. */
const SOON_MS = 1_000;

/** Each reload that fails may have paused every service. */
const RELOAD_RETRY: Backoff = { firstMs: 2_500, lastMs: 300_000 };
/** How often it is looked whether HAProxy is there at all. */
const WATCH_MS = 1_000;
const RETRY: Backoff = { firstMs: SOON_MS, lastMs: 60_000 };

/**
 * Keeps a HAProxy that runs the same as what is wanted: servers and maps at once over its socket, all else by a reload. What stands is
 * adopted, and stays when this ends.
 */
export class HaproxyDriver {
  readonly #parts: DriverParts;
  readonly #reloader: Reloader;
  #desired: Balancer | undefined;
  #since: number | undefined;
  #running: Running | undefined;
  #info: InfoOf | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  /** What tells the structure that HAProxy has read; `undefined` if it has read what nobody here has written. */
  #loaded: string | undefined;
  /** The worker that has read it. */
  #worker: number | undefined;
  /** Whether that worker has taken the place of one that was known, and nobody here has told it to. */
  #isForeign = false;
  /** The structure that was wanted last, and what tells it. */
  #wanted = { structure: "", description: descriptionOf("") };
  /** Whether HAProxy has been there since it was last told to be started. */
  #wasThere = false;
  /** Since when servers have been waiting to go. */
  #leaving: ReadonlyMap<string, number> = new Map();
  #failures = 0;
  #reloadFrom = Number.NEGATIVE_INFINITY;
  /** Whether a reload is needed, or a start. */
  #isBehind = false;
  readonly #again: Rerun;
  #cancelWatch: () => void = () => undefined;
  #trouble: string | undefined;

  constructor(parts: DriverParts) {
    this.#parts = parts;
    this.#reloader = new Reloader(parts);
    this.#again = new Rerun({ timers: parts.timers, run: () => this.#run(), leastMs: 0 });
  }

  start(): void {
    this.#watch();
  }

  get report() {
    return { running: this.#running, info: this.#info, trouble: this.#trouble, isSettled: this.#isSettled };
  }

  /** From now on this is to run. @param since when the change became known, in milliseconds of the clock of `timers` */
  want(desired: Balancer, since: number | undefined): void {
    this.#desired = desired;
    this.#since ??= since;
    this.#again.within(0);
  }

  /** What HAProxy has against this; `undefined` if nothing. */
  faults(balancer: Balancer): Promise<string | undefined> {
    return this.#parts.host.faults(this.#parts.render(balancer));
  }

  /** Waits for what is under way. HAProxy goes on as it is. */
  async stop(): Promise<void> {
    this.#cancelWatch();
    await this.#again.stop();
  }

  /** Has a HAProxy that is gone started again at once: until then nobody is served. */
  #watch(): void {
    const { timers, isThere, log } = this.#parts;
    if (this.#again.isStopped) return;
    this.#cancelWatch = timers.after(WATCH_MS, async () => {
      if (this.#wasThere && !this.#again.isRunning && !(await isThere()) && !this.#again.isRunning) {
        log.warn("HAProxy has ended, and is started again");
        this.#wasThere = false;
        this.#running = undefined;
        this.#again.within(0);
      }
      this.#watch();
    });
  }

  /** @returns milliseconds until it has to be looked again */
  async #run(): Promise<number> {
    const { log, onReport } = this.#parts;
    try {
      const next = this.#desired ? await this.#bring(this.#desired) : READ_MS;
      // What has failed is over when it has worked, or is not needed any more.
      if (!this.#isBehind) {
        if (this.#trouble !== undefined) log.info("HAProxy follows again");
        this.#trouble = undefined;
        this.#failures = 0;
      }
      return next;
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== this.#trouble) log.warn({ reason }, "HAProxy goes on with what it has");
      this.#trouble = reason;
      this.#running = undefined;
      onReport({ kind: "failed", reason });
      return pauseAfter(this.#failures++, RETRY, NO_JITTER);
    }
  }

  /** @returns milliseconds until it has to be looked again */
  async #bring(desired: Balancer): Promise<number> {
    const now = this.#parts.timers.now();
    if (!this.#running || now >= this.#readAt + this.#readMs) {
      // Whoever wants it has been told why not, and wants something else.
      if (!(await this.#read(desired))) {
        this.#isBehind = true;
        return READ_MS;
      }
    }
    const running = this.#running as Running;
    const { steps, leaving } = planSteps(running, desired, (server) => this.#isOverdue(server, now));
    this.#leaving = new Map(leaving.map((key) => [key, this.#leaving.get(key) ?? now]));
    const outcome = await this.#take(steps, running);
    const wait = await this.#reloadIfNeeded(desired);
    if (wait === undefined && outcome.failures.length === 0) this.#noteApplied(desired);
    const isLeft = outcome.done.length < steps.length;
    const rest = this.#readAt + this.#readMs - this.#parts.timers.now();
    return Math.min(wait ?? READ_MS, isLeft ? SOON_MS : Math.max(rest, 0));
  }

  /** How long what has been read is believed. */
  get #readMs(): number {
    return this.#leaving.size > 0 ? SOON_MS : READ_MS;
  }

  /** @returns false if there is no HAProxy, and none could be started with this */
  async #read(desired: Balancer): Promise<boolean> {
    const { ask, files, timers, log } = this.#parts;
    const commands = [...stateCommands(files), "show info"];
    let answers: readonly string[];
    try {
      answers = await ask(commands);
    } catch (error) {
      if (!isGone(error)) throw error;
      if (!(await this.#reloader.start(desired))) return false;
      answers = await ask(commands);
    }
    this.#wasThere = true;
    const info = infoOf(answers.at(-1) ?? "");
    const running = readRunning(answers);
    // After a step that failed, nobody knows.
    const isKnown = this.#worker === info.pid && this.#readAt > Number.NEGATIVE_INFINITY;
    const changes = this.#running && isKnown ? foreignChanges(this.#running, running) : [];
    if (changes.length > 0) log.warn({ changes }, `somebody else has changed what HAProxy has: ${changes.join(", ")}`);
    if (this.#worker !== info.pid) await this.#meet(info);
    this.#info = info;
    this.#running = running;
    this.#readAt = timers.now();
    return true;
  }

  /** Finds out what another worker has read: its own word for it counts if the file bears it out. */
  async #meet({ pid, description }: InfoOf): Promise<void> {
    const { host, log } = this.#parts;
    const isInstalled = descriptionOf(structureOf(await host.installed())) === description;
    this.#isForeign = this.#worker !== undefined && !isInstalled;
    this.#worker = pid;
    this.#loaded = isInstalled ? description : undefined;
    if (this.#isForeign) log.warn("HAProxy has read a configuration of somebody else's: it gets its own again");
  }

  async #take(steps: readonly Step[], running: Running): Promise<Outcome> {
    if (steps.length === 0) return { done: [], failures: [] };
    const { ask, onReport, files, cookieKey } = this.#parts;
    const { addsCookies = false, isExperimental = false } = this.#info ?? {};
    const options = { files, cookieKey, addsCookies, isExperimental };
    const work = steps.map((step) => ({ step, commands: commandsOf(step, options) }));
    const outcome = outcomeOf(work, await ask(work.flatMap(({ commands }) => commands)));
    this.#running = afterSteps(running, outcome.done);
    // A step that failed may have been half done: what runs is read before the next one.
    if (outcome.failures.length > 0) this.#readAt = Number.NEGATIVE_INFINITY;
    onReport({ kind: "steps", steps: outcome.done, failures: outcome.failures });
    return outcome;
  }

  /** @returns milliseconds until the reload that is needed; `undefined` if none is */
  async #reloadIfNeeded(desired: Balancer): Promise<number | undefined> {
    const { timers, coalesceMs, minIntervalMs, render, structureOf: structure } = this.#parts;
    const cause = this.#reloadCause(desired, this.#descriptionOf(structure(desired)));
    this.#isBehind = cause !== undefined;
    if (cause === undefined) {
      this.#reloadFrom = Number.NEGATIVE_INFINITY;
      return undefined;
    }
    const now = timers.now();
    if (this.#reloadFrom === Number.NEGATIVE_INFINITY) {
      const pause = this.#failures === 0 ? minIntervalMs : pauseAfter(this.#failures, RELOAD_RETRY, NO_JITTER);
      this.#reloadFrom = Math.max(now + coalesceMs, this.#reloader.lastAt + Math.max(minIntervalMs, pause));
    }
    if (now < this.#reloadFrom) return this.#reloadFrom - now;
    this.#reloadFrom = Number.NEGATIVE_INFINITY;
    const text = render(asOfNow(desired, this.#running as Running));
    const isDone = await this.#reloader.reload(desired, text, cause);
    // Whoever wants it has been told why not, and wants something else.
    if (!isDone) return READ_MS;
    this.#isBehind = false;
    this.#running = undefined;
    // What has changed in between is carried out at once.
    return 0;
  }

  #descriptionOf(structure: string): string {
    if (structure !== this.#wanted.structure) this.#wanted = { structure, description: descriptionOf(structure) };
    return this.#wanted.description;
  }

  #reloadCause(desired: Balancer, description: string): string | undefined {
    if (description !== this.#loaded) return this.#isForeign ? "drift" : "structure";
    if (this.#running?.closed.some(({ isShutDown }) => isShutDown)) return "drift";
    const known = this.#running?.backends;
    // Somebody has had it read another configuration.
    const isForeign = desired.backends.some(({ name, servers }) => servers.length > 0 && !known?.has(name));
    return isForeign ? "drift" : undefined;
  }

  #isOverdue(key: string, now: number): boolean {
    const { drainMs } = this.#parts;
    return drainMs > 0 && now - (this.#leaving.get(key) ?? now) >= drainMs;
  }

  get #isSettled(): boolean {
    return this.#since === undefined && this.#running !== undefined;
  }

  #noteApplied(desired: Balancer): void {
    if (this.#desired !== desired) return;
    this.#parts.onReport({ kind: "applied", since: this.#since });
    this.#since = undefined;
  }
}

import { messageOf } from "../base/errors.js";
import { FindingLog } from "../base/finding-log.js";
import type { Logger } from "../base/log.js";
import { Rerun } from "../base/rerun.js";
import type { Timers } from "../base/timers.js";
import { DurationCounts } from "../health/durations.js";
import { afterSteps } from "./believed.js";
import { type Actual, type Service, serviceKey } from "./model.js";
import { endingKey, plan, type Step } from "./plan.js";
import type { DataPlane, Refusal } from "./plane.js";
import { sortOut } from "./refusals.js";
import { SinceWhen } from "./since.js";

/** Milliseconds from the beginning of a plan to that of the next one. */
const PLAN_MS = 100;
/** The same where something has failed, or is under way. */
const RETRY_MS = 1_000;
/** How often what stands is read, whatever is believed, in milliseconds. */
const READ_MS = 30_000;
/** How often it is looked whether the plane is there at all. */
const WATCH_MS = 1_000;

const LATER: ReadonlySet<Step["kind"]> = new Set(["add-service", "remove-service"]);

export interface ReconcilerParts {
  readonly plane: DataPlane;
  readonly timers: Timers;
  readonly log: Pick<Logger, "info" | "warn" | "debug">;
  /** How long a service stays that nobody wants any more. */
  readonly lingerMs: number;
  /** After how long a target that is retired has its last connections cut; 0: never. */
  readonly drainMs: number;
}

/** What a node should carry. */
export interface Desired {
  /** Sorted by key; each once. */
  readonly services: readonly Service[];
  /** Whether services that are not in it are not wanted. Otherwise they may be: then nothing is taken away. */
  readonly isComplete: boolean;
  /** When the news in it came to the server, in milliseconds of the clock of `timers`; `undefined` if nobody knows. */
  readonly since: number | undefined;
}

export interface ReconcilerReport {
  /** `undefined` before it was first read. */
  readonly actual: Actual | undefined;
  readonly desired: Desired | undefined;
  /** By key of the service. */
  readonly refused: ReadonlyMap<string, Refusal>;
  /** Steps of the last plan that have failed. */
  readonly failures: readonly string[];
  /** Why the plane as a whole cannot be read or changed. */
  readonly trouble: string | undefined;
  readonly plans: number;
  readonly steps: number;
  readonly failedSteps: number;
  /** Steps that repaired what somebody else had changed. */
  readonly drift: number;
  /** From the news at the server to what is carried here, by plane. */
  readonly syncTimes: DurationCounts;
}

/**
 * Brings what a data plane carries to what it should carry, again and again. It never begins anew: what stands is adopted, and what it takes
 * to get from one to the other is a plan, of which only what differs is part.
 */
export class Reconciler {
  readonly #parts: ReconcilerParts;
  #desired: Desired | undefined;
  #actual: Actual | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #refused: ReadonlyMap<string, Refusal> = new Map();
  readonly #unwanted = new SinceWhen();
  readonly #retired = new SinceWhen();
  readonly #syncTimes = new DurationCounts();
  /** Since when there have been news that are not carried out. */
  #newsSince: number | undefined;
  #failures: readonly string[] = [];
  #trouble: string | undefined;
  #plans = 0;
  #steps = 0;
  #failedSteps = 0;
  #drift = 0;
  /** Whether the last plan left nothing to do: then a difference that a reading shows is somebody else's. */
  #isSettled = false;
  readonly #again: Rerun;
  #cancelWatch: () => void = () => undefined;
  readonly #refusalLog: FindingLog<{ readonly service: Service; readonly refusal: Refusal }>;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
    this.#again = new Rerun({ timers: parts.timers, run: (startedAt) => this.#run(startedAt), leastMs: PLAN_MS });
    this.#refusalLog = new FindingLog(parts.log, "a virtual address is not carried here", ({ service, refusal }) => ({
      fields: { vip: service.name, reason: refusal.reason },
      text: `${service.name} is not carried here: ${refusal.detail}`,
    }));
  }

  get report(): ReconcilerReport {
    return {
      actual: this.#actual,
      desired: this.#desired,
      refused: this.#refused,
      failures: this.#failures,
      trouble: this.#trouble,
      plans: this.#plans,
      steps: this.#steps,
      failedSteps: this.#failedSteps,
      drift: this.#drift,
      syncTimes: this.#syncTimes,
    };
  }

  /** Finds out what stands. */
  start(): void {
    this.#again.within(0);
    this.#watch();
  }

  /** From now on this is to be carried. Changes that come at once are planned together. */
  want(desired: Desired): void {
    this.#desired = desired;
    this.#isSettled = false;
    this.#newsSince ??= desired.since;
    this.#again.within(0);
  }

  /** Waits for what is under way. What the plane carries stays as it is. */
  async stop(): Promise<void> {
    this.#cancelWatch();
    await this.#again.stop();
  }

  /** Has a plane that is gone started again at once: until then it refuses everybody. */
  #watch(): void {
    const { plane, timers, log } = this.#parts;
    if (!plane.isAlive || this.#again.isStopped) return;
    this.#cancelWatch = timers.after(WATCH_MS, async () => {
      const isAlive = await plane.isAlive?.();
      if (!isAlive && this.#actual && !this.#again.isStopped) {
        log.warn(`${plane.name} has ended, and is started again`);
        this.#actual = undefined;
        this.#isSettled = false;
        this.#again.within(0);
      }
      this.#watch();
    });
  }

  /** @returns milliseconds until it has to be looked again */
  async #run(startedAt: number): Promise<number> {
    const { timers, log } = this.#parts;
    let next = READ_MS;
    try {
      const isDone = await this.#reconcile();
      if (!isDone) next = RETRY_MS;
      if (this.#trouble !== undefined) log.info(`the data plane works again`);
      this.#trouble = undefined;
    } catch (error) {
      const trouble = messageOf(error);
      if (trouble !== this.#trouble) log.warn(trouble);
      this.#trouble = trouble;
      this.#actual = undefined;
      this.#isSettled = false;
      next = RETRY_MS;
    }
    return Math.min(next, this.#nextEnding(startedAt) - timers.now());
  }

  /** @returns whether everything is as it should be */
  async #reconcile(): Promise<boolean> {
    const { timers, plane } = this.#parts;
    const isReading = this.#actual === undefined || timers.now() - this.#readAt >= READ_MS;
    if (isReading) {
      this.#actual = await plane.read();
      this.#readAt = timers.now();
    }
    const desired = this.#desired;
    if (!desired || !this.#actual) return true;
    const before = this.#refused;
    const services = await this.#carried(desired, this.#actual, isReading);
    const steps = plan(services, this.#actual, this.#endings(desired, this.#actual));
    if (isReading && this.#isSettled) this.#noteDrift(steps.filter(({ service }) => !before.has(serviceKey(service))));
    const isDone = steps.length === 0 || (await this.#take(steps, this.#actual));
    this.#isSettled = isDone && this.#desired === desired;
    if (this.#isSettled) this.#noteSettled();
    return isDone;
  }

  #noteSettled(): void {
    const { plane, timers } = this.#parts;
    if (this.#newsSince !== undefined) this.#syncTimes.add(plane.name, (timers.now() - this.#newsSince) / 1_000);
    this.#newsSince = undefined;
  }

  /** The services that the plane carries or can carry. Those that it could not are tried again at each reading. */
  async #carried({ services }: Desired, actual: Actual, isReading: boolean): Promise<readonly Service[]> {
    const known = isReading ? new Map<string, Refusal>() : this.#refused;
    const { carried, refused } = await sortOut(this.#parts.plane, services, actual, known);
    this.#refused = new Map(Array.from(refused, ([key, { refusal }]) => [key, refusal]));
    this.#refusalLog.note(refused);
    return carried;
  }

  #endings({ services, isComplete }: Desired, actual: Actual) {
    const { timers, lingerMs, drainMs } = this.#parts;
    const now = timers.now();
    const wanted = new Set(services.map(serviceKey));
    this.#unwanted.note(isComplete ? actual.map(serviceKey).filter((key) => !wanted.has(key)) : [], now);
    this.#noteRetired(actual);
    return {
      services: this.#unwanted.longerThan(lingerMs, now),
      targets: this.#retired.longerThan(drainMs, now),
    };
  }

  /** Of interest only where they are cut some day. */
  #noteRetired(actual: Actual): void {
    if (this.#parts.drainMs === 0) return;
    const retired = actual.flatMap((service) =>
      service.targets.filter(({ isRetired }) => isRetired).map((target) => endingKey(service, target)),
    );
    this.#retired.note(retired, this.#parts.timers.now());
  }

  /** When the time is over of the next service that nobody wants any more, or target that is retired; it may have been over since this moment. */
  #nextEnding(moment: number): number {
    const { lingerMs, drainMs } = this.#parts;
    return Math.min(this.#unwanted.next(lingerMs, moment), this.#retired.next(drainMs, moment));
  }

  #noteDrift(steps: readonly Step[]): void {
    const repairs = steps.filter(({ kind }) => kind !== "delete-target" && kind !== "remove-service");
    if (repairs.length === 0) return;
    this.#drift += repairs.length;
    this.#parts.log.warn(
      { steps: repairs.length },
      `somebody has changed what this node carries; it is put right: ${repairs[0].kind} ${serviceKey(repairs[0].service)}`,
    );
  }

  /** @returns whether all have been taken, and nothing is under way any more */
  async #take(steps: readonly Step[], actual: Actual): Promise<boolean> {
    const { plane, timers, log } = this.#parts;
    this.#plans++;
    this.#steps += steps.length;
    const failures = await plane.apply(steps);
    const failed = new Set(failures.map(({ step }) => step));
    this.#failedSteps += failed.size;
    this.#failures = failures.map(({ step, reason }) => `${step.kind} ${serviceKey(step.service)}: ${reason}`);
    for (const failure of this.#failures) log.debug(failure);
    const isLater = ({ kind }: Step) => plane.changesServicesLater && LATER.has(kind);
    const taken = steps.filter((step) => !failed.has(step) && !isLater(step));
    this.#actual = afterSteps(actual, taken, plane.keepsDrained);
    this.#noteRetired(this.#actual);
    const isSure = taken.length === steps.length;
    // What has failed may have been half done. What comes later has not come yet, and other changes do not wait for that.
    if (failed.size > 0) this.#readAt = Number.NEGATIVE_INFINITY;
    else if (!isSure) this.#readAt = Math.min(this.#readAt, timers.now() + RETRY_MS - READ_MS);
    return isSure;
  }
}

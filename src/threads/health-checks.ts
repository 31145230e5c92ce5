import { messageOf } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { Instance } from "../config/health.js";
import { Checker } from "../health/checker.js";
import { loadOverrides, type OverrideFiles, saveOverrides } from "../health/override-file.js";
import { nextEnd, type Override, type Overrides, withoutExpired } from "../health/overrides.js";
import type { Probe } from "../health/probe.js";
import type { HealthReport, InstanceReport } from "../health/report.js";
import { type CheckState, isFlapping } from "../health/state.js";
import { unhealthyOf } from "../health/verdict.js";
import type { FromHealthThread, HealthStart, ToHealthThread } from "./messages.js";
import { Reporter } from "./reporter.js";

/** The clock on the wall may be set meanwhile, and timers do not count the time that a machine is suspended. */
const LONGEST_WAIT_MS = 60_000;

export interface HealthChecksParts {
  readonly start: Omit<HealthStart, "verbosity">;
  readonly port: { postMessage(message: FromHealthThread): void };
  readonly log: Pick<Logger, "info" | "warn">;
  readonly timers: Timers;
  /** Milliseconds since the epoch. */
  readonly wallClock: () => number;
  readonly probe: Probe;
  readonly files: OverrideFiles;
}

/** When the health of an instance last changed, and how often it has. */
interface Turns {
  readonly since: number;
  readonly changes: number;
}

/** Checks targets all the time, and tells which are unhealthy whenever that changes. */
export class HealthChecks {
  readonly #parts: HealthChecksParts;
  readonly #checker: Checker;
  #instances: ReadonlyMap<string, Instance>;
  #overrides: Overrides = new Map();
  #unhealthy: ReadonlySet<string>;
  readonly #turns = new Map<string, Turns>();
  #saving: Promise<boolean> = Promise.resolve(true);
  readonly #reporter: Reporter<HealthReport>;
  #cancelEnd: () => void = () => undefined;

  constructor(parts: HealthChecksParts) {
    this.#parts = parts;
    const { timers, wallClock, probe, start } = parts;
    this.#instances = byName(start.instances);
    this.#unhealthy = new Set(start.unhealthy);
    this.#reporter = new Reporter({
      timers,
      read: () => this.#report(),
      post: (report) => parts.port.postMessage({ kind: "report", report }),
    });
    this.#checker = new Checker({
      timers,
      wallClock,
      probe,
      known: new Map(start.known),
      onResult: (instance, before, after) => this.#noteResult(instance, before, after),
    });
  }

  /** Reads what people have said before, and begins to check. */
  async begin(): Promise<void> {
    const { start, files, log } = this.#parts;
    // Those of an earlier thread are newer than the file, which may not even be there.
    if (start.overrides) this.#overrides = start.overrides;
    else if (start.stateDir !== "") {
      this.#overrides = await loadOverrides(start.stateDir, files).catch((error: unknown) => {
        log.warn(`the health overrides of before are lost: ${messageOf(error)}; set them again where they are needed`);
        return this.#overrides;
      });
    }
    this.#configure(start.instances);
    this.#reporter.start();
  }

  /** Handles a message. The promise settles when that is done. */
  async take(message: ToHealthThread): Promise<void> {
    switch (message.kind) {
      case "configure":
        this.#configure(message.instances);
        return;
      case "override":
        await this.#override(message.id, message.instance, message.override);
        return;
      case "stop":
        await this.#stop();
    }
  }

  #configure(instances: readonly Instance[]): void {
    this.#instances = byName(instances);
    for (const name of this.#turns.keys()) if (!this.#instances.has(name)) this.#turns.delete(name);
    this.#checker.configure(instances);
    this.#judge();
  }

  async #override(id: number, instance: string, override: Override | undefined): Promise<void> {
    const { log, port } = this.#parts;
    // Those of instances that are gone are not kept for ever.
    const overrides = new Map([...this.#overrides].filter(([name]) => this.#instances.has(name)));
    if (override) overrides.set(instance, override);
    else overrides.delete(instance);
    this.#overrides = overrides;
    log.warn(
      `health check ${instance} ${override ? `is said to be ${override.force}` : "counts again"}${lasting(override)}`,
    );
    this.#judge();
    port.postMessage({ kind: "overridden", id, isKept: await this.#save(), report: this.#report() });
  }

  /** Saves one after the other. Resolves to whether the overrides are kept over a restart. */
  #save(): Promise<boolean> {
    const { start, files, log } = this.#parts;
    if (start.stateDir === "") return Promise.resolve(false);
    this.#saving = this.#saving.then(() =>
      saveOverrides(start.stateDir, this.#overrides, files).then(
        () => true,
        (error: unknown) => {
          log.warn(
            `cannot keep health overrides in ${start.stateDir}: ${messageOf(error)}; they end with this process`,
          );
          return false;
        },
      ),
    );
    return this.#saving;
  }

  #noteResult({ name }: Instance, before: CheckState, after: CheckState): void {
    if (before.isUp === after.isUp) return;
    const { log } = this.#parts;
    if (after.isUp) log.info(`health check ${name} is good again`);
    else log.warn(`health check ${name} fails: ${after.last?.error}`);
    if (isFlapping(after) && !isFlapping(before))
      log.warn(`health check ${name} changes too often: it needs more good results until it is quiet for a minute`);
    this.#judge();
  }

  /** Finds out which instances are unhealthy now, and tells it if that has changed. */
  #judge(): void {
    const { wallClock, port } = this.#parts;
    const now = wallClock();
    this.#overrides = withoutExpired(this.#overrides, now);
    const isUp = (name: string) => this.#checker.stateOf(name)?.isUp ?? true;
    const unhealthy = unhealthyOf(this.#instances, isUp, this.#overrides);
    const turned = [...this.#instances.keys()].filter((name) => unhealthy.has(name) !== this.#unhealthy.has(name));
    for (const name of turned) {
      this.#logCalculated(name, unhealthy.has(name));
      this.#turns.set(name, { since: now, changes: (this.#turns.get(name)?.changes ?? 0) + 1 });
    }
    const isChanged = turned.length > 0 || unhealthy.size !== this.#unhealthy.size;
    this.#unhealthy = unhealthy;
    if (isChanged) port.postMessage({ kind: "unhealthy", instances: [...unhealthy], report: this.#report() });
    this.#waitForEnd(now);
  }

  /** Those of targets have their lines already. */
  #logCalculated(name: string, isUnhealthy: boolean): void {
    if (this.#instances.get(name)?.check.type !== "calculated") return;
    const { log } = this.#parts;
    if (isUnhealthy) log.warn(`health check ${name} fails: too few of its checks are healthy`);
    else log.info(`health check ${name} is good again`);
  }

  /** Judges again when the next override ends. */
  #waitForEnd(now: number): void {
    this.#cancelEnd();
    const end = nextEnd(this.#overrides);
    if (end === undefined) return;
    this.#cancelEnd = this.#parts.timers.after(Math.min(LONGEST_WAIT_MS, end - now), () => this.#judge());
  }

  #report(): HealthReport {
    const instances = Array.from(this.#instances.values(), (instance) => this.#reportOf(instance));
    return { instances, durations: this.#checker.durations.entries(), late: this.#checker.late };
  }

  #reportOf({ name, check, address }: Instance): InstanceReport {
    const { since, changes = 0 } = this.#turns.get(name) ?? {};
    return {
      name,
      check: check.name,
      type: check.type,
      address,
      isHealthy: !this.#unhealthy.has(name),
      state: this.#checker.stateOf(name),
      changes,
      since,
      override: this.#overrides.get(name),
    };
  }

  async #stop(): Promise<void> {
    this.#cancelEnd();
    this.#reporter.stop();
    this.#checker.stop();
    await this.#saving;
  }
}

function byName(instances: readonly Instance[]): ReadonlyMap<string, Instance> {
  return new Map(instances.map((instance) => [instance.name, instance]));
}

function lasting(override: Override | undefined): string {
  return override?.until ? ` until ${new Date(override.until).toISOString()}` : "";
}

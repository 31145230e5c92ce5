import { Worker } from "node:worker_threads";
import type { Logger } from "../base/log.js";
import type { Timers } from "../base/timers.js";
import type { Instance } from "../config/health.js";
import type { Override } from "../health/overrides.js";
import type { HealthReport, Overridden } from "../health/report.js";
import type { FromHealthThread, HealthStart, ToHealthThread } from "./messages.js";
import { SupervisedThread, type SupervisedWorker } from "./supervised-thread.js";

export type HealthWorker = SupervisedWorker<ToHealthThread, FromHealthThread>;

export interface HealthHandleOptions {
  readonly log: Logger;
  readonly timers: Pick<Timers, "after">;
  /** Returns what a thread that starts now needs, beside what the one before it knew. */
  readonly startOf: () => Omit<HealthStart, "known" | "unhealthy" | "overrides">;
  /** Called with all unhealthy instances whenever they change. */
  readonly onUnhealthy: (instances: readonly string[]) => void;
  readonly spawn: (start: HealthStart) => HealthWorker;
}

export function spawnHealthChecks(start: HealthStart): HealthWorker {
  return new Worker(new URL("./health-thread.js", import.meta.url), { workerData: start, name: "health checks" });
}

interface AwaitedOverride {
  readonly resolve: (result: Overridden) => void;
  readonly reject: (error: Error) => void;
}

/** The main thread's handle of the thread that checks targets. A thread that is started again goes on from what the last one knew. */
export class HealthHandle {
  readonly #thread: SupervisedThread<ToHealthThread, FromHealthThread>;
  readonly #onUnhealthy: (instances: readonly string[]) => void;
  readonly #awaited = new Map<number, AwaitedOverride>();
  #overrides = 0;
  #unhealthy: readonly string[] = [];
  /** The last report; `undefined` before the first. */
  report: HealthReport | undefined;

  constructor({ log, timers, startOf, onUnhealthy, spawn }: HealthHandleOptions) {
    this.#onUnhealthy = onUnhealthy;
    this.#thread = new SupervisedThread({
      name: "health checks",
      title: "the thread that checks targets",
      log,
      timers,
      spawn: () => spawn({ ...startOf(), ...this.#known() }),
      onMessage: (message) => this.#receive(message),
      onLost: () => this.#giveUp(),
    });
  }

  start(): void {
    this.#thread.start();
  }

  configure(instances: readonly Instance[]): void {
    this.#thread.post({ kind: "configure", instances });
  }

  override(instance: string, override: Override | undefined): Promise<Overridden> {
    if (!this.#thread.worker) return Promise.reject(new Error("the thread that checks targets is being started again"));
    const id = ++this.#overrides;
    return new Promise((resolve, reject) => {
      this.#awaited.set(id, { resolve, reject });
      this.#thread.post({ kind: "override", id, instance, override });
    });
  }

  async stop(): Promise<void> {
    await this.#thread.stop({ kind: "stop" });
    this.#giveUp();
  }

  #receive(message: FromHealthThread): void {
    this.#thread.works();
    this.report = message.report;
    if (message.kind === "overridden") {
      this.#awaited.get(message.id)?.resolve(message);
      this.#awaited.delete(message.id);
    }
    if (message.kind === "unhealthy") {
      this.#unhealthy = message.instances;
      this.#onUnhealthy(message.instances);
    }
  }

  #known(): Pick<HealthStart, "known" | "unhealthy" | "overrides"> {
    const instances = this.report?.instances ?? [];
    return {
      known: instances.flatMap(({ name, state }) => (state ? [[name, state] as const] : [])),
      unhealthy: this.#unhealthy,
      overrides:
        this.report &&
        new Map(instances.flatMap(({ name, override }) => (override ? [[name, override] as const] : []))),
    };
  }

  #giveUp(): void {
    for (const { reject } of this.#awaited.values()) reject(new Error("the thread that checks targets ended"));
    this.#awaited.clear();
  }
}

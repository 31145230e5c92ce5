import type { Logger, Verbosity } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import type { HealthConfig, StateConfig } from "../config/config.js";
import { type CheckedValue, type Instance, instancesOf } from "../config/health.js";
import type { Override } from "../health/overrides.js";
import type { HealthReport, Overridden } from "../health/report.js";
import { HealthHandle, spawnHealthChecks } from "../threads/health-handle.js";

export interface HealthCheckingParts {
  readonly log: Logger;
  readonly verbosity: Verbosity;
  /** Called with all unhealthy instances whenever they change. */
  readonly onUnhealthy: (instances: readonly string[]) => void;
}

type Config = Pick<HealthConfig, "healthChecks"> & Pick<StateConfig, "stateDir">;

/** The thread that checks targets: there is one while there is anything to check. */
export class HealthChecking {
  readonly #parts: HealthCheckingParts;
  #config: Config;
  #instances: readonly Instance[];
  #handle: HealthHandle | undefined;
  /** The instances that are unhealthy. */
  unhealthy: readonly string[] = [];

  /** @param values of records whose health counts */
  constructor(parts: HealthCheckingParts, config: Config, values: readonly CheckedValue[]) {
    this.#parts = parts;
    this.#config = config;
    this.#instances = instancesOf(config.healthChecks, values);
  }

  /** The last report of the thread; `undefined` if there is none. */
  get report(): HealthReport | undefined {
    return this.#handle?.report;
  }

  start(): void {
    if (this.#instances.length === 0) return;
    const { log, verbosity } = this.#parts;
    this.#handle = new HealthHandle({
      log,
      timers: systemTimers,
      startOf: () => ({ instances: this.#instances, stateDir: this.#config.stateDir, verbosity }),
      onUnhealthy: (instances) => this.#tell(instances),
      spawn: spawnHealthChecks,
    });
    this.#handle.start();
  }

  async configure(config: Config, values: readonly CheckedValue[]): Promise<void> {
    this.#config = config;
    this.#instances = instancesOf(config.healthChecks, values);
    if (!this.#handle) this.start();
    else if (this.#instances.length > 0) this.#handle.configure(this.#instances);
    else {
      await this.stop();
      this.#tell([]);
    }
  }

  override(instance: string, override: Override | undefined): Promise<Overridden> {
    return this.#handle?.override(instance, override) ?? Promise.reject(new Error("nothing is checked"));
  }

  async stop(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.stop();
  }

  #tell(instances: readonly string[]): void {
    this.unhealthy = instances;
    this.#parts.onUnhealthy(instances);
  }
}

import type { Failure } from "../base/errors.js";
import type { Logger } from "../base/log.js";
import type { BuildReport, ServerStatus } from "./status.js";

/** Keeps the builder's reports on fetched states and builds, for /readyz and /metrics, and logs changes. */
export class StateLog {
  readonly #log: Logger;
  #build: BuildReport | undefined;
  #failure: Failure | undefined;
  #fetches = 0;
  #failures: Readonly<Record<string, number>> = {};

  constructor(log: Logger) {
    this.#log = log;
  }

  get status(): Pick<ServerStatus, "fetches" | "failures" | "build" | "failure"> {
    return { fetches: this.#fetches, failures: this.#failures, build: this.#build, failure: this.#failure };
  }

  /** The report on the last build. */
  get build(): BuildReport | undefined {
    return this.#build;
  }

  /** @param fetched false if the build was due to a changed configuration */
  noteBuild(report: BuildReport, fetched: boolean): void {
    if (fetched) this.#noteFetch(report);
    const before = this.#build;
    const { leader, names, records, tasks, serial } = report;
    if (!before) this.#log.info({ leader, names, records, tasks, serial }, "serving the cluster's names");
    else if (before.generation !== report.generation) {
      this.#log.debug({ names, records, tasks, serial, seconds: report.seconds }, "the zone changed");
    }
    this.#build = report;
  }

  noteFailure(failure: Failure): void {
    this.#failures = { ...this.#failures, [failure.code]: (this.#failures[failure.code] ?? 0) + 1 };
    if (this.#failure?.code !== failure.code || this.#failure.message !== failure.message) {
      const consequence = this.#build ? "the last good zone is served" : "there is no zone to serve yet";
      this.#log.error({ code: failure.code }, `cannot get the Mesos state, ${consequence}: ${failure.message}`);
    }
    this.#failure = failure;
  }

  #noteFetch({ leader }: BuildReport): void {
    this.#fetches++;
    const before = this.#build?.leader;
    if (this.#failure) this.#log.info({ leader }, "the Mesos state can be fetched again");
    else if (before !== undefined && before !== leader) this.#log.info({ leader, before }, "new leading master");
    this.#failure = undefined;
  }
}

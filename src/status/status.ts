import type { Failure } from "../base/errors.js";
import type { Skipped } from "../sources/mesos/cluster.js";
import type { LiveReport } from "../sources/mesos/live/report.js";

/**
 * What the main thread knows of the others, for /healthz, /readyz, /metrics and the log. Times are milliseconds since
 * the epoch; durations are seconds.
 */

/** How long each step from a master's answer to a new snapshot took. */
export const BUILD_PHASES = ["fetch", "parse", "resolve", "generate", "compile"] as const;
export type BuildPhase = (typeof BUILD_PHASES)[number];

export interface BuildReport {
  readonly generation: number;
  readonly serial: number;
  /** Names that own records. */
  readonly names: number;
  readonly records: number;
  readonly frameworks: number;
  readonly tasks: number;
  readonly agents: number;
  readonly changedShards: number;
  readonly seconds: Readonly<Record<BuildPhase, number>>;
  /** Octets of the state, decompressed. */
  readonly stateBytes: number;
  /** `host:port` of the leading master. */
  readonly leader: string;
  readonly skipped: readonly Skipped[];
  readonly fetchedAt: number;
}

export interface ZooKeeperStatus {
  readonly connected: boolean;
  /** Times a session was begun. */
  readonly sessions: number;
  /** Failed attempts to learn of the masters, by error code. */
  readonly failures: Readonly<Record<string, number>>;
  /** Masters it named last; nothing before it has named any. */
  readonly masters: number | undefined;
  /** Why what it named last may be out of date, or why it has named none. */
  readonly failure: Failure | undefined;
}

export interface ServerStatus {
  readonly startedAt: number;
  /** Whether the DNS listeners answer; "off" where the configuration wants none. */
  readonly dns: "off" | "starting" | "listening" | "failed";
  /** Successful and failed attempts to get the state. */
  readonly fetches: number;
  readonly failures: Readonly<Record<string, number>>;
  /** The last success, and what went wrong after it, if anything. */
  readonly build: BuildReport | undefined;
  /** When the state was fetched of the zone that was saved before the start; nothing where there was none. */
  readonly restoredFrom: number | undefined;
  readonly failure: Failure | undefined;
  /** The state is older than `stateMaxAgeSeconds`. */
  readonly stale: boolean;
  /** Nothing where `zk` is not configured. */
  readonly zookeeper: ZooKeeperStatus | undefined;
  /** How the cluster is followed, and what is kept or held meanwhile. */
  readonly live: LiveReport;
  /** Times the builder thread had to be started again. */
  readonly builderRestarts: number;
}

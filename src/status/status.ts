import type { Failure } from "../base/errors.js";
import type { Skipped } from "../sources/mesos/cluster.js";
import type { LiveReport } from "../sources/mesos/live/report.js";

/**
 * What the main thread knows about the other threads, for /healthz, /readyz, /metrics and the log. Times are milliseconds since
 * the epoch; durations are seconds.
 */

/** The steps from a master's response to a new snapshot. */
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
  /** The size of the decompressed state. */
  readonly stateBytes: number;
  /** `host:port` of the leading master. */
  readonly leader: string;
  readonly skipped: readonly Skipped[];
  /** RRsets of the cluster that the operator's own records hide. */
  readonly hidden: number;
  /** RRsets, such as `www.example.com A`, of which no value is healthy, so that all are answered. */
  readonly failedOpen: readonly string[];
  readonly fetchedAt: number;
}

export interface ZooKeeperStatus {
  readonly connected: boolean;
  /** How many sessions were established. */
  readonly sessions: number;
  /** Failed attempts to learn the masters, by error code. */
  readonly failures: Readonly<Record<string, number>>;
  /** How many masters ZooKeeper named last; `undefined` before the first election. */
  readonly masters: number | undefined;
  /** Why the last election may be out of date, or why there is none. */
  readonly failure: Failure | undefined;
}

/** What there is to see of the file of records. */
export interface RecordsFileReport {
  /** Times that it was read and had a fault. */
  readonly failures: number;
  /** Whether it has a fault now, so that older records are served. */
  readonly isFaulty: boolean;
}

export interface ServerStatus {
  readonly startedAt: number;
  /** Whether the DNS listeners answer; "off" if none are configured. */
  readonly dns: "off" | "starting" | "listening" | "failed";
  /** Successful fetches of the state, and failed ones by error code. */
  readonly fetches: number;
  readonly failures: Readonly<Record<string, number>>;
  /** The last build; `undefined` before the first. */
  readonly build: BuildReport | undefined;
  /** When the state behind the saved zone was fetched; `undefined` if none was saved. */
  readonly restoredFrom: number | undefined;
  /** The last failed fetch or build since the last successful one; `undefined` if there was none. */
  readonly failure: Failure | undefined;
  /** Whether the state is older than `stateMaxAgeSeconds`. */
  readonly stale: boolean;
  /** `undefined` if `zk` is not configured. */
  readonly zookeeper: ZooKeeperStatus | undefined;
  /** How the cluster is followed, and what is kept or held. */
  readonly live: LiveReport;
  /** `undefined` if `recordsFile` is not configured. */
  readonly recordsFile: RecordsFileReport | undefined;
  /** How many times the builder thread was restarted. */
  readonly builderRestarts: number;
}

import type { ForwardReport } from "../forward/report.js";
import type { QueryStats } from "../serving/query-stats.js";
import { ZONES } from "../serving/query-stats.js";
import type { ServerStatus } from "../status/status.js";
import type { ClusterFigures, Figures, ForwardingFigures, History } from "./figures.js";
import { type Counted, countedBy, hitRateBetween, latencyBetween, ratesBetween } from "./rates.js";

/** Seconds of history: what the charts show. */
export const HISTORY_SECONDS = 300;
/** Seconds over which latencies and the cache's hits are taken. */
const LATENCY_SECONDS = 10;
const HITS_SECONDS = 60;
const [LOCAL, FORWARD] = [ZONES.indexOf("local"), ZONES.indexOf("forward")];

export interface Readings {
  readonly stats: readonly QueryStats[];
  status(): ServerStatus;
  forwarding(): ForwardReport;
  /** Whether names outside the domain are forwarded. */
  isForwarding(): boolean;
  /** Why the server is not ready, and what else there is to say. */
  told(): Pick<ClusterFigures, "reasons" | "notes">;
  /** Changes of the last minute. */
  changes(): number;
  /** Milliseconds since the epoch, and on a monotonic clock. */
  wallClock(): number;
  now(): number;
}

/** Takes figures once a second, and keeps those of the last minutes. */
export class Sampler {
  readonly #readings: Readings;
  #counted: Counted[] = [];
  #figures: Figures[] = [];

  constructor(readings: Readings) {
    this.#readings = readings;
  }

  /** The last ones; `undefined` before the first. */
  get last(): Figures | undefined {
    return this.#figures.at(-1);
  }

  get history(): History {
    const figures = this.#figures;
    return {
      at: this.last?.at ?? 0,
      local: figures.map(({ queries }) => queries.local),
      forward: figures.map(({ queries }) => queries.forward),
      other: figures.map(({ queries }) => queries.none),
      latency: figures.map(({ latency }) => latency.local?.p99 ?? null),
      hitRate: figures.map(({ forwarding }) => forwarding?.hitRate ?? null),
    };
  }

  sample(): Figures {
    const { stats, changes, wallClock, now } = this.#readings;
    const report = this.#readings.forwarding();
    const counted = countedBy(stats, report, now());
    const back = (seconds: number) => this.#counted.at(-seconds) ?? this.#counted[0] ?? counted;
    const figures: Figures = {
      at: wallClock(),
      cluster: clusterFigures(this.#readings.status(), this.#readings.told()),
      ...ratesBetween(back(1), counted),
      latency: {
        local: latencyBetween(back(LATENCY_SECONDS), counted, LOCAL),
        forward: latencyBetween(back(LATENCY_SECONDS), counted, FORWARD),
      },
      forwarding: this.#readings.isForwarding()
        ? forwardingFigures(report, hitRateBetween(back(HITS_SECONDS), counted))
        : null,
      changes: changes(),
    };
    this.#counted = [...this.#counted.slice(1 - HITS_SECONDS), counted];
    this.#figures = [...this.#figures.slice(1 - HISTORY_SECONDS), figures];
    return figures;
  }

  /** Call this when nobody has looked for a while: rates over that time would be no rates of now. */
  clear(): void {
    this.#counted = [];
    this.#figures = [];
  }
}

function clusterFigures(
  { build, live, zookeeper, stale, dns, startedAt }: ServerStatus,
  told: Pick<ClusterFigures, "reasons" | "notes">,
): ClusterFigures {
  const { stream, held, heldState } = live;
  return {
    ...told,
    tasks: build?.tasks ?? null,
    names: build?.names ?? null,
    records: build?.records ?? null,
    agents: build?.agents ?? null,
    frameworks: build?.frameworks ?? null,
    leader: build?.leader ?? null,
    serial: build?.serial ?? null,
    fetchedAt: build?.fetchedAt ?? null,
    leftOut: build?.skipped.length ?? null,
    hidden: build?.hidden ?? null,
    failedOpen: build?.failedOpen ?? [],
    stale,
    stream: stream.status,
    streamFailure: stream.failure?.message ?? null,
    zookeeper: zookeeper?.connected ?? null,
    held: { agents: held.agents, frameworks: held.frameworks, tasks: held.tasks, until: held.until ?? null },
    heldState: heldState
      ? { since: heldState.since, records: heldState.records, remaining: heldState.remaining }
      : null,
    dns,
    startedAt,
  };
}

function forwardingFigures({ cache, upstreams, waiting }: ForwardReport, hitRate: number | null): ForwardingFigures {
  return {
    hitRate,
    entries: cache.entries,
    bytes: cache.bytes,
    maxBytes: cache.maxBytes,
    waiting,
    upstreams: Object.entries(upstreams).map(([resolver, { health, roundTripSeconds, inFlight, lastFailure }]) => ({
      resolver,
      health,
      roundTripSeconds: roundTripSeconds ?? null,
      inFlight,
      lastFailure,
    })),
  };
}

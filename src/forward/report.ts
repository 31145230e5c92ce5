import type { Ignored } from "./link.js";

/** The state and the counters of a forwarder: plain values, for other threads, /metrics and /v1/forward. */

/** Results of a query to an upstream. A query that is answered late counts twice: as `timeout`, and then by its reply. */
export const FORWARD_RESULTS = ["answered", "servfail", "refused", "timeout", "network_error", "bad_reply"] as const;
export type ForwardResult = (typeof FORWARD_RESULTS)[number];

export const UPSTREAM_HEALTH = ["up", "down", "loop"] as const;
export type UpstreamHealth = (typeof UPSTREAM_HEALTH)[number];

/** Upper bounds of the round-trip histogram, in seconds. */
export const ROUND_TRIP_BUCKETS = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] as const;

export interface UpstreamReport {
  readonly health: UpstreamHealth;
  /** Smoothed; undefined before the first reply. */
  readonly roundTripSeconds: number | undefined;
  readonly inFlight: number;
  readonly queries: number;
  readonly results: Readonly<Record<ForwardResult, number>>;
  readonly ignored: Readonly<Record<Ignored, number>>;
  /** Replies by round-trip time: a count for each bound, and one for all above. `sum` is in seconds. */
  readonly roundTrips: { readonly buckets: readonly number[]; readonly sum: number };
  /** Whether it is asked in random letter case. */
  readonly mixedCase: boolean;
  /** Whether it is known to answer differently, or not at all, for another letter case of a name. */
  readonly mindsCase: boolean;
  /** Its last failure, in words; "" if there was none. */
  readonly lastFailure: string;
}

/** Kinds of cached answers. Failures are not cached. */
export const CACHE_KINDS = ["positive", "nodata", "nxdomain"] as const;
export type CacheKind = (typeof CACHE_KINDS)[number];

/** Size of the cache, and how the queries that it could answer were answered. */
export interface CacheReport extends Readonly<Record<CacheKind, number>> {
  /** Of all kinds. */
  readonly entries: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly stale: number;
  readonly prefetches: number;
  readonly evictions: number;
}

export interface ForwardReport {
  /** By resolver, in the configuration's notation. */
  readonly upstreams: Readonly<Record<string, UpstreamReport>>;
  readonly cache: CacheReport;
  /** Clients' queries that wait for upstreams, and the pending questions that they wait for. */
  readonly waiting: number;
  readonly questions: number;
  /** Queries that joined a pending question. */
  readonly joined: number;
  /** Queries that were refused, as they were over a limit. */
  readonly overLimit: number;
}

/** The report of two forwarders together. An upstream has the worse health of the two. */
export function mergeReports(a: ForwardReport, b: ForwardReport): ForwardReport {
  const names = [...new Set([...Object.keys(a.upstreams), ...Object.keys(b.upstreams)])];
  const merge = (name: string) => {
    const [one, other] = [a.upstreams[name], b.upstreams[name]];
    return one && other ? mergeUpstreams(one, other) : (one ?? other);
  };
  return {
    upstreams: Object.fromEntries(names.map((name) => [name, merge(name)])),
    cache: sums(a.cache, b.cache),
    waiting: a.waiting + b.waiting,
    questions: a.questions + b.questions,
    joined: a.joined + b.joined,
    overLimit: a.overLimit + b.overLimit,
  };
}

/** @param a the report whose round-trip time is taken, if it has one */
function mergeUpstreams(a: UpstreamReport, b: UpstreamReport): UpstreamReport {
  const worse = Math.max(UPSTREAM_HEALTH.indexOf(a.health), UPSTREAM_HEALTH.indexOf(b.health));
  return {
    health: UPSTREAM_HEALTH[worse],
    roundTripSeconds: a.roundTripSeconds ?? b.roundTripSeconds,
    inFlight: a.inFlight + b.inFlight,
    queries: a.queries + b.queries,
    results: sums(a.results, b.results),
    ignored: sums(a.ignored, b.ignored),
    roundTrips: {
      buckets: a.roundTrips.buckets.map((count, i) => count + b.roundTrips.buckets[i]),
      sum: a.roundTrips.sum + b.roundTrips.sum,
    },
    mixedCase: a.mixedCase && b.mixedCase,
    mindsCase: a.mindsCase || b.mindsCase,
    lastFailure: a.lastFailure || b.lastFailure,
  };
}

function sums<K extends string>(a: Readonly<Record<K, number>>, b: Readonly<Record<K, number>>): Record<K, number> {
  const keys = Object.keys(a) as K[];
  return Object.fromEntries(keys.map((key) => [key, a[key] + b[key]])) as Record<K, number>;
}

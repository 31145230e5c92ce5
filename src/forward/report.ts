import type { Ignored } from "./link.js";

/** What a forwarder tells of itself: plain values, for other threads, /metrics and /v1/forward. */

/** What became of a query to an upstream. One that is answered late counts as `timeout` first and as what it brought then. */
export const FORWARD_RESULTS = ["answered", "servfail", "refused", "timeout", "network_error", "bad_reply"] as const;
export type ForwardResult = (typeof FORWARD_RESULTS)[number];

export const UPSTREAM_HEALTH = ["up", "down", "loop"] as const;
export type UpstreamHealth = (typeof UPSTREAM_HEALTH)[number];

/** Upper bounds in seconds. */
export const ROUND_TRIP_BUCKETS = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] as const;

export interface UpstreamReport {
  readonly health: UpstreamHealth;
  /** Smoothed; nothing before the first reply. */
  readonly roundTripSeconds: number | undefined;
  readonly inFlight: number;
  readonly queries: number;
  readonly results: Readonly<Record<ForwardResult, number>>;
  readonly ignored: Readonly<Record<Ignored, number>>;
  /** Replies by round-trip time: one count a bound, and one above all. */
  readonly roundTrips: { readonly buckets: readonly number[]; readonly sum: number };
  /** Whether names are spelled in random letter case for it. */
  readonly mixedCase: boolean;
  /** Whether it is known to have other answers, or none, for other spellings of a name. */
  readonly mindsCase: boolean;
  /** What went wrong with it last, in words; "" before anything did. */
  readonly lastFailure: string;
}

/** How a query that could be answered from the cache was answered. */
export interface CacheReport {
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
  /** By resolver, as the configuration writes it. */
  readonly upstreams: Readonly<Record<string, UpstreamReport>>;
  readonly cache: CacheReport;
  /** Queries of clients whose answer is due, and different questions among them. */
  readonly waiting: number;
  readonly questions: number;
  /** Queries that joined one for the same question that was already on its way. */
  readonly joined: number;
  /** Queries that were one too many. */
  readonly overLimit: number;
}

/** Two forwarders seen as one. An upstream is as badly off as the worse of the two says. */
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

/** @param a the one whose round-trip time is shown, if it has one */
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

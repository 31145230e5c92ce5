import type { ForwardReport } from "../forward/report.js";
import {
  DURATION_BUCKETS,
  type HistogramValues,
  type QueryStats,
  RCODES,
  TRANSPORTS,
  TYPE_LABELS,
  ZONES,
} from "../serving/query-stats.js";
import { rcodeName } from "../wire/protocol.js";
import type { Figures, Latency } from "./figures.js";

/** Counters at one moment, summed over all threads. */
export interface Counted {
  /** Milliseconds on a monotonic clock. */
  readonly at: number;
  readonly zones: readonly number[];
  readonly types: readonly number[];
  readonly rcodes: readonly number[];
  readonly dropped: number;
  readonly durations: readonly HistogramValues[];
  readonly cache: { readonly hits: number; readonly misses: number };
}

export function countedBy(stats: readonly QueryStats[], { cache }: Pick<ForwardReport, "cache">, at: number): Counted {
  const sum = (read: (one: QueryStats) => number) => stats.reduce((total, one) => total + read(one), 0);
  const requests = (type: number, zone: number) =>
    sum((one) => sumOver(TRANSPORTS, (_, t) => one.requests(t, type, zone)));
  const table = TYPE_LABELS.map((_, type) => ZONES.map((_, zone) => requests(type, zone)));
  return {
    at,
    zones: ZONES.map((_, zone) => sumOver(table, (row) => row[zone])),
    types: table.map((row) => sumOver(row, (count) => count)),
    rcodes: Array.from({ length: RCODES }, (_, rcode) =>
      sum((one) => sumOver(TRANSPORTS, (_, t) => one.responses(t, rcode))),
    ),
    dropped: sum((one) => sumOver(TRANSPORTS, (_, t) => one.droppedMessages(t))),
    durations: ZONES.map((_, zone) => stats.map((one) => one.durations(zone)).reduce(added, NO_DURATIONS)),
    cache: { hits: cache.hits, misses: cache.misses },
  };
}

const NO_DURATIONS: HistogramValues = { buckets: DURATION_BUCKETS.map(() => 0), count: 0, sum: 0 };

function added(a: HistogramValues, b: HistogramValues): HistogramValues {
  return { buckets: a.buckets.map((count, i) => count + b.buckets[i]), count: a.count + b.count, sum: a.sum + b.sum };
}

function sumOver<T>(values: readonly T[], read: (value: T, index: number) => number): number {
  return values.reduce((sum, value, index) => sum + read(value, index), 0);
}

/** What has been counted between two moments, a second. */
export function ratesBetween(
  before: Counted,
  after: Counted,
): Pick<Figures, "queries" | "types" | "rcodes" | "dropped"> {
  const seconds = Math.max(0.001, (after.at - before.at) / 1000);
  const rate = (is: number, was: number) => Math.max(0, is - was) / seconds;
  const [local, forward, none] = after.zones.map((count, i) => rate(count, before.zones[i]));
  return {
    queries: { local, forward, none },
    types: named(after.types.map((count, i) => [TYPE_LABELS[i], rate(count, before.types[i])])),
    rcodes: named(after.rcodes.map((count, i) => [rcodeName(i) ?? "other", rate(count, before.rcodes[i])])),
    dropped: rate(after.dropped, before.dropped),
  };
}

/** Those above 0. */
function named(rates: readonly (readonly [string, number])[]): Record<string, number> {
  const result: Record<string, number> = {};
  for (const [name, rate] of rates) if (rate > 0) result[name] = (result[name] ?? 0) + rate;
  return result;
}

/** How long the answers between two moments took. @param zone index in ZONES */
export function latencyBetween(before: Counted, after: Counted, zone: number): Latency | null {
  const [was, is] = [before.durations[zone], after.durations[zone]];
  const count = is.count - was.count;
  if (count <= 0) return null;
  const cumulative = is.buckets.map((value, i) => value - was.buckets[i]);
  return { p50: quantile(0.5, cumulative, count), p99: quantile(0.99, cumulative, count) };
}

/** The value below which this share lies, as Prometheus' histogram_quantile finds it: on a line between two bounds. */
function quantile(share: number, cumulative: readonly number[], count: number): number {
  const rank = share * count;
  const i = cumulative.findIndex((value) => value >= rank);
  if (i < 0) return DURATION_BUCKETS[DURATION_BUCKETS.length - 1];
  const [low, below] = i === 0 ? [0, 0] : [DURATION_BUCKETS[i - 1], cumulative[i - 1]];
  return low + (DURATION_BUCKETS[i] - low) * ((rank - below) / (cumulative[i] - below));
}

/** The share of queries between two moments that the cache answered; null if there were none that it could. */
export function hitRateBetween({ cache: was }: Counted, { cache: is }: Counted): number | null {
  const hits = is.hits - was.hits;
  const all = hits + is.misses - was.misses;
  return all > 0 ? hits / all : null;
}

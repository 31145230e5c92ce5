import { IGNORED } from "../forward/link.js";
import {
  CACHE_KINDS,
  type CacheReport,
  FORWARD_RESULTS,
  type ForwardReport,
  ROUND_TRIP_BUCKETS,
  UPSTREAM_HEALTH,
  type UpstreamReport,
} from "../forward/report.js";
import { counter, gauge, histogramSamples, type MetricSource, type Sample, single } from "./metric.js";

/** Metrics of forwarding: queries, upstreams, and the cache of their answers. */
export function forwardMetrics(report: () => ForwardReport): MetricSource[] {
  return [...queryMetrics(report), ...upstreamMetrics(report), ...cacheMetrics(() => report().cache)];
}

function queryMetrics(report: () => ForwardReport): MetricSource[] {
  return [
    gauge("mesos_dns_forwards_in_flight", "Queries of clients whose answer from a resolver is still due.", () =>
      single(report().waiting),
    ),
    gauge("mesos_dns_forward_questions_in_flight", "Different questions that resolvers are being asked.", () =>
      single(report().questions),
    ),
    counter("mesos_dns_forwards_joined_total", "Queries that waited for a question already on its way.", () =>
      single(report().joined),
    ),
    counter("mesos_dns_forwards_over_limit_total", "Queries refused because too many were on their way.", () =>
      single(report().overLimit),
    ),
  ];
}

function upstreamMetrics(report: () => ForwardReport): MetricSource[] {
  const each = (read: (one: UpstreamReport, resolver: string) => Sample[]) => () =>
    Object.entries(report().upstreams).flatMap(([resolver, one]) => read(one, resolver));
  const roundTrip = "mesos_dns_upstream_round_trip_seconds";
  return [
    {
      name: "mesos_dns_upstream_queries_total",
      type: "counter",
      help: "Queries sent to resolvers, repetitions included.",
      labelNames: ["resolver"],
      read: each(({ queries }, resolver) => [{ labels: { resolver }, value: queries }]),
    },
    {
      name: "mesos_dns_forwards_total",
      type: "counter",
      help: "What queries to resolvers came to, by resolver and result.",
      labelNames: ["resolver", "result"],
      read: each(({ results }, resolver) =>
        FORWARD_RESULTS.map((result) => ({ labels: { resolver, result }, value: results[result] })),
      ),
    },
    {
      name: "mesos_dns_upstream_replies_ignored_total",
      type: "counter",
      help: "Replies that answer nothing that was asked, late or forged, by resolver and reason.",
      labelNames: ["resolver", "reason"],
      read: each(({ ignored }, resolver) =>
        IGNORED.map((reason) => ({ labels: { resolver, reason }, value: ignored[reason] })),
      ),
    },
    {
      name: "mesos_dns_upstream_health",
      type: "gauge",
      help: "1 for what a resolver is: up, down (it does not answer) or loop (it sends our queries back).",
      labelNames: ["resolver", "health"],
      read: each((one, resolver) =>
        UPSTREAM_HEALTH.map((health) => ({ labels: { resolver, health }, value: Number(one.health === health) })),
      ),
    },
    {
      name: "mesos_dns_upstream_minds_case",
      type: "gauge",
      help: "1 for a resolver that has other answers, or none, where the letter case of a name differs.",
      labelNames: ["resolver"],
      read: each(({ mindsCase }, resolver) => [{ labels: { resolver }, value: Number(mindsCase) }]),
    },
    {
      name: "mesos_dns_upstream_in_flight",
      type: "gauge",
      help: "Queries whose answer from this resolver is still due.",
      labelNames: ["resolver"],
      read: each(({ inFlight }, resolver) => [{ labels: { resolver }, value: inFlight }]),
    },
    {
      name: roundTrip,
      type: "histogram",
      help: "Time from a query to a resolver to its reply.",
      labelNames: ["resolver"],
      read: each((one, resolver) => roundTrips(roundTrip, resolver, one)),
    },
  ];
}

function cacheMetrics(cache: () => CacheReport): MetricSource[] {
  return [
    {
      name: "mesos_dns_cache_entries",
      type: "gauge",
      help: "Answers of resolvers that are kept, by kind: positive, nodata (no such type) and nxdomain (no such name).",
      labelNames: ["kind"],
      read: () => {
        const now = cache();
        return CACHE_KINDS.map((kind) => ({ labels: { kind }, value: now[kind] }));
      },
    },
    gauge("mesos_dns_cache_bytes", "What they take.", () => single(cache().bytes)),
    gauge("mesos_dns_cache_max_bytes", "What they may take.", () => single(cache().maxBytes)),
    counter("mesos_dns_cache_hits_total", "Queries answered from the cache, with time left.", () =>
      single(cache().hits),
    ),
    counter("mesos_dns_cache_misses_total", "Queries that were not in the cache, or past their time.", () =>
      single(cache().misses),
    ),
    counter("mesos_dns_cache_stale_total", "Answers past their time that were given for want of better ones.", () =>
      single(cache().stale),
    ),
    counter("mesos_dns_cache_prefetches_total", "Answers fetched again before their time was over.", () =>
      single(cache().prefetches),
    ),
    counter("mesos_dns_cache_evictions_total", "Answers that had to make room for others.", () =>
      single(cache().evictions),
    ),
  ];
}

function roundTrips(name: string, resolver: string, { roundTrips: { buckets, sum } }: UpstreamReport): Sample[] {
  let count = 0;
  const cumulative = buckets.map((own) => {
    count += own;
    return count;
  });
  return histogramSamples(name, { resolver }, ROUND_TRIP_BUCKETS, { buckets: cumulative, count, sum });
}

import {
  DURATION_BUCKETS,
  FAMILIES,
  type HistogramValues,
  QUERY_SIZE_BUCKETS,
  type QueryStats,
  RCODES,
  SIZE_BUCKETS,
  type TlsEvent,
  TRANSPORTS,
  type Transport,
  TYPE_LABELS,
  ZONES,
} from "../serving/query-stats.js";
import { RCODE, rcodeName } from "../wire/protocol.js";
import { counter, gauge, histogramSamples, type MetricSource, type Sample, single } from "./metric.js";

/** Names of rcodes by number: the first if a number has two, and "other" if it has none. */
const RCODE_LABELS: readonly string[] = Array.from({ length: RCODES }, (_, rcode) => rcodeName(rcode) ?? "other");

/** Rcodes that have a series from the start, so that even the first response with one shows as an increase. */
const COMMON_RCODES: readonly number[] = [
  RCODE.NOERROR,
  RCODE.FORMERR,
  RCODE.SERVFAIL,
  RCODE.NXDOMAIN,
  RCODE.NOTIMP,
  RCODE.REFUSED,
];

/** Metrics of the counters of all DNS threads, summed. */
export function queryMetrics(stats: readonly QueryStats[]): MetricSource[] {
  const sum = (read: (one: QueryStats) => number) => stats.reduce((total, one) => total + read(one), 0);
  return [
    ...messageMetrics(sum, stats),
    ...requestMetrics(sum),
    ...histograms(stats),
    ...connectionMetrics(sum),
    ...tlsMetrics(sum),
  ];
}

type Sum = (read: (one: QueryStats) => number) => number;

function messageMetrics(sum: Sum, stats: readonly QueryStats[]): MetricSource[] {
  return [
    {
      name: "mesos_dns_requests_total",
      type: "counter",
      help: "Queries answered, by transport, type asked for and whose name was asked for.",
      labelNames: ["transport", "type", "zone"],
      read: () => requests(sum),
    },
    {
      name: "mesos_dns_responses_total",
      type: "counter",
      help: "Responses, by transport and rcode.",
      labelNames: ["transport", "rcode"],
      read: () => responses(sum),
    },
    {
      name: "mesos_dns_responses_truncated_total",
      type: "counter",
      help: "Responses with the TC bit: their client has to ask again over TCP.",
      labelNames: ["transport"],
      read: () =>
        TRANSPORTS.map((transport, t) =>
          sample(
            { transport },
            sum((one) => one.truncatedAnswers(t)),
          ),
        ),
    },
    {
      name: "mesos_dns_requests_dropped_total",
      type: "counter",
      help: "Messages that got no answer: they were no queries, or a rate limit withheld it.",
      labelNames: ["transport"],
      read: () =>
        TRANSPORTS.map((transport, t) =>
          sample(
            { transport },
            sum((one) => one.droppedMessages(t)),
          ),
        ),
    },
    {
      name: "mesos_dns_responses_rate_limited_total",
      type: "counter",
      help: "Responses over a rate limit, by what became of them: sent truncated, or withheld.",
      labelNames: ["action"],
      read: () => [
        sample(
          { action: "truncated" },
          sum((one) => one.rateLimited.slipped),
        ),
        sample(
          { action: "withheld" },
          sum((one) => one.rateLimited.withheld),
        ),
      ],
    },
    {
      name: "mesos_dns_udp_receive_drops_total",
      type: "counter",
      help: "Datagrams that the kernel threw away because the receive buffer was full; nothing with node:dgram.",
      labelNames: [],
      read: () => {
        const known = stats.map((one) => one.receiveDrops).filter((count) => count !== undefined);
        return known.length === 0 ? [] : single(known.reduce((total, count) => total + count, 0));
      },
    },
    counter(
      "mesos_dns_answers_partial_total",
      "Answers over TCP that have only some of the records, as all of them need more than 65,535 octets; each name is logged once.",
      () => single(sum((one) => one.partialAnswers)),
    ),
    counter(
      "mesos_dns_answer_failures_total",
      "Queries whose handling failed with an internal error; each kind is logged once.",
      () => single(sum((one) => one.failures)),
    ),
  ];
}

function requestMetrics(sum: Sum): MetricSource[] {
  return [
    {
      name: "mesos_dns_requests_by_family_total",
      type: "counter",
      help: "Queries answered, by the family of the client's address.",
      labelNames: ["family"],
      read: () =>
        FAMILIES.map((family, f) =>
          sample(
            { family },
            sum((one) => one.family(f)),
          ),
        ),
    },
    counter("mesos_dns_requests_edns_total", "Queries answered that have an OPT record (EDNS).", () =>
      single(sum((one) => one.withEdns)),
    ),
    counter("mesos_dns_requests_dnssec_ok_total", "Queries answered that have the DO bit.", () =>
      single(sum((one) => one.withDnssecOk)),
    ),
  ];
}

function histograms(stats: readonly QueryStats[]): MetricSource[] {
  const duration = "mesos_dns_request_duration_seconds";
  const size = "mesos_dns_response_size_bytes";
  const querySize = "mesos_dns_request_size_bytes";
  const durations = (zone: number) =>
    sumHistograms(
      DURATION_BUCKETS,
      stats.map((one) => one.durations(zone)),
    );
  const sizes = (transport: number) =>
    sumHistograms(
      SIZE_BUCKETS,
      stats.map((one) => one.sizes(transport)),
    );
  const querySizes = (transport: number) =>
    sumHistograms(
      QUERY_SIZE_BUCKETS,
      stats.map((one) => one.querySizes(transport)),
    );
  return [
    {
      name: duration,
      type: "histogram",
      help: "Time from a query's arrival to its answer, by whose name was asked for.",
      labelNames: ["zone"],
      read: () => ZONES.flatMap((zone, z) => histogramSamples(duration, { zone }, DURATION_BUCKETS, durations(z))),
    },
    {
      name: size,
      type: "histogram",
      help: "Octets of responses, by transport.",
      labelNames: ["transport"],
      read: () => TRANSPORTS.flatMap((transport, t) => histogramSamples(size, { transport }, SIZE_BUCKETS, sizes(t))),
    },
    {
      name: querySize,
      type: "histogram",
      help: "Octets of queries that are answered, by transport.",
      labelNames: ["transport"],
      read: () =>
        TRANSPORTS.flatMap((transport, t) =>
          histogramSamples(querySize, { transport }, QUERY_SIZE_BUCKETS, querySizes(t)),
        ),
    },
  ];
}

function connectionMetrics(sum: Sum): MetricSource[] {
  return [
    gauge("mesos_dns_tcp_connections", "DNS connections open over TCP and TLS, those not secured yet included.", () =>
      single(sum(({ connections: { opened, closed } }) => opened - closed)),
    ),
    counter("mesos_dns_tcp_connections_opened_total", "DNS connections accepted over TCP and TLS.", () =>
      single(sum((one) => one.connections.opened)),
    ),
    counter(
      "mesos_dns_tcp_connections_refused_total",
      "DNS connections over TCP and TLS closed at once because too many were open.",
      () => single(sum((one) => one.connections.refused)),
    ),
  ];
}

/** Those with TLS. */
const SECURE: readonly Transport[] = ["tls", "https"];

function tlsMetrics(sum: Sum): MetricSource[] {
  const of = (transport: Transport, event: TlsEvent) =>
    sum((one) => one.tlsEvents(TRANSPORTS.indexOf(transport), event));
  return [
    {
      name: "mesos_dns_tls_connections",
      type: "gauge",
      help: "Connections whose TLS handshake is complete, by what is spoken inside.",
      labelNames: ["transport"],
      read: () => SECURE.map((transport) => sample({ transport }, of(transport, "secured") - of(transport, "closed"))),
    },
    {
      name: "mesos_dns_tls_handshakes_total",
      type: "counter",
      help: "TLS handshakes of clients, by what is spoken inside and by result.",
      labelNames: ["transport", "result"],
      read: () =>
        SECURE.flatMap((transport) => [
          sample({ transport, result: "ok" }, of(transport, "secured")),
          sample({ transport, result: "failed" }, of(transport, "failed")),
        ]),
    },
  ];
}

function* requests(sum: Sum): Generator<Sample> {
  for (const [t, transport] of TRANSPORTS.entries()) {
    for (const [y, type] of TYPE_LABELS.entries()) {
      for (const [z, zone] of ZONES.entries()) {
        yield sample(
          { transport, type, zone },
          sum((one) => one.requests(t, y, z)),
        );
      }
    }
  }
}

function* responses(sum: Sum): Generator<Sample> {
  for (const [t, transport] of TRANSPORTS.entries()) {
    let other = 0;
    for (const [code, rcode] of RCODE_LABELS.entries()) {
      const count = sum((one) => one.responses(t, code));
      if (rcode === "other") other += count;
      else if (count > 0 || COMMON_RCODES.includes(code)) yield sample({ transport, rcode }, count);
    }
    if (other > 0) yield sample({ transport, rcode: "other" }, other);
  }
}

function sumHistograms(bounds: readonly number[], parts: readonly HistogramValues[]): HistogramValues {
  const add = (a: HistogramValues, b: HistogramValues) => ({
    buckets: a.buckets.map((count, i) => count + b.buckets[i]),
    count: a.count + b.count,
    sum: a.sum + b.sum,
  });
  return parts.reduce(add, { buckets: bounds.map(() => 0), count: 0, sum: 0 });
}

function sample(labels: Sample["labels"], value: number): Sample {
  return { labels, value };
}

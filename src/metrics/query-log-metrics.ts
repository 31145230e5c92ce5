import type { QueryLogReport } from "../query-log/counts.js";
import { counter, gauge, type MetricSource, type Sample, single } from "./metric.js";

/** @param report `undefined` if there is no query log */
export function queryLogMetrics(report: () => QueryLogReport | undefined): MetricSource[] {
  const read = (samples: (now: QueryLogReport) => Sample[]) => () => {
    const now = report();
    return now ? samples(now) : [];
  };
  return [
    counter(
      "mesos_dns_query_log_queries_total",
      "Queries that have been written to the query log.",
      read(({ written }) => single(written)),
    ),
    counter(
      "mesos_dns_query_log_bytes_total",
      "Bytes that have been written to it.",
      read(({ bytes }) => single(bytes)),
    ),
    {
      name: "mesos_dns_query_log_dropped_total",
      type: "counter",
      help: "Queries that are missing in it: they did not fit into memory (buffer), or were not written when it ended or its reader went away (write).",
      labelNames: ["reason"],
      read: read(({ overflows, lost }) => [
        { labels: { reason: "buffer" }, value: overflows },
        { labels: { reason: "write" }, value: lost },
      ]),
    },
    gauge(
      "mesos_dns_query_log_writable",
      "1 while it can be written; 0 while its file cannot, or nobody reads its socket, or nothing has been taken for 5 seconds.",
      read(({ isWorking }) => single(Number(isWorking))),
    ),
  ];
}

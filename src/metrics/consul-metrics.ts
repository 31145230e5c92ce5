import type { ConsulReport } from "../consul/report.js";
import { counter, gauge, type MetricSource, type Sample, single } from "./metric.js";

/** @param report `undefined` while Consul's API is not served */
export function consulMetrics(report: () => ConsulReport | undefined): MetricSource[] {
  const read = (samples: (now: ConsulReport) => Sample[]) => () => {
    const now = report();
    return now ? samples(now) : [];
  };
  const counts = (value: (counts: NonNullable<ConsulReport["counts"]>) => number) =>
    read(({ counts }) => (counts ? single(value(counts)) : []));
  const sizes = (value: (sizes: NonNullable<ConsulReport["sizes"]>) => number) =>
    read(({ sizes }) => (sizes ? single(value(sizes)) : []));
  return [
    gauge(
      "mesos_dns_consul_services",
      "Services in Consul's catalogue, its own among them.",
      counts(({ services }) => services),
    ),
    {
      name: "mesos_dns_consul_instances",
      type: "gauge",
      help: "Their instances, by the worst of their checks and their node's.",
      labelNames: ["status"],
      read: read(({ counts }) =>
        counts
          ? [
              { labels: { status: "passing" }, value: counts.instances - counts.critical },
              { labels: { status: "critical" }, value: counts.critical },
            ]
          : [],
      ),
    },
    gauge(
      "mesos_dns_consul_nodes",
      "Nodes in Consul's catalogue.",
      counts(({ nodes }) => nodes),
    ),
    gauge(
      "mesos_dns_consul_skipped_ports",
      "Ports of tasks that are left out of it: they have no name, or too much text.",
      counts(({ skipped }) => skipped),
    ),
    gauge(
      "mesos_dns_consul_keys",
      "Keys that are kept.",
      sizes(({ keys }) => keys),
    ),
    gauge(
      "mesos_dns_consul_key_bytes",
      "Bytes of all keys and values.",
      sizes(({ octets }) => octets),
    ),
    gauge(
      "mesos_dns_consul_sessions",
      "Sessions that have not ended.",
      sizes(({ sessions }) => sessions),
    ),
    {
      name: "mesos_dns_consul_requests_total",
      type: "counter",
      help: "Requests to Consul's API that have been answered, by kind of endpoint and by status.",
      labelNames: ["kind", "status"],
      read: read(({ requests }) =>
        Array.from(requests, ([kind, status, value]) => ({ labels: { kind, status: String(status) }, value })),
      ),
    },
    gauge(
      "mesos_dns_consul_waiting_requests",
      "Requests to Consul's API that wait for a change.",
      read(({ waiting }) => single(waiting)),
    ),
    counter(
      "mesos_dns_consul_refused_waits_total",
      "Requests that could not wait, as too many did.",
      read(({ refusedWaits }) => single(refusedWaits)),
    ),
    counter(
      "mesos_dns_consul_refused_writes_total",
      "Writes that were refused because of who asked.",
      read(({ refusedWrites }) => single(refusedWrites)),
    ),
  ];
}

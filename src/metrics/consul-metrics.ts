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
  return [
    gauge(
      "mesos_dns_consul_open",
      "1 if Consul's API listens, 0 if it cannot, such as while somebody else has its port.",
      read(({ isOpen }) => single(Number(isOpen))),
    ),
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
    gauge(
      "mesos_dns_consul_keys",
      "Keys that are stored.",
      read(({ keys }) => (keys ? single(keys.keys) : [])),
    ),
    gauge(
      "mesos_dns_consul_keys_bytes",
      "Bytes of keys and values.",
      read(({ keys }) => (keys ? single(keys.octets) : [])),
    ),
    gauge(
      "mesos_dns_consul_sessions",
      "Sessions that are open.",
      read(({ keys }) => (keys ? single(keys.sessions) : [])),
    ),
    gauge(
      "mesos_dns_consul_keys_writable",
      "1 if keys can be stored, 0 since a write failed, or while the ensemble that keeps them is away.",
      read(({ keys }) => (keys ? single(Number(keys.isWritable)) : [])),
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

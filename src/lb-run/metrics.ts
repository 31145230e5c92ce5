import { CHECK_SECONDS } from "../health/durations.js";
import type { LbReport } from "../lb/report.js";
import { counter, gauge, histogramSamples, type MetricSource, type Sample, single } from "../metrics/metric.js";

const MODEL = "mesos_dns_lb_model_seconds";
const APPLIED = "mesos_dns_lb_event_to_applied_seconds";

/** The metrics of a load balancer. docs/load-balancer.md lists them. */
export function lbMetrics(read: () => LbReport, wallClock: () => number): MetricSource[] {
  const times = (name: string, about: string) => ({
    name,
    type: "histogram" as const,
    help: about,
    labelNames: [],
    read: () => {
      const wanted = name === MODEL ? "model" : "applied";
      const series = read()
        .stats.times.entries()
        .filter(([kind]) => kind === wanted);
      return series.flatMap(([, durations]): Sample[] => histogramSamples(name, {}, CHECK_SECONDS, durations));
    },
  });
  return [
    gauge("mesos_dns_lb_services", "Services that HAProxy carries.", () => single(read().carried().services.length)),
    {
      name: "mesos_dns_lb_servers",
      type: "gauge",
      help: "Their servers, by what HAProxy says of them; `configured` where it is not asked.",
      labelNames: ["state"],
      read: () => Array.from(serverStates(read()), ([state, value]) => ({ labels: { state }, value })),
    },
    gauge("mesos_dns_lb_refused", "Services that do not run as they ask to.", () =>
      single(read().carried().refused.length),
    ),
    gauge(
      "mesos_dns_lb_conflicts",
      "Ports and names that an app does not get or has to share, as others ask for them.",
      () => single(read().carried().conflicts.length),
    ),
    {
      name: "mesos_dns_lb_reloads_total",
      type: "counter",
      help: "Reloads of HAProxy, by cause and result.",
      labelNames: ["cause", "result"],
      read: () =>
        Array.from(read().stats.reloads, ([key, value]) => {
          const [cause = "", result = ""] = key.split(" ");
          return { labels: { cause, result }, value };
        }),
    },
    {
      name: "mesos_dns_lb_runtime_steps_total",
      type: "counter",
      help: "Changes that HAProxy has taken without a reload, by kind.",
      labelNames: ["kind"],
      read: () => Array.from(read().stats.steps, ([kind, value]) => ({ labels: { kind }, value })),
    },
    counter("mesos_dns_lb_runtime_step_failures_total", "Changes that it has not taken; they are tried again.", () =>
      single(read().stats.stepFailures),
    ),
    times(MODEL, "Seconds that it takes to find out what HAProxy should run."),
    times(APPLIED, "Seconds from the news to HAProxy that carries them."),
    {
      name: "mesos_dns_lb_source_age_seconds",
      type: "gauge",
      help: "Seconds since a Marathon has last told what there is.",
      labelNames: ["source"],
      read: () =>
        read().sources.flatMap(({ name, currentAt }) =>
          currentAt === undefined ? [] : [{ labels: { source: name }, value: (wallClock() - currentAt) / 1_000 }],
        ),
    },
    {
      name: "mesos_dns_lb_haproxy_info",
      type: "gauge",
      help: "1 while HAProxy answers, with its version.",
      labelNames: ["version"],
      read: () => {
        const { info, trouble } = read();
        return info ? [{ labels: { version: info.version }, value: trouble === undefined ? 1 : 0 }] : [];
      },
    },
    gauge(
      "mesos_dns_lb_haproxy_uptime_seconds",
      "Seconds that HAProxy's worker had run when it was last asked.",
      () => {
        const { info } = read();
        return info ? single(info.uptimeSeconds) : [];
      },
    ),
  ];
}

function serverStates(report: LbReport): ReadonlyMap<string, number> {
  const counts = new Map([
    ["up", 0],
    ["down", 0],
    ["maintenance", 0],
  ]);
  for (const { servers } of report.carried().services) {
    for (const { state } of servers) counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

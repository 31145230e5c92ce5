import { CHECK_SECONDS } from "../health/durations.js";
import { counter, gauge, histogramSamples, type MetricSource, type Sample, single } from "../metrics/metric.js";
import type { NodeReport } from "./report.js";

const SYNC = "mesos_dns_vip_sync_seconds";

/** The metrics of a node. docs/vips.md lists them. */
export function nodeMetrics(read: () => NodeReport): MetricSource[] {
  const carried = (report: NodeReport) => report.plane.actual ?? [];
  const byReason = ({ plane }: NodeReport) => {
    const counts = new Map<string, number>();
    for (const { reason } of plane.refused.values()) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    return counts;
  };
  return [
    gauge("mesos_dns_vip_carried", "Virtual addresses and ports that this node carries.", () =>
      single(carried(read()).length),
    ),
    {
      name: "mesos_dns_vip_targets",
      type: "gauge",
      help: "Their targets: those that get new connections, and those that only keep the ones that they have.",
      labelNames: ["state"],
      read: () => {
        const targets = carried(read()).flatMap((service) => service.targets);
        const isReady = ({ weight, isRetired }: (typeof targets)[number]) => weight > 0 && !isRetired;
        const ready = targets.filter(isReady).length;
        return [
          { labels: { state: "ready" }, value: ready },
          { labels: { state: "draining" }, value: targets.length - ready },
        ];
      },
    },
    {
      name: "mesos_dns_vip_unsupported",
      type: "gauge",
      help: "Virtual addresses that this node cannot carry, by reason.",
      labelNames: ["reason"],
      read: () => Array.from(byReason(read()), ([reason, value]) => ({ labels: { reason }, value })),
    },
    {
      name: SYNC,
      type: "histogram",
      help: "Seconds from a change that came to the server to the same on this node.",
      labelNames: ["plane"],
      read: () => {
        const series = read().plane.syncTimes.entries();
        return series.flatMap(([plane, times]): Sample[] => histogramSamples(SYNC, { plane }, CHECK_SECONDS, times));
      },
    },
    counter("mesos_dns_vip_plans_total", "Plans that have been carried out.", () => single(read().plane.plans)),
    counter("mesos_dns_vip_steps_total", "Their steps.", () => single(read().plane.steps)),
    counter("mesos_dns_vip_step_failures_total", "Steps that could not be taken; they are tried again.", () =>
      single(read().plane.failedSteps),
    ),
    counter("mesos_dns_vip_drift_total", "Steps that put right what somebody else had changed.", () =>
      single(read().plane.drift),
    ),
    gauge("mesos_dns_vip_plane_up", "1 while the data plane can be read and changed.", () =>
      single(read().plane.trouble === undefined && read().plane.actual ? 1 : 0),
    ),
    gauge("mesos_dns_vip_source_up", "1 while the table is followed; otherwise the last one stays in service.", () =>
      single(read().source.trouble === undefined && read().source.from !== undefined ? 1 : 0),
    ),
  ];
}

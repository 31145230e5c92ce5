import { CHECK_SECONDS } from "../health/durations.js";
import type { HealthReport, InstanceReport } from "../health/report.js";
import { counter, histogramSamples, type MetricSource, type Sample, single } from "./metric.js";

const SECONDS_NAME = "mesos_dns_health_check_duration_seconds";
const LABELS = ["check", "target"];

/** @param report the last one of the thread that checks targets; `undefined` while nothing is checked */
export function healthMetrics(report: () => HealthReport | undefined): MetricSource[] {
  const each = (value: (instance: InstanceReport) => number) => () =>
    (report()?.instances ?? []).map((instance) => ({ labels: labelsOf(instance), value: value(instance) }));
  return [
    {
      name: "mesos_dns_health_check_up",
      type: "gauge",
      help: "1 if the target is healthy, by its checks or by what people have said; 0 if not.",
      labelNames: LABELS,
      read: each(({ isHealthy }) => Number(isHealthy)),
    },
    {
      name: "mesos_dns_health_check_forced",
      type: "gauge",
      help: "1 if people have said what the target is, whatever its checks say.",
      labelNames: LABELS,
      read: each(({ override }) => Number(override !== undefined)),
    },
    {
      name: "mesos_dns_health_check_changes_total",
      type: "counter",
      help: "How often the target has become unhealthy or healthy again.",
      labelNames: LABELS,
      read: each(({ changes }) => changes),
    },
    {
      name: SECONDS_NAME,
      type: "histogram",
      help: "How long checks took, until there was a result.",
      labelNames: ["check"],
      read: () =>
        (report()?.durations ?? []).flatMap(([check, durations]) =>
          histogramSamples(SECONDS_NAME, { check }, CHECK_SECONDS, durations),
        ),
    },
    counter(
      "mesos_dns_health_checks_late_total",
      "Checks that began more than an interval later than they were due, as too many others were under way.",
      (): Sample[] => {
        const late = report()?.late;
        return late === undefined ? [] : single(late);
      },
    ),
  ];
}

function labelsOf({ check, address }: InstanceReport) {
  return { check, target: address ?? "" };
}

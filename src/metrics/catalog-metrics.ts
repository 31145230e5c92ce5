import type { CatalogCounts } from "../catalog/model.js";
import { gauge, type MetricSource, type Sample, single } from "./metric.js";

export interface CatalogSources {
  /** `undefined` if no catalogue is kept, or before the first one. */
  readonly counts: () => CatalogCounts | undefined;
  /** How many requests wait for a change. */
  readonly waiters: () => number;
}

export function catalogMetrics({ counts, waiters }: CatalogSources): MetricSource[] {
  const read = (value: (counts: CatalogCounts) => number) => (): Sample[] => {
    const known = counts();
    return known ? single(value(known)) : [];
  };
  return [
    gauge(
      "mesos_dns_catalog_services",
      "Services in the catalogue.",
      read(({ services }) => services),
    ),
    gauge(
      "mesos_dns_catalog_instances",
      "Their instances: tasks that run or are being killed, and whose agent is known.",
      read(({ instances }) => instances),
    ),
    gauge(
      "mesos_dns_catalog_nodes",
      "Agents in the catalogue.",
      read(({ nodes }) => nodes),
    ),
    {
      name: "mesos_dns_catalog_dropped",
      type: "gauge",
      help: "What is left out because it is malformed or over a limit, by what it is.",
      labelNames: ["what"],
      read: () => dropped(counts()),
    },
    gauge("mesos_dns_catalog_waiters", "Requests that wait for news of it.", () => single(waiters())),
  ];
}

function dropped(counts: CatalogCounts | undefined): Sample[] {
  if (!counts) return [];
  return [
    { labels: { what: "facts" }, value: counts.droppedFacts },
    { labels: { what: "tasks" }, value: counts.droppedTasks },
  ];
}

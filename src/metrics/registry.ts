import { Registry } from "prom-client";
import { VERSION } from "../base/version.js";
import type { ConsulReport } from "../consul/report.js";
import type { ForwardReport } from "../forward/report.js";
import type { HealthReport } from "../health/report.js";
import type { QueryLogReport } from "../query-log/counts.js";
import type { QueryStats } from "../serving/query-stats.js";
import type { UpkeepReport } from "../status/upkeep.js";
import type { TransferNumbers } from "../transfer/report.js";
import { type CatalogSources, catalogMetrics } from "./catalog-metrics.js";
import { consulMetrics } from "./consul-metrics.js";
import { forwardMetrics } from "./forward-metrics.js";
import { healthMetrics } from "./health-metrics.js";
import { liveMetrics } from "./live-metrics.js";
import { type MetricSource, register } from "./metric.js";
import { processMetrics } from "./process-metrics.js";
import { queryLogMetrics } from "./query-log-metrics.js";
import { queryMetrics } from "./query-metrics.js";
import { type StatusSources, statusMetrics } from "./status-metrics.js";
import { transferMetrics } from "./transfer-metrics.js";
import { upkeepMetrics } from "./upkeep-metrics.js";
import { type VipSources, vipMetrics } from "./vip-metrics.js";

export interface MetricsSources extends StatusSources {
  /** The counters of every DNS thread. */
  readonly stats: readonly QueryStats[];
  readonly forwarding: () => ForwardReport;
  readonly catalog: CatalogSources;
  /** `undefined` while zones are not transferred. */
  readonly transfers: () => TransferNumbers | undefined;
  /** `undefined` while nothing is checked. */
  readonly health: () => HealthReport | undefined;
  readonly vips: VipSources;
  readonly upkeep: () => UpkeepReport;
  /** `undefined` if there is no query log. */
  readonly queryLog: () => QueryLogReport | undefined;
  /** `undefined` while Consul's API is not served. */
  readonly consul: () => ConsulReport | undefined;
}

/** Registers all metrics of /metrics, which docs/metrics.md lists. Call it on the main thread, whose event loop it measures. */
export function createRegistry(sources: MetricsSources): Registry {
  const registry = new Registry();
  const all = [
    BUILD_INFO,
    ...queryMetrics(sources.stats),
    ...forwardMetrics(sources.forwarding),
    ...statusMetrics(sources),
    ...catalogMetrics(sources.catalog),
    ...transferMetrics(sources.transfers),
    ...healthMetrics(sources.health),
    ...vipMetrics(sources.vips),
    ...consulMetrics(sources.consul),
    ...liveMetrics(() => sources.status().live),
    ...queryLogMetrics(sources.queryLog),
    ...upkeepMetrics(sources.upkeep),
    ...processMetrics(),
  ];
  for (const source of all) register(registry, source);
  return registry;
}

export const BUILD_INFO: MetricSource = {
  name: "mesos_dns_build_info",
  type: "gauge",
  help: "Always 1; the labels are the versions of this program and of Node.js.",
  labelNames: ["version", "node"],
  read: () => [{ labels: { version: VERSION, node: process.version }, value: 1 }],
};

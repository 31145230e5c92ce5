import type { UpkeepReport } from "../status/upkeep.js";
import { counter, gauge, type MetricSource, single } from "./metric.js";

const CERTIFICATE_LABELS = ["key", "file"];
const DISK_LABELS = ["key", "path"];

/** Metrics of what an operator has to renew, clear or correct in time. */
export function upkeepMetrics(report: () => UpkeepReport): MetricSource[] {
  return [
    {
      name: "mesos_dns_certificate_expiry_timestamp_seconds",
      type: "gauge",
      help: "When the certificates in a file expire, in Unix time: of a chain the first, of authorities the last.",
      labelNames: CERTIFICATE_LABELS,
      read: () =>
        report().certificates.map(({ key, file, expiresAt }) => ({ labels: { key, file }, value: expiresAt / 1000 })),
    },
    gauge("mesos_dns_config_last_reload_successful", "1 if the configuration that was read last is in use.", () =>
      single(Number(report().reloads.isLastGood)),
    ),
    gauge(
      "mesos_dns_config_last_reload_success_timestamp_seconds",
      "When the configuration in use was read, in Unix time.",
      () => single(report().reloads.loadedAt / 1000),
    ),
    counter(
      "mesos_dns_config_reload_failures_total",
      "Configurations that were read again and could not be used.",
      () => single(report().reloads.failures),
    ),
    {
      name: "mesos_dns_disk_free_bytes",
      type: "gauge",
      help: "What may still be written where this server writes.",
      labelNames: DISK_LABELS,
      read: () => report().disks.map(({ key, path, freeBytes }) => ({ labels: { key, path }, value: freeBytes })),
    },
    {
      name: "mesos_dns_disk_size_bytes",
      type: "gauge",
      help: "Size of the file systems that this server writes to.",
      labelNames: DISK_LABELS,
      read: () => report().disks.map(({ key, path, sizeBytes }) => ({ labels: { key, path }, value: sizeBytes })),
    },
    gauge("mesos_dns_zone_saved_timestamp_seconds", "When the zone in stateDir was saved, in Unix time.", () => {
      const { zoneSavedAt } = report();
      return zoneSavedAt === undefined ? [] : single(zoneSavedAt / 1000);
    }),
  ];
}

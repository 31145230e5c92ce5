import { SKIP_REASONS, type Skipped } from "../sources/mesos/cluster.js";
import type { BuildReport, ServerStatus, ZooKeeperStatus } from "../status/status.js";
import type { Snapshot } from "../zone/snapshot.js";
import { counter, gauge, type MetricSource, type Sample, single } from "./metric.js";

export interface StatusSources {
  readonly status: () => ServerStatus;
  readonly snapshot: () => Snapshot;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Metrics of the cluster, the zone and the other threads. */
export function statusMetrics(sources: StatusSources): MetricSource[] {
  return [
    ...snapshotMetrics(sources),
    ...stateMetrics(sources),
    ...zooKeeperMetrics(sources),
    ...clusterMetrics(sources),
    ...workMetrics(sources),
  ];
}

function snapshotMetrics({ status, snapshot, now }: StatusSources): MetricSource[] {
  const build = (read: (build: BuildReport) => number) => () => ofBuild(status(), read);
  return [
    gauge("mesos_dns_snapshot_ready", "1 when names come from a master's state, 0 before the first one.", () =>
      single(Number(snapshot().ready)),
    ),
    gauge("mesos_dns_snapshot_generation", "Generation of the zone data; it grows with each change.", () =>
      single(snapshot().generation),
    ),
    gauge("mesos_dns_snapshot_serial", "SOA serial of the zone.", () => single(snapshot().serial)),
    gauge(
      "mesos_dns_snapshot_names",
      "Names that own records.",
      build(({ names }) => names),
    ),
    gauge(
      "mesos_dns_snapshot_records",
      "Records served.",
      build(({ records }) => records),
    ),
    gauge(
      "mesos_dns_static_hides",
      "RRsets of the cluster that the operator's own records hide.",
      build(({ hidden }) => hidden),
    ),
    {
      name: "mesos_dns_policy_fail_open",
      type: "gauge",
      help: "1 for each RRset with a policy of which no value is healthy, so that all are answered.",
      labelNames: ["name"],
      read: () => (status().build?.failedOpen ?? []).map((name) => ({ labels: { name }, value: 1 })),
    },
    gauge("mesos_dns_records_file_faulty", "1 while the file of records has a fault and older ones are served.", () => {
      const { recordsFile } = status();
      return recordsFile ? single(Number(recordsFile.isFaulty)) : [];
    }),
    counter("mesos_dns_records_file_failures_total", "Times the file of records was read and had a fault.", () => {
      const { recordsFile } = status();
      return recordsFile ? single(recordsFile.failures) : [];
    }),
    gauge(
      "mesos_dns_snapshot_changed_shards",
      "Parts of the zone data, of 256, that the last build replaced.",
      build(({ changedShards }) => changedShards),
    ),
    gauge("mesos_dns_snapshot_age_seconds", "Time since the state that the zone comes from was fetched.", () => {
      const { build: last, restoredFrom } = status();
      const from = last?.fetchedAt ?? restoredFrom;
      return from === undefined ? [] : single(Math.max(0, now() - from) / 1000);
    }),
    {
      name: "mesos_dns_build_duration_seconds",
      type: "gauge",
      help: "Time each phase of the last build took, from asking a master to the new zone.",
      labelNames: ["phase"],
      read: () => Object.entries(status().build?.seconds ?? {}).map(([phase, value]) => ({ labels: { phase }, value })),
    },
  ];
}

function stateMetrics({ status }: StatusSources): MetricSource[] {
  return [
    counter("mesos_dns_state_fetches_total", "Times the state was fetched and understood.", () =>
      single(status().fetches),
    ),
    {
      name: "mesos_dns_state_failures_total",
      type: "counter",
      help: "Failed attempts to get the state, by error code.",
      labelNames: ["code"],
      read: () => Object.entries(status().failures).map(([code, value]) => ({ labels: { code }, value })),
    },
    gauge("mesos_dns_state_last_fetch_timestamp_seconds", "When the last state was fetched, in Unix time.", () =>
      ofBuild(status(), ({ fetchedAt }) => fetchedAt / 1000),
    ),
    gauge("mesos_dns_state_bytes", "Size of the last state, decompressed.", () =>
      ofBuild(status(), ({ stateBytes }) => stateBytes),
    ),
    gauge("mesos_dns_state_stale", "1 when the state is older than stateMaxAgeSeconds.", () =>
      single(Number(status().stale)),
    ),
  ];
}

function zooKeeperMetrics({ status }: StatusSources): MetricSource[] {
  const read = (value: (zookeeper: ZooKeeperStatus) => number | undefined) => () => {
    const { zookeeper } = status();
    const known = zookeeper && value(zookeeper);
    return known === undefined ? [] : single(known);
  };
  return [
    gauge(
      "mesos_dns_zookeeper_connected",
      "1 while there is a session with a ZooKeeper server.",
      read(({ connected }) => Number(connected)),
    ),
    counter(
      "mesos_dns_zookeeper_sessions_total",
      "Sessions begun with ZooKeeper servers.",
      read(({ sessions }) => sessions),
    ),
    {
      name: "mesos_dns_zookeeper_failures_total",
      type: "counter",
      help: "Failed attempts to learn of the masters from ZooKeeper, by error code.",
      labelNames: ["code"],
      read: () =>
        Object.entries(status().zookeeper?.failures ?? {}).map(([code, value]) => ({ labels: { code }, value })),
    },
    gauge(
      "mesos_dns_zookeeper_masters",
      "Masters that ZooKeeper named last.",
      read(({ masters }) => masters),
    ),
  ];
}

function clusterMetrics({ status }: StatusSources): MetricSource[] {
  const build = (read: (build: BuildReport) => number) => () => ofBuild(status(), read);
  return [
    gauge(
      "mesos_dns_cluster_tasks",
      "Running tasks in the last state.",
      build(({ tasks }) => tasks),
    ),
    gauge(
      "mesos_dns_cluster_agents",
      "Agents in the last state.",
      build(({ agents }) => agents),
    ),
    gauge(
      "mesos_dns_cluster_frameworks",
      "Frameworks in the last state.",
      build(({ frameworks }) => frameworks),
    ),
    {
      name: "mesos_dns_skipped",
      type: "gauge",
      help: "Things of the last state that are left out of the zone, by kind and reason.",
      labelNames: ["kind", "reason"],
      read: () => skipped(status().build?.skipped),
    },
  ];
}

function workMetrics({ status }: StatusSources): MetricSource[] {
  return [
    gauge("mesos_dns_listening", "1 when the DNS listeners are open.", () =>
      single(Number(status().dns === "listening")),
    ),
    counter("mesos_dns_builder_restarts_total", "Times the builder thread had to be started again.", () =>
      single(status().builderRestarts),
    ),
  ];
}

const SKIPPED_KINDS: readonly Skipped["kind"][] = ["task", "agent", "framework"];

/** Always has all combinations, so that one without skips shows as 0; no samples before the first state. */
function skipped(all: readonly Skipped[] | undefined): Sample[] {
  if (!all) return [];
  const counts = new Map<string, number>();
  for (const { kind, reason } of all) counts.set(kind + reason, (counts.get(kind + reason) ?? 0) + 1);
  return SKIPPED_KINDS.flatMap((kind) =>
    SKIP_REASONS.map((reason) => ({ labels: { kind, reason }, value: counts.get(kind + reason) ?? 0 })),
  );
}

function ofBuild({ build }: ServerStatus, read: (build: BuildReport) => number): Sample[] {
  return build ? single(read(build)) : [];
}

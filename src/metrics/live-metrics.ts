import { DIFFERENCE_KINDS, type LiveReport } from "../sources/mesos/live/report.js";
import { counter, gauge, type MetricSource, single } from "./metric.js";

/** Metrics of following the cluster between two states, and of what is served although the master does not report it. */
export function liveMetrics(report: () => LiveReport): MetricSource[] {
  return [...streamMetrics(report), ...guardMetrics(report), loginExpiry(report)];
}

function streamMetrics(report: () => LiveReport): MetricSource[] {
  const byLabel = (label: string, counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([key, value]) => ({ labels: { [label]: key }, value }));
  return [
    gauge("mesos_dns_stream_connected", "1 while the leading master's events are followed.", () =>
      single(Number(report().stream.status === "connected")),
    ),
    counter("mesos_dns_stream_reconnects_total", "Streams of events begun after the first.", () =>
      single(Math.max(0, report().stream.subscriptions - 1)),
    ),
    {
      name: "mesos_dns_stream_events_total",
      type: "counter",
      help: "Events received, by type.",
      labelNames: ["type"],
      read: () => byLabel("type", report().stream.events),
    },
    {
      name: "mesos_dns_stream_failures_total",
      type: "counter",
      help: "Streams that ended or could not be begun, by error code.",
      labelNames: ["code"],
      read: () => byLabel("code", report().stream.failures),
    },
    {
      name: "mesos_dns_state_differences_total",
      type: "counter",
      help: "What a state said otherwise than the events before it, by kind. It is corrected.",
      labelNames: ["kind"],
      read: () => DIFFERENCE_KINDS.map((kind) => ({ labels: { kind }, value: report().differences[kind] })),
    },
  ];
}

function loginExpiry(report: () => LiveReport): MetricSource {
  return gauge(
    "mesos_dns_login_token_expiry_timestamp_seconds",
    "When the token of the login at masters expires, in Unix time.",
    () => {
      const { loginExpiresAt } = report();
      return loginExpiresAt === undefined ? [] : single(loginExpiresAt / 1000);
    },
  );
}

function guardMetrics(report: () => LiveReport): MetricSource[] {
  const held = (what: "agents" | "frameworks" | "tasks") => () => single(report().held[what]);
  return [
    gauge(
      "mesos_dns_guard_held_tasks",
      "Tasks whose records stay until their agent or framework is back.",
      held("tasks"),
    ),
    gauge("mesos_dns_guard_held_agents", "Agents that have not come back to the leading master.", held("agents")),
    gauge("mesos_dns_guard_held_frameworks", "Frameworks that have not come back to it.", held("frameworks")),
    gauge("mesos_dns_guard_state_held", "1 while a state that would remove too much waits to be confirmed.", () =>
      single(Number(report().heldState !== undefined)),
    ),
    counter(
      "mesos_dns_guard_held_states_total",
      "States that were held because they would have removed too much.",
      () => single(report().heldStates),
    ),
  ];
}

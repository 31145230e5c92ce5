import type { Change } from "./cluster.js";

/** What the server says of itself at /metrics; a figure that is not there yet is absent. */
export interface Figures {
  readonly tasks?: number | undefined;
  readonly names?: number | undefined;
  readonly records?: number | undefined;
  readonly serial?: number | undefined;
  readonly queries?: number | undefined;
}

/** @param metrics in Prometheus' text format */
export function figuresIn(metrics: string): Figures {
  return {
    tasks: sumOf(metrics, "mesos_dns_cluster_tasks"),
    names: sumOf(metrics, "mesos_dns_snapshot_names"),
    records: sumOf(metrics, "mesos_dns_snapshot_records"),
    serial: sumOf(metrics, "mesos_dns_snapshot_serial"),
    queries: sumOf(metrics, "mesos_dns_requests_total"),
  };
}

/** Everything there is to say in one line, short enough for most terminals. */
export function statusLine(figures: Figures, change: Change | undefined): string {
  const { tasks, names, records, serial, queries } = figures;
  const parts = [
    `${shown(tasks)} tasks`,
    `${shown(names)} names`,
    `${shown(records)} records`,
    `serial ${shown(serial)}`,
    `${shown(queries)} queries`,
  ];
  return parts.join(", ") + (change ? `; ${change.text}` : "");
}

/** The sum of a metric's series; `undefined` if there are none. @param metrics in Prometheus' text format */
export function sumOf(metrics: string, name: string): number | undefined {
  const values = metrics
    .split("\n")
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .map((line) => Number(line.slice(line.lastIndexOf(" ") + 1)));
  return values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0);
}

function shown(figure: number | undefined): string {
  return figure === undefined ? "-" : String(figure);
}

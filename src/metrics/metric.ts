import type { Metric, Registry } from "prom-client";
import type { HistogramValues } from "../serving/query-stats.js";

export type Labels = Readonly<Record<string, string | number>>;

export interface Sample {
  /** Set if it differs from the metric's name: for the parts of a histogram. */
  readonly metricName?: string;
  readonly labels: Labels;
  readonly value: number;
}

/** A metric whose values are kept elsewhere, and read only when Prometheus scrapes. */
export interface MetricSource {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labelNames: readonly string[];
  /** Yields no sample for an unknown value: an absent series is better than a wrong 0. */
  read(): Iterable<Sample>;
}

/** Registers a metric that is read from its source at each scrape. */
export function register(registry: Registry, source: MetricSource): void {
  const { name, help, type, labelNames } = source;
  const aggregator = "sum";
  const get = async () => ({ name, help, type, aggregator, values: [...source.read()] });
  // prom-client's types accept only its own classes, but its registry uses no more of a metric than this.
  registry.registerMetric({ name, help, type, labelNames, aggregator, get } as unknown as Metric);
}

/** A counter without labels. */
export function counter(name: string, help: string, read: () => Sample[]): MetricSource {
  return { name, type: "counter", help, labelNames: [], read };
}

/** A gauge without labels. */
export function gauge(name: string, help: string, read: () => Sample[]): MetricSource {
  return { name, type: "gauge", help, labelNames: [], read };
}

/** The one sample of a metric without labels. */
export function single(value: number): Sample[] {
  return [{ labels: {}, value }];
}

/** The samples of one series of a histogram. */
export function histogramSamples(
  name: string,
  labels: Labels,
  bounds: readonly number[],
  { buckets, count, sum }: HistogramValues,
): Sample[] {
  const bucket = (le: number | string, value: number) => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le },
    value,
  });
  return [
    ...bounds.map((bound, i) => bucket(bound, buckets[i])),
    bucket("+Inf", count),
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}

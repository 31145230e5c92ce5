import type { Counts } from "../transfer/counts.js";
import { SECONDS, type TransferNumbers } from "../transfer/report.js";
import { counter, gauge, histogramSamples, type MetricSource, type Sample, single } from "./metric.js";

const SECONDS_NAME = "mesos_dns_transfer_seconds";

/** @param numbers the last report of the thread that transfers; `undefined` while zones are not transferred */
export function transferMetrics(numbers: () => TransferNumbers | undefined): MetricSource[] {
  const read = (samples: (now: TransferNumbers) => Sample[]) => () => {
    const now = numbers();
    return now ? samples(now) : [];
  };
  return [
    labelled("mesos_dns_transfers_total", "Queries for zone transfers, by what was sent and what it came to.", {
      labels: ["zone", "kind", "result"],
      read: read(({ transfers }) => samplesOf(transfers, ["zone", "kind", "result"])),
    }),
    counter(
      "mesos_dns_transfer_bytes_total",
      "Bytes of complete transfers.",
      read(({ bytes }) => single(bytes)),
    ),
    {
      name: SECONDS_NAME,
      type: "histogram",
      help: "How long complete transfers took, until the last message was written.",
      labelNames: [],
      read: read(({ seconds }) => secondsOf(seconds)),
    },
    gauge(
      "mesos_dns_transfers_active",
      "Transfers that are under way.",
      read(({ running }) => single(running)),
    ),
    gauge(
      "mesos_dns_ixfr_journal_bytes",
      "Memory for the differences between versions of all zones.",
      read(({ journalBytes }) => single(journalBytes)),
    ),
    {
      name: "mesos_dns_ixfr_journal_steps",
      type: "gauge",
      help: "Versions that the journal reaches back.",
      labelNames: ["zone"],
      read: read(({ journalSteps }) => journalSteps.map(([zone, value]) => ({ labels: { zone }, value }))),
    },
    labelled(
      "mesos_dns_ixfr_fallback_total",
      "Whole zones that were sent although a difference was asked for, by reason.",
      {
        labels: ["reason"],
        read: read(({ fallbacks }) => samplesOf(fallbacks, ["reason"])),
      },
    ),
    labelled("mesos_dns_notify_total", "NOTIFY messages to secondaries, by what they came to.", {
      labels: ["target", "result"],
      read: read(({ notifies }) => samplesOf(notifies, ["target", "result"])),
    }),
    {
      name: "mesos_dns_secondary_lag_seconds",
      type: "gauge",
      help: "Seconds since the first version was published that is newer than the one that the secondary has; 0 if it has the newest.",
      labelNames: ["target", "zone"],
      read: read(({ targets }) =>
        targets.flatMap(({ target, zone, lag: value }) =>
          value === undefined ? [] : [{ labels: { target, zone }, value }],
        ),
      ),
    },
    labelled("mesos_dns_tsig_errors_total", "Queries for zone transfers whose signature is not good.", {
      labels: ["error"],
      read: read(({ signatures }) => samplesOf(signatures, ["error"])),
    }),
  ];
}

function labelled(
  name: string,
  help: string,
  { labels, read }: { readonly labels: readonly string[]; readonly read: () => Sample[] },
): MetricSource {
  return { name, type: "counter", help, labelNames: labels, read };
}

function samplesOf(counts: Counts, names: readonly string[]): Sample[] {
  return counts.map(([values, value]) => ({
    labels: Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""])),
    value,
  }));
}

function secondsOf({ buckets, sum }: TransferNumbers["seconds"]): Sample[] {
  const count = buckets.at(-1) ?? 0;
  return histogramSamples(SECONDS_NAME, {}, SECONDS, { buckets, count, sum });
}

import type { VipCounts } from "../vips/table.js";
import { gauge, type MetricSource, type Sample, single } from "./metric.js";

export interface VipSources {
  /** `undefined` while virtual addresses are not served, and before the first table. */
  counts(): VipCounts | undefined;
  /** How many requests wait for another list. */
  waiters(): number;
  /** How many streams of changes there are. */
  streams(): number;
}

export function vipMetrics({ counts, waiters, streams }: VipSources): MetricSource[] {
  const read = (samples: (now: VipCounts) => Sample[]) => () => {
    const now = counts();
    return now ? samples(now) : [];
  };
  return [
    gauge(
      "mesos_dns_vips",
      "Virtual addresses and ports; each family and protocol by itself.",
      read(({ services }) => single(services)),
    ),
    {
      name: "mesos_dns_vip_backends",
      type: "gauge",
      help: "Their targets: of weight 0, which get no new connections, and positive.",
      labelNames: ["weight"],
      read: read(({ backends: { zero, positive } }) => [
        { labels: { weight: "0" }, value: zero },
        { labels: { weight: "positive" }, value: positive },
      ]),
    },
    {
      name: "mesos_dns_vip_skipped",
      type: "gauge",
      help: "Labels that name no virtual address although they should, by reason.",
      labelNames: ["reason"],
      read: read(({ skipped }) => Array.from(skipped, ([reason, value]) => ({ labels: { reason }, value }))),
    },
    gauge(
      "mesos_dns_vip_collisions",
      "Names that lead to an address which another name has, and so have got another one.",
      read(({ collisions }) => single(collisions.length)),
    ),
    gauge(
      "mesos_dns_vip_names_without_address",
      "Names that are not served, as no address is left for them in vips.ipv4Range or vips.ipv6Range.",
      read(({ without }) => single(without.length)),
    ),
    gauge(
      "mesos_dns_vip_waiters",
      "Requests for /v1/vips that wait for a change.",
      read(() => single(waiters())),
    ),
    gauge(
      "mesos_dns_vip_streams",
      "Streams of changes, /v1/vips/events, that are open.",
      read(() => single(streams())),
    ),
  ];
}

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DurationCounts } from "../../../src/health/durations.js";
import { nodeMetrics } from "../../../src/vip-node/metrics.js";
import type { NodeReport } from "../../../src/vip-node/report.js";

const REPORT: NodeReport = {
  planeName: "haproxy",
  source: { from: "http://192.0.2.53:8123", currentAt: 1, trouble: undefined, held: undefined },
  plane: {
    actual: [
      {
        address: "11.0.0.1",
        port: 80,
        protocol: "tcp",
        isOpen: true,
        targets: [
          { ip: "192.0.2.1", port: 80, weight: 1, isRetired: false, isIdle: false },
          { ip: "192.0.2.2", port: 80, weight: 0, isRetired: false, isIdle: false },
          { ip: "192.0.2.3", port: 80, weight: 1, isRetired: true, isIdle: false },
        ],
      },
    ],
    desired: undefined,
    refused: new Map([["udp:11.0.0.1:53", { reason: "udp", detail: "" }]]),
    failures: [],
    trouble: undefined,
    plans: 2,
    steps: 3,
    failedSteps: 4,
    drift: 5,
    syncTimes: new DurationCounts(),
  },
};

test("docs/vips.md lists every metric of a node, with its type and labels", () => {
  const rows = readFileSync("docs/vips.md", "utf8").matchAll(/^\| `(mesos_dns_vip_\w+)` \| (\w+) \| ([^|]*)\|/gm);
  const documented = Array.from(rows, ([, name, type, labels]) =>
    `${name} ${type} ${labels.replaceAll("`", "")}`.trimEnd(),
  );
  expect(documented).toEqual(
    nodeMetrics(() => REPORT).map(({ name, type, labelNames }) => `${name} ${type} ${labelNames.join()}`.trimEnd()),
  );
});

test("metrics of a node tell what it carries and what it has done", () => {
  const read = new Map(nodeMetrics(() => REPORT).map((metric) => [metric.name, [...metric.read()]]));
  const valuesOf = (name: string) =>
    read.get(name)?.map(({ labels, value }) => [...Object.values(labels), value].join(" "));
  expect(valuesOf("mesos_dns_vip_targets")).toEqual(["ready 1", "draining 2"]);
  expect(valuesOf("mesos_dns_vip_unsupported")).toEqual(["udp 1"]);
  expect(
    ["plans_total", "steps_total", "step_failures_total", "drift_total", "plane_up", "source_up"].map(
      (name) => valuesOf(`mesos_dns_vip_${name}`)?.[0],
    ),
  ).toEqual(["2", "3", "4", "5", "1", "1"]);
});

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { LbStats } from "../../../src/lb/haproxy/stats.js";
import type { LbReport } from "../../../src/lb/report.js";
import { lbMetrics } from "../../../src/lb-run/metrics.js";

const stats = new LbStats();
stats.note({ kind: "reloaded", cause: "content" }, 0);
stats.note({ kind: "refused", faults: "" }, 0);

const REPORT: LbReport = {
  sources: [],
  carried: () => ({
    services: [
      {
        backend: "web_80",
        app: "/web",
        hosts: [],
        servers: ["up", "configured", "configured"].map((state) => ({ name: state, task: "", state })),
      },
    ],
    refused: [{ appId: "/x", index: undefined, reason: "", isKept: false }],
    conflicts: [{ appId: "/y", text: "" }],
    notices: [],
  }),
  info: undefined,
  file: "/etc/haproxy/haproxy.cfg",
  trouble: undefined,
  isSettled: true,
  unbindable: new Map(),
  stats,
};

const metrics = lbMetrics(
  () => REPORT,
  () => 0,
);

test("docs/load-balancer.md lists every metric of the load balancer, with its type and labels", () => {
  const rows = readFileSync("docs/load-balancer.md", "utf8").matchAll(
    /^\| `(mesos_dns_lb_\w+)` \| (\w+) \| ([^|]*)\|/gm,
  );
  const documented = Array.from(rows, ([, name, type, labels = ""]) =>
    `${name} ${type} ${labels.replaceAll(/[` ]/g, "")}`.trimEnd(),
  );
  expect(documented).toEqual(
    metrics.map(({ name, type, labelNames }) => `${name} ${type} ${labelNames.join()}`.trimEnd()),
  );
});

test("metrics tell what is carried, refused and reloaded", () => {
  const valuesOf = (name: string) => {
    const metric = metrics.find((one) => one.name === `mesos_dns_lb_${name}`);
    return Array.from(metric?.read() ?? [], ({ labels, value }) => [...Object.values(labels), value].join(" "));
  };
  expect(valuesOf("services")).toEqual(["1"]);
  expect(valuesOf("servers")).toEqual(["up 1", "down 0", "maintenance 0", "configured 2"]);
  expect([valuesOf("refused"), valuesOf("conflicts")]).toEqual([["1"], ["1"]]);
  expect(valuesOf("reloads_total")).toEqual(["content done 1", "structure refused 1"]);
});

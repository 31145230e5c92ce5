import { expect, test } from "vitest";
import { DurationCounts } from "../../../src/health/durations.js";
import type { ActualService, Service } from "../../../src/vip-node/model.js";
import { isWell, type NodeReport, statusOf, statusText } from "../../../src/vip-node/report.js";

const service = (port: number, weight = 1): Service => ({
  address: "11.0.0.1",
  port,
  protocol: "tcp",
  name: `web.example:${port}`,
  targets: [{ ip: "192.0.2.1", port: 80, weight }],
});
const standing = ({ targets, ...rest }: Service, isOpen: boolean, isRetired = false): ActualService => ({
  ...rest,
  isOpen,
  targets: targets.map((target) => ({ ...target, isRetired, isIdle: true })),
});

const REPORT: NodeReport = {
  planeName: "haproxy",
  source: { from: "http://192.0.2.53:8123", currentAt: 8_500, trouble: "connection refused", held: "an empty table" },
  plane: {
    actual: [standing(service(1), true), standing(service(2, 0), false), standing(service(5), true, true)],
    desired: { services: [1, 2, 3, 4].map((port) => service(port, port === 2 ? 0 : 1)), isComplete: true, since: 0 },
    refused: new Map([["tcp:11.0.0.1:4", { reason: "port_in_use", detail: "something listens there" }]]),
    failures: ["add-target tcp:11.0.0.1:1: no such backend"],
    trouble: undefined,
    plans: 0,
    steps: 0,
    failedSteps: 0,
    drift: 0,
    syncTimes: new DurationCounts(),
  },
};

test("a status says of each service what it is, and what is wrong first", () => {
  expect(statusText(statusOf(REPORT, 10_000), { host: "127.0.0.1", port: 8_124 }).split("\n")).toEqual([
    "3 of 5 virtual addresses carried by haproxy; table from http://192.0.2.53:8123, current 1.5 s ago",
    "status and metrics: http://127.0.0.1:8124",
    "! the table is not followed, and what there is stays: connection refused",
    "! an empty table",
    "! add-target tcp:11.0.0.1:1: no such backend",
    "tcp:11.0.0.1:1  web.example:1  open  192.0.2.1:80 1",
    "tcp:11.0.0.1:2  web.example:2  closed  192.0.2.1:80 0",
    "tcp:11.0.0.1:3  web.example:3  pending  192.0.2.1:80 1",
    "tcp:11.0.0.1:4  web.example:4  refused: something listens there  192.0.2.1:80 1",
    "tcp:11.0.0.1:5  -  kept  192.0.2.1:80 gone",
    "",
  ]);
});

test("what is not in the table any more is unwanted, if the table is believed", () => {
  const source = { ...REPORT.source, trouble: undefined, held: undefined };
  const status = statusOf({ ...REPORT, source, plane: { ...REPORT.plane, failures: [] } }, 10_000);
  expect(status.services.at(-1)?.state).toBe("unwanted");
  expect([isWell(status), isWell(statusOf(REPORT, 10_000))]).toEqual([true, false]);
});

test("a status of a node that has just begun says so", () => {
  const source = { from: undefined, currentAt: undefined, trouble: undefined, held: undefined };
  const plane = { ...REPORT.plane, actual: undefined, desired: undefined, refused: new Map(), failures: [] };
  const [head] = statusText(statusOf({ ...REPORT, source, plane }, 0), { host: "::1", port: 1 }).split("\n");
  expect(head).toBe("0 of 0 virtual addresses carried by haproxy; no table yet");
});

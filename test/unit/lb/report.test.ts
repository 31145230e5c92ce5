import { expect, test } from "vitest";
import { isWell, type LbStatus, statusText } from "../../../src/lb/report.js";

/** What `mesos-dns lb status` prints. */

function status(count: number): LbStatus {
  const server = { name: "192_0_2_1_1", task: "web.1", state: "up" };
  return {
    isSettled: true,
    trouble: undefined,
    haproxy: undefined,
    file: "/etc/haproxy/haproxy.cfg",
    sources: [
      {
        name: "main",
        url: "http://m1.example.com:8080",
        ageSeconds: 1,
        trouble: undefined,
        apps: count,
        tasks: count,
        pods: count,
        isHeld: false,
      },
    ],
    services: Array.from({ length: count }, () => ({
      backend: "web_10000",
      app: "/web",
      hosts: ["www.example.com"],
      servers: [server],
    })),
    refused: [],
    conflicts: [],
    unbindable: {},
  };
}

test("one of a kind is told of as one", () => {
  expect(statusText(status(1)).split("\n")).toEqual([
    "/etc/haproxy/haproxy.cfg; 1 service with 1 server",
    "main told 1 s ago at http://m1.example.com:8080: 1 app, 1 task, 1 pod left out",
    "web_10000 (www.example.com): 1 up",
    "",
  ]);
});

test("several of a kind are told of as several", () => {
  const [head, source] = statusText(status(2)).split("\n");
  expect(head).toBe("/etc/haproxy/haproxy.cfg; 2 services with 2 servers");
  expect(source).toContain("2 apps, 2 tasks, 2 pods left out");
});

test("a HAProxy that does not run is not well", () => {
  const info = {
    version: "2.6.12",
    pid: 1,
    description: "",
    uptimeSeconds: 1,
    addsCookies: false,
    isExperimental: false,
  };
  const asked = { ...status(1), file: undefined };
  expect(isWell(status(1))).toBe(true);
  expect(isWell({ ...asked, haproxy: info })).toBe(true);
  expect(isWell(asked)).toBe(false);
});

import { expect, test } from "vitest";
import type { CommandResult } from "../../../../src/base/run-command.js";
import { NftablesPlane } from "../../../../src/vip-node/nftables/plane.js";
import { plan } from "../../../../src/vip-node/plan.js";
import { LocalRoutes } from "../../../../src/vip-node/routes.js";
import { ManualTimers } from "../../../support/timers.js";

const RANGES = { ip: { first: "11.0.0.0", last: "11.255.255.254" }, ip6: { first: "fd01:c::", last: "fd01:c::ffff" } };
const MISSING = Object.assign(new Error("spawn ENOENT"), { code: "ENOENT" });
const OK = { code: 0, stdout: "", stderr: "" };

function planeOf(answers: Readonly<Record<string, CommandResult | Error>>) {
  const ran: string[] = [];
  const warnings: unknown[] = [];
  const run = async (command: string, args: readonly string[]) => {
    ran.push([command, ...args].join(" "));
    const answer = answers[command] ?? OK;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const timers = new ManualTimers();
  const log = { warn: (...words: unknown[]) => warnings.push(words) };
  const routes = new LocalRoutes({ run, timers, ranges: RANGES });
  const plane = new NftablesPlane({ run, routes, log: log as never, ranges: RANGES });
  return { plane, ran, warnings, timers };
}
const addition = (protocol: "tcp" | "udp") =>
  plan(
    [{ name: "x", address: "11.0.0.1", port: 53, protocol, targets: [{ ip: "192.0.2.1", port: 53, weight: 1 }] }],
    [],
    { services: new Set(), targets: new Set() },
  );

test("a program that is missing is named with its package", async () => {
  const { plane } = planeOf({ nft: MISSING, ip: MISSING });
  await expect(plane.start()).rejects.toMatchObject({
    code: "VIP_PLANE",
    message: "nft is not installed: install the package nftables",
  });
  // Anybody can ask for an address, and what stands already has to go on changing.
  expect(await plane.refusal({ address: "11.0.0.1", port: 1, protocol: "tcp" })).toEqual({
    reason: "no_route",
    detail: "ip cannot list local routes (spawn ENOENT): install the package iproute2",
  });
});

test("a listing that nft cannot give as JSON is an error", async () => {
  await expect(planeOf({ nft: { ...OK, stdout: "table ip" } }).plane.read()).rejects.toMatchObject({
    code: "VIP_PLANE",
  });
  const failing = planeOf({ nft: { code: 1, stdout: "", stderr: "Error: JSON support not compiled-in\n" } }).plane;
  await expect(failing.read()).rejects.toMatchObject({
    message: "nft has failed: Error: JSON support not compiled-in",
  });
});

test("without conntrack services are carried all the same, and one line warns", async () => {
  const { plane, warnings } = planeOf({ conntrack: MISSING });
  expect(await plane.apply(addition("udp"))).toEqual([]);
  expect(await plane.apply(addition("udp"))).toEqual([]);
  expect(await plane.used()).toEqual(new Set());
  expect(warnings).toEqual([
    [
      { reason: "conntrack is not installed: install the package conntrack" },
      "clients of UDP services stay with targets that are gone, and targets are not probed: conntrack does not work",
    ],
  ]);
});

test("flows of UDP alone are looked for, and nothing is run where nothing is to be done", async () => {
  const { plane, ran } = planeOf({});
  await plane.start();
  await plane.apply([]);
  await plane.apply(addition("tcp"));
  expect(ran).toEqual(["nft -f -", "nft -f -"]);
  await plane.apply(addition("udp"));
  expect(ran.slice(2)).toEqual(["nft -f -", "conntrack -L -p udp"]);
});

test("routes are asked for once for many services, and again later", async () => {
  const { plane, ran, timers } = planeOf({ ip: { ...OK, stdout: "[]" } });
  for (const port of [1, 2, 3])
    expect(await plane.refusal({ address: "11.0.0.1", port, protocol: "tcp" })).toEqual({
      reason: "no_route",
      detail: "no local route leads to 11.0.0.1: ip route add local 11.0.0.0/8 dev lo",
    });
  expect(ran).toEqual(["ip -4 -j route show table local"]);
  timers.pass(6_000);
  await plane.refusal({ address: "11.0.0.1", port: 1, protocol: "tcp" });
  expect(ran).toHaveLength(2);
});

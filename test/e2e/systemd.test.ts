import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { LB_KEYS } from "../../src/config/lb-keys.js";
import { MAX_THREADS } from "../../src/transport/udp.js";

const UNIT = "systemd/mesos-dns.service";
const SOCKET_UNIT = "systemd/mesos-dns.socket";
const VIPS_UNIT = "systemd/mesos-dns-vips.service";
const LB_UNIT = "systemd/mesos-dns-lb.service";
/** Lower is less exposed; 10 is a service without any protection. */
const HIGHEST_EXPOSURE = 2.0;

async function analyze(...args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)("systemd-analyze", args, {
    env: { ...process.env, SYSTEMD_PAGER: "", SYSTEMD_COLORS: "0" },
  });
  return stdout + stderr;
}

function settings(name: string, unit = UNIT): string[] {
  const lines = readFileSync(unit, "utf8").split("\n");
  return lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));
}

it.each([UNIT, SOCKET_UNIT, VIPS_UNIT, LB_UNIT])("%s is understood by systemd without a word", async (unit) => {
  expect(await analyze("verify", unit)).toBe("");
});

it("the socket unit listens as the configuration does by default, with a UDP socket for each thread there may be", () => {
  expect(settings("ListenDatagram", SOCKET_UNIT)).toEqual(new Array(MAX_THREADS).fill("0.0.0.0:53"));
  expect(settings("ReusePort", SOCKET_UNIT)).toEqual(["yes"]);
  expect(settings("ListenStream", SOCKET_UNIT)).toEqual(["0.0.0.0:53"]);
});

it.each([UNIT, VIPS_UNIT, LB_UNIT])("%s leaves little exposed", async (unit) => {
  const report = await analyze("security", "--offline=yes", "--no-pager", unit);
  const exposure = /Overall exposure level for mesos-dns[-a-z]*\.service: ([\d.]+)/.exec(report)?.[1];
  expect(Number(exposure)).toBeLessThanOrEqual(HIGHEST_EXPOSURE);
});

it("the unit gives the one privilege that port 53 takes, and no user to create", () => {
  expect(settings("CapabilityBoundingSet")).toEqual(["CAP_NET_BIND_SERVICE"]);
  expect(settings("AmbientCapabilities")).toEqual(["CAP_NET_BIND_SERVICE"]);
  expect(settings("DynamicUser")).toEqual(["yes"]);
});

it("the unit for virtual addresses has one privilege, sets up the default range's route, and lets HAProxy outlive it", () => {
  expect(settings("CapabilityBoundingSet", VIPS_UNIT)).toEqual(["CAP_NET_BIND_SERVICE"]);
  expect(settings("ExecStartPre", VIPS_UNIT)).toEqual(["+/bin/sh -c 'ip route replace local 11.0.0.0/8 dev lo'"]);
  expect(settings("KillMode", VIPS_UNIT)).toEqual(["process"]);
  expect(settings("RuntimeDirectoryPreserve", VIPS_UNIT)).toEqual(["yes"]);
});

it("the unit for the load balancer has one privilege, a folder where the configuration expects it, and lets HAProxy outlive it", () => {
  expect(settings("CapabilityBoundingSet", LB_UNIT)).toEqual(["CAP_NET_BIND_SERVICE"]);
  expect(settings("AmbientCapabilities", LB_UNIT)).toEqual(["CAP_NET_BIND_SERVICE"]);
  expect(`/run/${settings("RuntimeDirectory", LB_UNIT)[0]}`).toBe(LB_KEYS["lb.haproxy.runDir"].default);
  expect(settings("KillMode", LB_UNIT)).toEqual(["process"]);
  expect(settings("RuntimeDirectoryPreserve", LB_UNIT)).toEqual(["yes"]);
});

it("the unit accepts the readiness that a child of the service sends", () => {
  expect(settings("Type")).toEqual(["notify"]);
  expect(settings("NotifyAccess")).toEqual(["all"]);
});

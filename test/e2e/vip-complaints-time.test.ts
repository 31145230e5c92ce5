import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PlaneName } from "../../src/vip-node/plane.js";
import { AGENTS, VipCluster } from "../support/vip-cluster.js";
import { type Counts, hasOwnNetworks, type VipNetwork } from "../support/vip-network.js";
import type { Instance } from "../support/vip-node.js";
import { until } from "../support/wait.js";

/** The rest of what people wanted of virtual addresses, as vip-complaints.test.ts has it: what becomes of connections as time passes. */

const PLANES: readonly PlaneName[] = ["haproxy", "nftables"];
const [A, B, C] = AGENTS.map((ip): Instance => ({ ip, port: 80, vip: "/web:6379" }));
const WEB = "11.0.0.80:6379";
const DAY_SECONDS = 86_400;

describe.skipIf(!hasOwnNetworks).each(PLANES)("what people wanted of virtual addresses over time, by %s", (plane) => {
  let cluster: VipCluster;
  beforeAll(async () => {
    cluster = await VipCluster.start(plane);
  });
  afterAll(() => cluster?.stop());
  const isCarried = async (at: string) => (await cluster.node.status()).services.some(({ key }) => key.endsWith(at));

  test("4. a long connection outlives a rolling upgrade, in which new ones go to the new version", async () => {
    const { network } = cluster;
    await cluster.lead([A]);
    await cluster.answers({ a: 10 });
    const old = Array.from({ length: 10 }, () => "a");
    expect(await network.ask("hold", "11.0.0.80", 6379, 10)).toEqual(old);
    await cluster.lead([{ ...A, state: "TASK_KILLING" }, B]);
    await cluster.answers({ b: 10 });
    expect(await network.ask("askHeld")).toEqual(old);
    await cluster.lead([B]);
    await until("its end", async () => (await cluster.targets(WEB)).length === 1);
    expect(await cluster.count("web")).toEqual({ b: 10 });
    expect(await network.ask("askHeld")).toEqual(old);
    await network.ask("letGo");
  });

  test("6. a connection on which nothing is said is kept for a day, and HAProxy finds out whether its ends are alive", async () => {
    const { network, node } = cluster;
    await cluster.lead([A]);
    await cluster.answers({ a: 10 });
    await network.ask("hold", "11.0.0.80", 6379, 1);
    if (plane === "haproxy") {
      expect(readFileSync(join(node.folder, "vips.cfg"), "utf8")).toMatch(/timeout client 24h\n {2}timeout server 24h/);
      const { stdout } = await network.run("ss", ["-tnopH", "state", "established"]);
      const lines = stdout.split("\n").filter((line) => line.includes('"haproxy"'));
      expect(lines.length).toBeGreaterThanOrEqual(2);
      for (const line of lines) expect(line).toContain("timer:(keepalive");
    } else {
      const { stdout } = await network.run("conntrack", ["-L", "-p", "tcp", "-d", "11.0.0.80"]);
      const seconds = [...stdout.matchAll(/^tcp +6 (\d+) ESTABLISHED/gm)].map(([, left]) => Number(left));
      expect(seconds.length).toBeGreaterThan(0);
      expect(Math.min(...seconds)).toBeGreaterThan(DAY_SECONDS);
    }
    await network.ask("letGo");
  });

  test("7. thousands of short connections from one client do not use up its ports", async () => {
    await cluster.lead([A, B]);
    await cluster.node.carries(WEB, "open", 2);
    const { a = 0, b = 0, ...others } = await cluster.network.ask<Counts>("brief", "11.0.0.80", 6379, 4_000);
    expect(others).toEqual({});
    expect(a + b).toBe(4_000);
  });

  test("8. an address keeps its other services, and their connections, when one of them is deleted", async () => {
    const { network, node } = cluster;
    const late = { ...B, vip: "/late:6379" };
    await cluster.lead([A, { ...B, vip: "/web:6390" }, { ...B, vip: "/other:6379" }, late]);
    await node.carries("11.0.0.80:6390", "open", 1);
    await node.carries("11.0.0.81:6379", "open", 1);
    await cluster.answers({ a: 10 });
    expect(await network.ask("hold", "11.0.0.80", 6379, 5)).toEqual(["a", "a", "a", "a", "a"]);
    await network.ask("watch", "11.0.0.80", 6379);
    await cluster.lead([A, late]);
    await until("their end", async () => !(await isCarried("11.0.0.80:6390")) && !(await isCarried("11.0.0.81:6379")));
    const seen = await network.ask<Counts>("endWatch");
    expect(Object.keys(seen)).toEqual(["a"]);
    expect(await network.ask("askHeld")).toEqual(["a", "a", "a", "a", "a"]);
    await network.ask("letGo");
  });

  test("9. nothing is left of an address whose tasks are gone, nor of targets on an agent that is lost", async () => {
    const { network, node } = cluster;
    await cluster.lead([A, B, { ...B, vip: "/late:6379" }]);
    await node.carries("11.0.0.82:6379", "open", 1);
    const standing = async () =>
      plane === "haproxy"
        ? readFileSync(join(node.folder, "vips.cfg"), "utf8")
        : (await network.run("nft", ["list", "table", "ip", "mesos-dns-vips"])).stdout;
    expect(await standing()).toContain("11.0.0.82");
    await cluster.lead([A, B, { ...B, vip: "/late:6379" }], [B.ip]);
    await cluster.answers({ a: 10 });
    expect(await cluster.targets(WEB)).toEqual([`${A.ip}:80`]);
    await node.carries("11.0.0.82:6379", "closed", 0);
    expect(await cluster.count("late", 3)).toEqual({ ECONNREFUSED: 3 });
    await until("its end", async () => !(await isCarried("11.0.0.82:6379")));
    expect(await standing()).not.toContain("11.0.0.82");
  });

  test("11. a node that comes back with nothing knows everything at once, and what has changed meanwhile", async () => {
    const { network, node } = cluster;
    await cluster.lead([A]);
    await cluster.answers({ a: 10 });
    await node.stop("SIGKILL");
    if (plane === "haproxy") {
      const pid = Number(readFileSync(join(node.folder, "vips.pid"), "utf8"));
      process.kill(pid, "SIGTERM");
    } else await network.run("nft", ["flush", "ruleset"]);
    await until("nobody", async () => (await cluster.count("web", 1)).a === undefined);
    await cluster.lead([B]);
    await node.again();
    await cluster.answers({ b: 10 });
  });

  test("14. a client that uses its port again at once is not held up, and does not stay with a target that drains", async () => {
    const again = (from: VipNetwork) => from.ask<Counts>("fromPort", "11.0.0.80", 6379, 40, 21_000);
    const clients = [cluster.network, cluster.container];
    await cluster.lead([{ ...A, healthy: false }]);
    await cluster.node.carries(WEB, "closed", 0);
    for (const from of clients) expect(await again(from)).toEqual({ ECONNREFUSED: 40 });
    await cluster.lead([A, B]);
    await cluster.node.carries(WEB, "open", 2);
    for (const from of clients) {
      const began = performance.now();
      expect(Object.keys(await again(from)).sort()).toEqual(["a", "b"]);
      expect(performance.now() - began).toBeLessThan(1_000);
    }
    await cluster.lead([{ ...A, state: "TASK_KILLING" }, B]);
    await cluster.node.carries(WEB, "open", 1);
    for (const from of clients) expect(await again(from)).toEqual({ b: 40 });
    await cluster.lead([B]);
    await until("its end", async () => (await cluster.targets(WEB)).length === 1);
  });

  test("15. a machine that is silent costs no more than a moment, and comes back", async () => {
    await cluster.lead([A, C]);
    await until("both", async () => (await cluster.targets(WEB)).toSorted().join() === `${A.ip}:80,${C.ip}:80`);
    expect(Object.keys(await cluster.count("web", 40)).sort()).toEqual(["a", "c"]);
    await cluster.rules([
      "add table ip dead",
      "add chain ip dead in { type filter hook input priority -10 ; }",
      `add rule ip dead in ip daddr ${C.ip} tcp dport 80 drop`,
    ]);
    // HAProxy tries another one by itself; the kernel has to be told that one is silent.
    if (plane === "nftables") await cluster.answers({ a: 10 });
    expect(await cluster.count("web", 40)).toEqual({ a: 40 });
    await cluster.rules(["delete table ip dead"]);
    await until("its return", async () => (await cluster.count("web")).c !== undefined);
  });
});

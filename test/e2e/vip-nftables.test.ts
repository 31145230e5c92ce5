import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemTimers } from "../../src/base/timers.js";
import type { Service, Target } from "../../src/vip-node/model.js";
import { NftablesPlane } from "../../src/vip-node/nftables/plane.js";
import { plan } from "../../src/vip-node/plan.js";
import { LocalRoutes } from "../../src/vip-node/routes.js";
import { silentLog } from "../support/service.js";
import { type Counts, hasOwnNetworks, VipNetwork } from "../support/vip-network.js";

/** The rules of the data plane in the kernel, on a network of its own with two targets, and a container beside it. */

const RANGES = {
  ip: { first: "11.0.0.0", last: "11.255.255.254" },
  ip6: { first: "fd01:c::", last: "fd01:c::ffff:ffff:ffff:ffff" },
};
const NODE = `
  for i in 1 2; do ip addr add 10.77.0.$i/32 dev lo; ip -6 addr add fd77::$i/128 dev lo nodad; done
  ip route add local 11.0.0.0/8 dev lo; ip -6 route add local fd01:c::/64 dev lo; ip route add local 192.0.2.9/32 dev lo`;
const CABLE_HERE = "ip addr add 10.78.0.1/24 dev cable0 && echo 1 > /proc/sys/net/ipv4/ip_forward";
const CABLE_THERE =
  "ip link set lo up; ip link set cable1 up; ip addr add 10.78.0.2/24 dev cable1; ip route add default via 10.78.0.1";
const NO_ENDINGS = { services: new Set<string>(), targets: new Set<string>() };

let node: VipNetwork;
let container: VipNetwork;
let plane: NftablesPlane;
const planeOf = (run = node.run) => {
  const routes = new LocalRoutes({ run, timers: systemTimers, ranges: RANGES });
  return new NftablesPlane({ run, routes, log: silentLog, ranges: RANGES });
};

const target = (ip: string, weight = 1, port = 80): Target => ({ ip, port, weight });
const A = target("10.77.0.1");
const B = target("10.77.0.2");
function service(address: string, targets: readonly Target[], protocol: "tcp" | "udp" = "tcp", port = 6379): Service {
  return { name: `${address}:${port}`, address, port, protocol, targets };
}

/** What is desired and nothing else; each test has an address of its own. */
async function reconcile(desired: readonly Service[], gone: readonly string[] = []): Promise<void> {
  const actual = await plane.read();
  const steps = plan(desired, actual, { ...NO_ENDINGS, services: new Set(gone) });
  expect(await plane.apply(steps)).toEqual([]);
  expect(plan(desired, await plane.read(), NO_ENDINGS)).toEqual([]);
}
const counts = (times: number, host: string, from?: string, network = node) =>
  network.ask<Counts>("count", host, 6379, times, from);

describe.skipIf(!hasOwnNetworks)("virtual addresses by nftables", () => {
  beforeAll(async () => {
    node = await VipNetwork.start(NODE);
    for (const i of [1, 2]) {
      await node.ask("serve", `t${i}`, `10.77.0.${i}`, 80);
      await node.ask("serve", `v6-${i}`, `fd77::${i}`, 80);
    }
    await node.ask("serve", "wildcard", "0.0.0.0", 8080);
    container = await node.neighbour(CABLE_HERE, CABLE_THERE);
    plane = planeOf();
    await plane.start();
  });
  afterAll(() => {
    container?.stop();
    node?.stop();
  });

  test("connections are shared by weight, from the node, a container and a target itself", async () => {
    await reconcile([
      service("11.0.0.1", [
        { ...A, weight: 8 },
        { ...B, weight: 2 },
      ]),
    ]);
    for (const seen of [
      await counts(300, "11.0.0.1"),
      await counts(300, "11.0.0.1", undefined, container),
      await counts(300, "11.0.0.1", "10.77.0.1"),
    ]) {
      expect((seen.t1 ?? 0) + (seen.t2 ?? 0)).toBe(300);
      expect(seen.t2).toBeGreaterThan(25);
      expect(seen.t2).toBeLessThan(100);
    }
  });

  test("a machine beside this one can be a target, for programs of the node and for itself", async () => {
    await container.ask("serve", "beside", "10.78.0.2", 80);
    await reconcile([service("11.0.0.14", [target("10.78.0.2")])]);
    expect(await counts(10, "11.0.0.14")).toEqual({ beside: 10 });
    expect(await counts(10, "11.0.0.14", undefined, container)).toEqual({ beside: 10 });
  });

  test("IPv6 is the same", async () => {
    await reconcile([service("fd01:c::1", [target("fd77::1", 3), target("fd77::2")])]);
    const seen = await counts(200, "fd01:c::1");
    expect((seen["v6-1"] ?? 0) + (seen["v6-2"] ?? 0)).toBe(200);
    expect(seen["v6-2"]).toBeGreaterThan(20);
    expect(seen["v6-2"]).toBeLessThan(85);
    await reconcile([service("fd01:c::1", [])]);
    expect(await counts(3, "fd01:c::1")).toEqual({ ECONNREFUSED: 3 });
    expect(await counts(3, "fd01:c::99")).toEqual({ ECONNREFUSED: 3 });
  });

  test("connections that are held go on through a hundred changes, and new ones go to whom the last has", async () => {
    await reconcile([service("11.0.0.2", [A, B])]);
    const before = await node.ask<string[]>("hold", "11.0.0.2", 6379, 20);
    expect(new Set(before)).toEqual(new Set(["t1", "t2"]));
    for (let i = 0; i < 100; i++) {
      const changed = service("11.0.0.2", [[A], [A, { ...B, weight: i + 1 }], [B]][i % 3] ?? []);
      expect(await plane.apply([{ kind: "open", service: changed }])).toEqual([]);
      if (i % 10 === 0) expect(await node.ask("askHeld")).toEqual(before);
    }
    await reconcile([service("11.0.0.2", [B])]);
    expect(await counts(20, "11.0.0.2")).toEqual({ t2: 20 });
    await reconcile([service("11.0.0.2", [])]);
    expect(await counts(3, "11.0.0.2")).toEqual({ ECONNREFUSED: 3 });
    expect(await counts(3, "11.0.0.2", undefined, container)).toEqual({ ECONNREFUSED: 3 });
    expect(await node.ask("askHeld")).toEqual(before);
    await reconcile([], ["tcp:11.0.0.2:6379"]);
    expect(await counts(3, "11.0.0.2")).toEqual({ ECONNREFUSED: 3 });
    expect(await node.ask("askHeld")).toEqual(before);
    await reconcile([service("11.0.0.2", [A])]);
    expect(await counts(3, "11.0.0.2")).toEqual({ t1: 3 });
  });

  test("nobody reaches what listens on all addresses, or what a container publishes, through an address that is virtual", async () => {
    const published = `add table ip published
      add chain ip published pre { type nat hook prerouting priority dstnat ; }
      add chain ip published out { type nat hook output priority -100 ; }
      add rule ip published pre fib daddr type local tcp dport { 8080, 6379 } dnat ip to 10.77.0.1 : 80
      add rule ip published out fib daddr type local tcp dport { 8080, 6379 } dnat ip to 10.77.0.1 : 80`;
    const listen = (host: string, port: number, network = node) => network.ask<Counts>("count", host, port, 3);
    expect(await listen("10.78.0.1", 8080)).toEqual({ wildcard: 3 });
    await reconcile([service("11.0.0.3", [B]), service("11.0.0.4", [])]);
    expect((await node.run("nft", ["-f", "-"], published)).stderr).toBe("");
    expect(await listen("10.78.0.1", 8080, container)).toEqual({ t1: 3 });
    for (const network of [node, container]) {
      expect(await listen("11.0.0.3", 8080, network)).toEqual({ ECONNREFUSED: 3 });
      expect(await listen("11.0.0.3", 6379, network)).toEqual({ t2: 3 });
      expect(await listen("11.0.0.4", 6379, network)).toEqual({ ECONNREFUSED: 3 });
      expect(await listen("11.0.0.5", 6379, network)).toEqual({ ECONNREFUSED: 3 });
    }
    expect((await node.run("nft", ["delete", "table", "ip", "published"])).stderr).toBe("");
  });

  test("datagrams are shared, and flows move when their target goes", async () => {
    await reconcile([service("11.0.0.6", [A, B], "udp")]);
    const keys = Array.from({ length: 24 }, (_, index) => `sender ${index}`);
    const send = async (network = node) => {
      const answers: string[] = [];
      for (const key of keys) answers.push(await network.ask<string>("send", key, "11.0.0.6", 6379));
      return answers;
    };
    const first = await send();
    expect(new Set(first)).toEqual(new Set(["t1", "t2"]));
    expect(await send()).toEqual(first);
    expect(new Set(await send(container))).toEqual(new Set(["t1", "t2"]));
    await reconcile([service("11.0.0.6", [B], "udp")]);
    expect(new Set(await send())).toEqual(new Set(["t2"]));
    await reconcile([service("11.0.0.6", [], "udp")]);
    expect(await node.ask("send", "sender 0", "11.0.0.6", 6379)).toBe("ECONNREFUSED");
    await reconcile([service("11.0.0.6", [A], "udp")]);
    expect(await node.ask("send", "sender 0", "11.0.0.6", 6379)).toBe("t1");
    await reconcile([], ["udp:11.0.0.6:6379"]);
    expect(await node.ask("send", "sender 0", "11.0.0.6", 6379)).toBe("ECONNREFUSED");
  });

  test("an address outside of the range is carried, and refuses its other ports, as long as it has a service", async () => {
    const at = (port: number) => node.ask<Counts>("count", "192.0.2.9", port, 3);
    expect(await at(8080)).toEqual({ wildcard: 3 });
    await reconcile([service("192.0.2.9", [A]), service("192.0.2.9", [B], "tcp", 81)]);
    expect([await at(6379), await at(81), await at(8080)]).toEqual([{ t1: 3 }, { t2: 3 }, { ECONNREFUSED: 3 }]);
    await reconcile([service("192.0.2.9", [A])], ["tcp:192.0.2.9:81"]);
    expect([await at(6379), await at(8080)]).toEqual([{ t1: 3 }, { ECONNREFUSED: 3 }]);
    await reconcile([], ["tcp:192.0.2.9:6379"]);
    expect(await at(8080)).toEqual({ wildcard: 3 });
  });

  test("an address without a local route is refused, and one of the node's own", async () => {
    const refusalOf = (address: string) => plane.refusal(service(address, [A]));
    expect(await refusalOf("11.0.0.1")).toBeUndefined();
    expect(await refusalOf("192.0.2.9")).toBeUndefined();
    expect(await refusalOf("fd01:c::1")).toBeUndefined();
    expect(await refusalOf("10.77.0.1")).toMatchObject({ reason: "range" });
    expect(await refusalOf("fd77::1")).toMatchObject({ reason: "range" });
    expect(await refusalOf("127.0.0.53")).toMatchObject({ reason: "range" });
    expect(await refusalOf("192.0.2.10")).toEqual({
      reason: "no_route",
      detail: "no local route leads to 192.0.2.10: ip route add local 192.0.2.10 dev lo",
    });
  });

  test("whatever is carried is read as it is", async () => {
    const targets = (prefix: string) =>
      fc
        .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 256 })), {
          selector: ([host]) => host,
        })
        .map((made) => made.map(([host, weight]) => target(`${prefix}${host}`, weight, 1_000 * host)));
    const protocol = fc.constantFrom("tcp" as const, "udp" as const);
    const made = fc.record({
      ip: targets("10.77.9."),
      ip6: targets("fd77::9:"),
      protocol,
      port: fc.integer({ min: 1, max: 65_535 }),
    });
    const services = fc
      .sample(made, { numRuns: 40, seed: 7 })
      .flatMap(({ ip, ip6, protocol: over, port }, index) => [
        service(`11.0.2.${index}`, ip, over, port),
        service(`fd01:c::2:${index}`, ip6, over, port),
      ]);
    await reconcile(services);
    const actual = (await plane.read()).map((one) => ({
      ...one,
      targets: one.targets.map(({ ip, port, weight }) => ({ ip, port, weight })),
    }));
    for (const { name: _, ...one } of services)
      expect(actual).toContainEqual({ ...one, isOpen: one.targets.length > 0, targets: one.targets });
  });

  test("a program that starts anew finds what stands, and so does one whose rules somebody has flushed", async () => {
    const desired = [
      service("11.0.0.7", [
        { ...A, weight: 256 },
        { ...B, weight: 255 },
      ]),
      service("11.0.0.8", [], "udp"),
    ];
    await reconcile([...desired, service("fd01:c::7", [target("fd77::1", 100)])]);
    const listing = () => node.run("nft", ["list", "ruleset"]);
    const before = (await listing()).stdout;
    const next = planeOf();
    await next.start();
    const actual = (await next.read()).filter(({ address }) => /(\.|:)[78]$/.test(address));
    expect(plan([...desired, service("fd01:c::7", [target("fd77::1", 100)])], actual, NO_ENDINGS)).toEqual([]);
    expect((await listing()).stdout).toBe(before);
    await node.run("nft", ["flush", "ruleset"]);
    await reconcile(desired);
    expect(await counts(4, "11.0.0.7")).not.toHaveProperty("ECONNREFUSED");
  });

  test("an address outside of the range that somebody has taken from the list comes back", async () => {
    const desired = [service("192.0.2.9", [A])];
    await reconcile(desired);
    expect(await counts(2, "192.0.2.9")).toEqual({ t1: 2 });
    await node.run("nft", ["flush", "set", "ip", "mesos-dns-vips", "literals"]);
    expect(await counts(2, "192.0.2.9")).toEqual({ ECONNREFUSED: 2 });
    await reconcile(desired);
    expect(await counts(2, "192.0.2.9")).toEqual({ t1: 2 });
  });

  test("a program that cannot change a service for what somebody has done meanwhile does so after it has read", async () => {
    const [before, after] = [service("11.0.0.13", [A]), service("11.0.0.13", [B])];
    await reconcile([before]);
    await node.run("nft", ["flush", "ruleset"]);
    const steps = plan([after], [{ ...before, isOpen: true, targets: [] }], NO_ENDINGS);
    expect(await plane.apply(steps)).toMatchObject([{ reason: expect.stringContaining("No such file") }]);
    await reconcile([after]);
    await node.run("nft", ["flush", "chain", "ip", "mesos-dns-vips", "output"]);
    expect(await counts(2, "11.0.0.13")).toEqual({ ECONNREFUSED: 2 });
    await reconcile([after]);
    expect(await counts(2, "11.0.0.13")).toEqual({ t2: 2 });
  });

  test("a step that cannot be done costs only itself", async () => {
    const services = Array.from({ length: 12 }, (_, index) => service(`11.0.1.${index}`, [A]));
    // Another verdict for the same key, which nobody but a person can have made.
    await node.run("nft", ["add", "element", "ip", "mesos-dns-vips", "services", "{ 11.0.1.5 . tcp . 6379 : drop }"]);
    const failures = await plane.apply(plan(services, await plane.read(), NO_ENDINGS));
    expect(failures).toMatchObject([
      { step: { service: { address: "11.0.1.5" } }, reason: expect.stringContaining("File exists") },
    ]);
    expect(await counts(2, "11.0.1.4")).toEqual({ t1: 2 });
    expect(await counts(2, "11.0.1.11")).toEqual({ t1: 2 });
  });

  test("it tells which services have connections", async () => {
    await reconcile([service("11.0.0.10", [A]), service("11.0.0.11", [A]), service("fd01:c::10", [target("fd77::1")])]);
    await counts(1, "11.0.0.10");
    await counts(1, "fd01:c::10");
    const used = await plane.used();
    expect(used).toContain("tcp:11.0.0.10:6379");
    expect(used).toContain("tcp:[fd01:c::10]:6379");
    expect(used).not.toContain("tcp:11.0.0.11:6379");
  });

  test("who has no rights is told what to do", async () => {
    const unprivileged = planeOf((command, args, input) =>
      node.run("setpriv", ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", command, ...args], input),
    );
    await expect(unprivileged.start()).rejects.toMatchObject({
      code: "VIP_PLANE",
      message:
        "nft may not read or change the rules of this node (Operation not permitted): run this with CAP_NET_ADMIN; docs/vips.md has the lines for its unit",
    });
    const steps = plan([service("11.0.0.12", [A])], [], NO_ENDINGS);
    await expect(unprivileged.apply(steps)).rejects.toMatchObject({ code: "VIP_PLANE" });
  });

  test("clearing leaves nothing of it, and nothing else is touched", async () => {
    await node.run("nft", ["-f", "-"], "add table ip foreign\nadd chain ip foreign kept\n");
    await reconcile([service("11.0.0.9", [A])]);
    await plane.clear();
    expect((await node.run("nft", ["list", "tables"])).stdout).toBe("table ip foreign\n");
    expect(await plane.read()).toEqual([]);
    await plane.clear();
  });
});

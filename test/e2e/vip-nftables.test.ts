import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemTimers } from "../../src/base/timers.js";
import type { Service, Target } from "../../src/vip-node/model.js";
import { NftablesPlane } from "../../src/vip-node/nftables/plane.js";
import { plan } from "../../src/vip-node/plan.js";
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
const CABLE_HERE = "ip addr add 10.78.0.1/24 dev cable0";
const CABLE_THERE = "ip link set lo up; ip link set cable1 up; ip addr add 10.78.0.2/24 dev cable1; ip route add default via 10.78.0.1";
const NO_ENDINGS = { services: new Set<string>(), targets: new Set<string>() };

let node: VipNetwork;
let container: VipNetwork;
let plane: NftablesPlane;
const planeOf = (run = node.run) => new NftablesPlane({ run, timers: systemTimers, log: silentLog, ranges: RANGES });

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
    await reconcile([service("11.0.0.1", [{ ...A, weight: 8 }, { ...B, weight: 2 }])]);
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
});

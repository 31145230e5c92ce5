import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PlaneName } from "../../src/vip-node/plane.js";
import { AGENTS, CONTAINER, VipCluster } from "../support/vip-cluster.js";
import { type Counts, hasOwnNetworks, type VipNetwork } from "../support/vip-network.js";
import type { Instance } from "../support/vip-node.js";
import { until } from "../support/wait.js";

/** What people had to complain of with virtual addresses in DC/OS and elsewhere, as what they wanted: where connections go. */

const PLANES: readonly PlaneName[] = ["haproxy", "nftables"];
const [A, B, C] = AGENTS.map((ip): Instance => ({ ip, port: 80, vip: "/web:6379" }));
const WEB = "11.0.0.80:6379";

describe.skipIf(!hasOwnNetworks).each(PLANES)("what people wanted of virtual addresses, by %s", (plane) => {
  let cluster: VipCluster;
  beforeAll(async () => {
    cluster = await VipCluster.start(plane);
  });
  afterAll(() => cluster?.stop());

  const answersAre = (expected: object) =>
    until(JSON.stringify(expected), async () => {
      const seen = await cluster.count("web");
      return JSON.stringify(seen) === JSON.stringify(expected) || Promise.reject(JSON.stringify(seen));
    });

  test("1. an address answers on the very node where its task runs, behind a port of that node", async () => {
    const { network, container, node } = cluster;
    await container.ask("serve", "boxed", CONTAINER, 8080);
    await cluster.publish(31020, `${CONTAINER}:8080`);
    expect(await network.ask("count", A.ip, 31020, 2)).toEqual({ boxed: 2 });
    await cluster.lead([{ ...A, port: 31020, container: { ip: CONTAINER, port: 8080 } }]);
    await node.carries(WEB, "open", 1);
    for (const from of [network, container]) expect(await cluster.count("web", 10, { from })).toEqual({ boxed: 10 });
    await cluster.unpublish();
  });

  test("2. a container that publishes the same port gets nothing of what is for the address", async () => {
    const { network, container } = cluster;
    await cluster.lead([B]);
    await answersAre({ b: 10 });
    await cluster.publish(6379, `${C.ip}:80`);
    expect(await network.ask("count", A.ip, 6379, 2)).toEqual({ c: 2 });
    for (const from of [network, container]) expect(await cluster.count("web", 10, { from })).toEqual({ b: 10 });
    await cluster.unpublish();
  });

  test("3. nobody reaches another program of the node by an address before or after its service is carried", async () => {
    const { network, node } = cluster;
    // HAProxy cannot have a port of which somebody has all addresses, and says so.
    await network.ask("serve", "wildcard", "0.0.0.0", 6380);
    const [late, taken] = plane === "haproxy" ? [6381, 6380] : [6380, undefined];
    await network.ask("watch", "11.0.0.82", late);
    const more = [late, ...(taken ? [taken] : [])].map((port) => ({ ...B, vip: `/late:${port}` }));
    await cluster.lead([A, ...more]);
    await node.carries(`11.0.0.82:${late}`, "open", 1);
    expect(await cluster.count("late", 10, { port: late })).toEqual({ b: 10 });
    const { services } = await node.status();
    expect(services.flatMap(({ refusal }) => refusal?.reason ?? [])).toEqual(taken ? ["port_in_use"] : []);
    await cluster.lead([A]);
    await node.carries(`11.0.0.82:${late}`, "closed", 0);
    await until("its end", async () => (await node.status()).services.length === 1);
    const seen = await network.ask<Counts>("endWatch");
    expect(Object.keys(seen).sort()).toEqual(["ECONNREFUSED", "b"]);
  });

  test("5. a new task gets nothing before its first health check has passed, and nothing when one fails", async () => {
    const [a, b] = [
      { ...A, healthy: true },
      { ...B, healthy: null },
    ];
    await cluster.lead([a, { ...b, vip: "/web:6379" }, { ...b, vip: "/other:6379" }]);
    await cluster.node.carries("11.0.0.81:6379", "closed", 0);
    expect(await cluster.count("web", 30)).toEqual({ a: 30 });
    expect(await cluster.count("other", 3)).toEqual({ ECONNREFUSED: 3 });
    await cluster.lead([a, { ...b, healthy: true }]);
    await cluster.node.carries(WEB, "open", 2);
    expect(Object.keys(await cluster.count("web", 40)).sort()).toEqual(["a", "b"]);
    await cluster.lead([
      { ...A, healthy: false },
      { ...B, healthy: true },
    ]);
    await cluster.node.carries(WEB, "open", 1);
    expect(await cluster.count("web", 30)).toEqual({ b: 30 });
  });

  test("10. two ports of one name are two services", async () => {
    await cluster.lead([A, { ...B, vip: "/web:6382" }]);
    await cluster.node.carries("11.0.0.80:6382", "open", 1);
    await answersAre({ a: 10 });
    expect(await cluster.count("web", 10, { port: 6382 })).toEqual({ b: 10 });
  });

  test("14. a client that uses its port again at once is not held up, and does not stay with a target that drains", async () => {
    const again = (from: VipNetwork) => from.ask<Counts>("fromPort", "11.0.0.80", 6379, 40, 41_000);
    await cluster.lead([A, B]);
    await cluster.node.carries(WEB, "open", 2);
    for (const from of [cluster.network, cluster.container]) {
      const began = performance.now();
      expect(Object.keys(await again(from)).sort()).toEqual(["a", "b"]);
      expect(performance.now() - began).toBeLessThan(1_000);
    }
    await cluster.lead([{ ...A, state: "TASK_KILLING" }, B]);
    await cluster.node.carries(WEB, "open", 1);
    for (const from of [cluster.network, cluster.container]) expect(await again(from)).toEqual({ b: 40 });
    await cluster.lead([B]);
    await until("its end", async () => {
      const service = (await cluster.node.status()).services.find(({ key }) => key.endsWith(WEB));
      return service?.targets.filter(({ retired }) => !retired).length === 1;
    });
  });

  test("15. a machine that is silent costs no more than a moment, and comes back", async () => {
    await cluster.lead([A, C]);
    await cluster.node.carries(WEB, "open", 2);
    expect(Object.keys(await cluster.count("web", 40)).sort()).toEqual(["a", "c"]);
    await cluster.rules([
      "add table ip dead",
      "add chain ip dead in { type filter hook input priority -10 ; }",
      `add rule ip dead in ip daddr ${C.ip} tcp dport 80 drop`,
    ]);
    // HAProxy tries another one by itself; the kernel has to be told that one is silent.
    if (plane === "nftables") await answersAre({ a: 10 });
    expect(await cluster.count("web", 40)).toEqual({ a: 40 });
    await cluster.rules(["delete table ip dead"]);
    await until("its return", async () => (await cluster.count("web")).c !== undefined);
  });

  test("16. containers of other networks reach the address, and are refused where there is none", async () => {
    const { container: from } = cluster;
    await cluster.lead([B, { ...B, vip: "/other:6379", healthy: false }]);
    await cluster.node.carries("11.0.0.81:6379", "closed", 0);
    await answersAre({ b: 10 });
    expect(await cluster.count("web", 20, { from })).toEqual({ b: 20 });
    expect(await cluster.count("other", 3, { from })).toEqual({ ECONNREFUSED: 3 });
    expect(await cluster.count("late", 3, { from })).toEqual({ ECONNREFUSED: 3 });
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PlaneName } from "../../src/vip-node/plane.js";
import { AGENTS, CONTAINER, VipCluster } from "../support/vip-cluster.js";
import { type Counts, hasOwnNetworks } from "../support/vip-network.js";
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
    await cluster.answers({ b: 10 });
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
    await until("its end", async () => (await node.status()).services.length === 1, 30_000);
    // HAProxy ends what has come while a listener closes, as the node does where it tries whether it can listen.
    const { ECONNREFUSED, ECONNRESET: _, closed: __, ...answers } = await network.ask<Counts>("endWatch");
    expect(ECONNREFUSED).toBeGreaterThan(0);
    expect(Object.keys(answers)).toEqual(["b"]);
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
    await cluster.answers({ a: 10 });
    expect(await cluster.count("web", 10, { port: 6382 })).toEqual({ b: 10 });
  });

  test("16. containers of other networks reach the address, and are refused where there is none", async () => {
    const { container: from } = cluster;
    await cluster.lead([B, { ...B, vip: "/other:6379", healthy: false }]);
    await cluster.node.carries("11.0.0.81:6379", "closed", 0);
    await cluster.answers({ b: 10 });
    expect(await cluster.count("web", 20, { from })).toEqual({ b: 20 });
    expect(await cluster.count("other", 3, { from })).toEqual({ ECONNREFUSED: 3 });
    expect(await cluster.count("late", 3, { from })).toEqual({ ECONNREFUSED: 3 });
  });
});

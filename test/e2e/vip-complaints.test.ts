import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PlaneName } from "../../src/vip-node/plane.js";
import { AGENTS, CONTAINER, VipCluster } from "../support/vip-cluster.js";
import { hasOwnNetworks } from "../support/vip-network.js";
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
});

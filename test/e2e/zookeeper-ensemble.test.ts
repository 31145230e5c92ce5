import { afterAll, beforeAll, expect, it } from "vitest";
import { startMaster, startServer, web, webAt } from "../support/scenario.js";
import type { Server } from "../support/server.js";
import { until } from "../support/wait.js";
import { ZooKeeper } from "../support/zookeeper.js";

/** What a member takes to be noticed as silent, and the others to agree on a leader among them. */
const OVER_MS = 20_000;

let members: readonly ZooKeeper[];
beforeAll(async () => {
  members = await ZooKeeper.ensemble();
});
afterAll(async () => {
  await Promise.all(members.map((member) => member.stop()));
});

/** The member that the server is connected to. */
function memberOf(server: Server): ZooKeeper {
  const line = server.log.findLast(({ msg }) => msg === "connected to ZooKeeper");
  const member = members.find(({ address }) => address === line?.server);
  if (!member) throw new Error("it is connected to no member");
  return member;
}

/** Something happens to the member in use, and a master's node goes: the server hears of it from another member. */
async function lose(server: Server, node: string, happens: (member: ZooKeeper) => unknown): Promise<ZooKeeper> {
  const before = memberOf(server);
  await happens(before);
  await until("another member", () => memberOf(server) !== before, OVER_MS);
  await (await memberOf(server).client()).remove(node);
  return before;
}

it("the election is followed over whichever members are there", async () => {
  const registry = await (members[0] as ZooKeeper).client();
  await registry.mkdir("/mesos");
  const nodes: string[] = [];
  for (const address of ["203.0.113.1", "203.0.113.2", "203.0.113.3"]) {
    nodes.push(await registry.register("/mesos", await startMaster(webAt(address)), { stays: true }));
  }
  const [first, second] = nodes as [string, string];
  const zk = `zk://${members.map(({ address }) => address)}/mesos`;
  const server = await startServer([], { zk, refreshSeconds: 3_600 });
  expect(await web(server)).toBe("203.0.113.1");

  const killed = await lose(server, first, (member) => member.kill());
  await until("the second leader", async () => (await web(server)) === "203.0.113.2", OVER_MS);
  await killed.up();
  const paused = await lose(server, second, (member) => member.pause());
  await until("the third leader", async () => (await web(server)) === "203.0.113.3", OVER_MS);
  paused.resume();
});

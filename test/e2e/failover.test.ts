import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { askUdp } from "../support/ask.js";
import { ALL_AGENTS, ElectedMasters, holds } from "../support/elected-masters.js";
import { becomesReady, startServer } from "../support/scenario.js";
import { freePort, Server } from "../support/server.js";
import { SteadyAsker } from "../support/steady-asker.js";
import { until } from "../support/wait.js";

/** `npm run drill -- failover` runs more of the same. */
const ROUNDS = Number(process.env.DRILL_ROUNDS ?? 5);
const RATE = Number(process.env.DRILL_RATE ?? 500);
const RESTARTS = 2;
const ROUND_MS = 60_000;
/** Events tell the one; the other has nothing but states. */
const FOLLOWERS = [
  { updates: "stream", refreshSeconds: 3600 },
  { updates: "poll", refreshSeconds: 1 },
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mesos-dns-failover-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A cluster with three masters, two servers that follow it, and somebody who asks each of them throughout. */
async function setUp(rounds: number) {
  const masters = await ElectedMasters.start(rounds);
  onTestFinished(() => masters.stop());
  const configs = await Promise.all(
    FOLLOWERS.map(async (follower) => {
      const [port, httpport] = [await freePort(), await freePort()];
      return { ...follower, port, httpport, zk: masters.zk, stateDir: join(folder, follower.updates) };
    }),
  );
  const servers = await Promise.all(configs.map((config) => startServer([], config)));
  const askers = await Promise.all(servers.map((server) => SteadyAsker.start(server, masters.names, RATE)));
  return { masters, configs, servers, askers };
}

/** The agents come back one by one, and with the first of them it shows that one of its tasks has ended meanwhile. */
async function comeBack(masters: ElectedMasters, servers: readonly Server[], victim: string): Promise<void> {
  for (let agents = 1; agents <= ALL_AGENTS; agents++) {
    masters.comeBack(agents);
    await holds(servers, masters.tasksWithout(agents));
    for (const server of servers) {
      await until(`${victim} to go`, async () => (await askUdp(server, victim)).rcode === "NXDOMAIN");
    }
  }
}

async function expectNoMiss(askers: readonly SteadyAsker[], least: number): Promise<void> {
  for (const asker of askers) {
    await asker.pause();
    expect(asker.misses).toEqual([]);
    expect(asker.asked).toBeGreaterThan(least);
    await asker.stop();
  }
  const asked = askers.reduce((sum, asker) => sum + asker.asked, 0);
  console.info(`${asked.toLocaleString("en-US")} questions, each answered as it has to be`);
}

it(
  "no name of a running task goes in failovers with an empty leader, with ZooKeeper restarted in between",
  async () => {
    const { masters, servers, askers } = await setUp(ROUNDS);
    for (let round = 0; round < ROUNDS; round++) {
      const isOdd = round % 2 === 1;
      if (isOdd) await masters.zookeeper.kill();
      await masters.killLeader();
      const all = masters.tasksWithout(0);
      const victim = masters.killVictim();
      masters.elect({ knowsOthers: isOdd });
      if (isOdd) await masters.zookeeper.up();
      await masters.tellZooKeeper();
      await holds(servers, all);
      await Promise.all([comeBack(masters, servers, victim), !isOdd && masters.restartZooKeeper()]);
      await masters.revive();
    }
    await expectNoMiss(askers, RATE * ROUNDS);
  },
  ROUNDS * ROUND_MS,
);

it(
  "nor when the server is started again while no master is up, and the next leader knows nobody",
  async () => {
    const { masters, configs, servers, askers } = await setUp(RESTARTS);
    const started: Server[] = [];
    onTestFinished(() => Promise.all(started.map((server) => server.kill())).then(() => {}));
    let running = servers;
    for (let round = 0; round < RESTARTS; round++) {
      await masters.killAll();
      await Promise.all(askers.map((asker) => asker.pause()));
      await Promise.all(running.map((server) => server.stop()));
      running = await Promise.all(configs.map((config) => Server.start(config, { until: "listening" })));
      started.push(...running);
      for (const asker of askers) asker.resume();
      const all = masters.tasksWithout(0);
      const victim = masters.killVictim();
      await masters.reviveAll({ knowsOthers: round % 2 === 1 });
      await holds(running, all);
      for (const server of running) await becomesReady(server);
      await comeBack(masters, running, victim);
    }
    await expectNoMiss(askers, RATE * RESTARTS);
  },
  RESTARTS * ROUND_MS,
);

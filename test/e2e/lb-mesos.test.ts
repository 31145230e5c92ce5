import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { answersOf } from "../support/lb-ask.js";
import { LbRun, NamedServer } from "../support/lb-run.js";
import { agent, cluster, framework, ScriptedMaster, task } from "../support/scripted-master.js";
import { freePort } from "../support/server.js";
import { until } from "../support/wait.js";

/** HAProxy that follows the masters themselves: tasks of any framework that have the labels. */

const HOST = "127.0.0.1";
let master: ScriptedMaster;
let run: LbRun;
let servers: NamedServer[];
let port: number;

beforeAll(async () => {
  servers = await Promise.all(["a", "b"].map((name) => NamedServer.start(name)));
  master = await ScriptedMaster.start();
  port = await freePort();
  lead("a");
  run = await LbRun.start([], { source: "mesos", marathons: [] }, { masters: [master.address], refreshSeconds: 1 });
  await run.carries(`batch_${port}`, 1);
});
afterAll(async () => {
  await run?.end();
  await master?.stop();
  for (const server of servers ?? []) server.stop();
});

function lead(names: string): void {
  const labels = { HAPROXY_GROUP: "external", HAPROXY_0_PORT: String(port), HAPROXY_0_MODE: "http" };
  const tasks = servers
    .filter(({ name }) => names.includes(name))
    .map((server) =>
      task("batch", {
        id: `batch-${server.name}`,
        agent: "S-1",
        ip: HOST,
        extra: {
          labels: Object.entries(labels).map(([key, value]) => ({ key, value })),
          discovery: { name: "batch", ports: { ports: [{ number: server.port, protocol: "tcp" }] } },
        },
      }),
    );
  master.lead(cluster({ agents: [agent("S-1", { ip: HOST })], frameworks: [framework("chronos", { tasks })] }));
}

test("carries tasks of any framework, which come and go without a reload", async () => {
  expect(await answersOf(port)).toBe("a");
  const before = await run.reloads();
  lead("ab");
  await run.carries(`batch_${port}`, 2);
  expect(await answersOf(port)).toBe("ab");
  lead("b");
  await run.carries(`batch_${port}`, 1);
  expect(await answersOf(port)).toBe("b");
  expect(await run.reloads()).toBe(before);
  expect((await run.status()).sources).toMatchObject([{ name: "mesos", tasks: 1 }]);
});

test("has the state fetched on SIGHUP", async () => {
  const seldom = await LbRun.start(
    [],
    { source: "mesos", marathons: [] },
    { masters: [master.address], refreshSeconds: 3600 },
  );
  onTestFinished(() => seldom.end());
  await seldom.carries(`batch_${port}`, 1);
  // Another one follows the same master each second.
  await run.end();
  const states = () => master.requests.filter(({ path }) => path.includes("/state")).length;
  const before = states();
  seldom.signal("SIGHUP");
  await until("a state", () => states() > before);
  expect((await seldom.status()).sources).toMatchObject([{ name: "mesos", tasks: 1 }]);
});

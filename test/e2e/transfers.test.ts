import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { taskAdded, taskUpdated } from "../support/operator-api.js";
import { agent, cluster, framework, ScriptedMaster, task } from "../support/scripted-master.js";
import {
  CHECK_KEY,
  checkedConfigFor,
  contentOf,
  portsFor,
  SECONDARIES,
  Secondary,
  type SecondaryName,
  transfersOf,
} from "../support/secondaries.js";
import { Server } from "../support/server.js";
import { until } from "../support/wait.js";

/** Real secondaries follow the server through changes, record for record. */

/** `slave.mesos` has an address for each: more than BIND takes without being told. */
const AGENTS = Array.from({ length: 1_200 }, (_, i) => agent(`S${i}`, { ip: `10.0.${i >> 8}.${i & 255}` }));
const CHANGES = 200;
const NAMES = Object.keys(SECONDARIES).filter((name) => name !== "Unbound") as SecondaryName[];

let master: ScriptedMaster;
let server: Server;
const secondaries = new Map<SecondaryName, Secondary>();

beforeAll(async () => {
  master = await ScriptedMaster.start();
  const tasks = AGENTS.slice(0, 50).map(({ id }, i) =>
    task(`web${i}`, { agent: String(id).slice(String(id).indexOf("S")), ip: `10.1.0.${i}` }),
  );
  master.leadWithEvents(cluster({ agents: AGENTS, frameworks: [framework("marathon", { tasks })] }));
  const ports = await portsFor(NAMES);
  const config = { masters: [master.address], refreshSeconds: 3600, ...checkedConfigFor(ports) };
  server = await Server.start(config, { args: ["-v=1"] });
  for (const name of NAMES) {
    const secondary = new Secondary(name, ports[name]);
    await secondary.configure([server]);
    secondary.run();
    secondaries.set(name, secondary);
  }
  await until("the stream", async () => (await server.metric("mesos_dns_stream_connected")) === 1);
}, 60_000);
afterAll(async () => {
  for (const secondary of secondaries.values()) await secondary.stop();
  await server.stop();
  await master.stop();
});

const of = (name: SecondaryName) => secondaries.get(name) as Secondary;
const transfers = (kind: string) => transfersOf(server, kind);

describe("real secondaries", () => {
  it.each(NAMES)("%s has what the server has after its first transfer", async (name) => {
    await of(name).caughtUp(server);
    const own = await contentOf(server, "mesos", ...CHECK_KEY);
    expect(own.length).toBeGreaterThan(1_200);
    expect(await of(name).content()).toEqual(own);
  });

  it("have what the server has after 200 changes in 20 seconds, by differences alone", async () => {
    // Each secondary has transferred it once, and the check beside it.
    const before = 2 * NAMES.length;
    await until("the count", async () => (await transfers("axfr")) === before);
    for (let i = 0; i < CHANGES; i++) {
      const moving = task(`t${i % 40}`, {
        id: `t.${i}`,
        agent: `S${i % 50}`,
        ip: `10.2.${i >> 8}.${i & 255}`,
        ports: [31_000 + i],
      });
      master.subscribers.say(taskAdded(moving));
      if (i >= 40) master.subscribers.say(taskUpdated({ id: `t.${i - 40}`, slave_id: moving.slave_id }, "TASK_KILLED"));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    for (const name of NAMES) await of(name).caughtUp(server);
    const own = await contentOf(server, "mesos", ...CHECK_KEY);
    for (const name of NAMES) expect([name, await of(name).content()]).toEqual([name, own]);
    // The check itself transfers the zone once.
    await until("the count", async () => (await transfers("axfr")) > before);
    expect(await transfers("axfr")).toBe(before + 1);
    expect(await transfers("ixfr")).toBeGreaterThan(100);
    expect(server.troubles()).toEqual([]);
  }, 60_000);
});

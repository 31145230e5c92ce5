import { expect, test } from "vitest";
import { startMaster, startServer } from "../support/scenario.js";
import { agent, cluster, framework, task } from "../support/scripted-master.js";
import { until } from "../support/wait.js";

/** What the page of a service has of names, for services whose names are no labels. */

const HOSTILE: readonly (readonly [service: string, label: string])[] = [
  ["a/b", "ab"],
  ["y".repeat(70), "y".repeat(63)],
  ["ümlaut", "mlaut"],
  ["<script>", "script"],
  ["_web", "web"],
  ["%zz", "zz"],
  ["z".repeat(5_000), "z".repeat(63)],
  ["Plain", "plain"],
];

test("the page of a service has the names that DNS has of it", async () => {
  const tasks = HOSTILE.map(([name], i) =>
    task(name, { id: `task.${i}`, agent: "S0", ip: `203.0.113.${i + 1}`, ports: [31_000 + i] }),
  );
  const server = await startServer([
    await startMaster(cluster({ agents: [agent("S0")], frameworks: [framework("marathon", { tasks })] })),
  ]);
  const namesOf = async (service: string) => {
    const path = `/v1/console/service?framework=marathon&name=${encodeURIComponent(service)}`;
    return (await server.json<{ names?: readonly string[] }>(path)).names;
  };
  await until("the cluster", async () => (await namesOf("Plain")) !== undefined);
  const told = await Promise.all(HOSTILE.map(([service]) => namesOf(service)));
  HOSTILE.forEach(([service, label], i) => {
    const start = label.slice(0, 62);
    expect(told[i], service.slice(0, 80)).toEqual([
      `${label}.marathon.mesos`,
      `${label}.marathon.slave.mesos`,
      `_${start}._tcp.marathon.mesos`,
      `_${start}._udp.marathon.mesos`,
      `_${start}._tcp.marathon.slave.mesos`,
      `_${start}._udp.marathon.slave.mesos`,
    ]);
  });
});

import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import type { Json } from "../support/json.js";
import { startMaster, startServer } from "../support/scenario.js";
import { agent, cluster, framework, task } from "../support/scripted-master.js";
import { until } from "../support/wait.js";

/** More than the sockets of a connection hold. */
const TASKS = 15_000;
const PADDING = "x".repeat(40);
const CHANGES = 4;
const WAIT_MS = 20_000;

/** A cluster in which all tasks have addresses of one round. */
function roundOf(round: number): Json {
  const tasks = Array.from({ length: TASKS }, (_, i) =>
    task(`task-${i}-${PADDING}`, { agent: "S0", ip: `10.${round}.${i >> 8}.${i & 255}`, ports: [31_000 + (i % 1000)] }),
  );
  return cluster({ agents: [agent("S0")], frameworks: [framework("marathon", { tasks })] });
}

test("a zone that is read slowly is that of one moment, however often it changes meanwhile", async () => {
  const master = await startMaster(roundOf(0));
  const server = await startServer([master], { updates: "poll" });
  const socket = connect(server.httpPort, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.write("GET /v1/axfr HTTP/1.0\r\n\r\n");
  await once(socket, "data");
  socket.pause();
  for (let round = 1; round <= CHANGES; round++) {
    const generation = (await server.metric("mesos_dns_snapshot_generation")) ?? 0;
    master.lead(roundOf(round));
    const isNewer = async () => ((await server.metric("mesos_dns_snapshot_generation")) ?? 0) > generation;
    await until("the next zone", isNewer, WAIT_MS);
  }
  socket.resume();
  await once(socket, "close");
  const text = Buffer.concat(chunks).toString("utf8");
  const { Records } = JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4)) as {
    Records: { As: Record<string, string[]> };
  };
  const own = Object.entries(Records.As).filter(([name]) => /^task-\d+-x+\.marathon\.mesos\.$/.test(name));
  expect(own).toHaveLength(TASKS);
  expect(own.filter(([, addresses]) => !addresses.every((address) => address.startsWith("10.0.")))).toEqual([]);
});

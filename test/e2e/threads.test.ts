import { once } from "node:events";
import { MessageChannel, Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { QueryStats } from "../../src/serving/query-stats.js";
import { createBuckets } from "../../src/serving/rate-limiter.js";
import type { FromResponder, ResponderStart, ToResponder } from "../../src/threads/messages.js";
import { compileZones } from "../../src/zone/compile.js";
import type { SnapshotUpdate } from "../../src/zone/snapshot.js";
import { askUdp } from "../support/ask.js";
import { lines } from "../support/dns.js";
import { freePort } from "../support/server.js";
import { until } from "../support/wait.js";
import { APEX, SEED, zoneContent } from "../support/zone.js";
import { configOf } from "../unit/config/support.js";

/** An answering thread of the built program, and the test in the place of the main thread and the builder. */

async function startResponder() {
  const port = await freePort();
  const start: ResponderStart = {
    config: configOf({ listener: "127.0.0.1", port, externalon: false }),
    verbosity: 0,
    apexes: [APEX],
    restored: undefined,
    stats: new QueryStats().memory,
    own: { cookies: new Uint8Array(16), loopToken: "0".repeat(32), buckets: createBuckets(7) },
    certificates: { certificate: undefined, resolverAuthorities: undefined, transferAuthorities: undefined },
    tsigKeys: [],
    share: { cache: 1 },
    plan: { engine: "dgram", threads: 1 },
    sockets: [],
    index: 0,
  };
  const worker = new Worker(new URL("../../dist/threads/responder-thread.js", import.meta.url), { workerData: start });
  onTestFinished(async () => void (await worker.terminate()));
  const said: FromResponder[] = [];
  worker.on("message", (message: FromResponder) => said.push(message));
  const { port1, port2 } = new MessageChannel();
  const acknowledged: number[] = [];
  port2.on("message", (generation: number) => acknowledged.push(generation));
  onTestFinished(() => port2.close());
  const tell = (message: ToResponder) => worker.postMessage(message, message.kind === "snapshots" ? [port1] : []);
  tell({ kind: "snapshots", port: port1 });
  return { worker, at: { host: "127.0.0.1", port }, said, tell, snapshots: port2, acknowledged };
}

function updateOf(generation: number, address: string): SnapshotUpdate {
  const { shards } = compileZones([zoneContent([`web.mesos A ${address}`])]);
  return { generation, seed: SEED, apexes: [APEX], ready: true, shards: shards.map((memory, i) => [i, memory]) };
}

const web = async (at: { host: string; port: number }) => lines((await askUdp(at, "web.mesos")).answers);

test("an answering thread says of each generation that it reads it, when it answers from it", async () => {
  const { at, said, tell, snapshots, acknowledged } = await startResponder();
  tell({ kind: "listen", generation: 1 });
  snapshots.postMessage(updateOf(1, "192.0.2.1"));
  await until("its sockets", () => said.some(({ kind }) => kind === "listening"));
  expect(acknowledged).toEqual([1]);
  expect(await web(at)).toEqual(["web.mesos 60 A 192.0.2.1"]);
  for (let generation = 2; generation <= 20; generation++) {
    snapshots.postMessage(updateOf(generation, `192.0.2.${generation}`));
    await until("the next generation", () => acknowledged.includes(generation));
    expect(await web(at)).toEqual([`web.mesos 60 A 192.0.2.${generation}`]);
  }
  expect(acknowledged).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
});

test.each([
  ["before it has a zone", [] as string[]],
  ["while it opens its sockets", ["snapshot"]],
])("an answering thread that is stopped %s opens none after that, and ends", async (_, before) => {
  const { worker, said, tell, snapshots } = await startResponder();
  const exited = once(worker, "exit");
  tell({ kind: "listen", generation: 1 });
  if (before.length > 0) snapshots.postMessage(updateOf(1, "192.0.2.1"));
  tell({ kind: "stop" });
  await until("its last word", () => said.some(({ kind }) => kind === "stopped"), 3_000);
  snapshots.postMessage(updateOf(2, "192.0.2.2"));
  snapshots.close();
  await exited;
  expect(said.filter(({ kind }) => kind === "listening").length).toBeLessThanOrEqual(before.length);
});

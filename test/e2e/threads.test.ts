import { once } from "node:events";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { QueryStats } from "../../src/serving/query-stats.js";
import { createBuckets } from "../../src/serving/rate-limiter.js";
import type { FromResponder, Reading, ResponderStart, ToResponder } from "../../src/threads/messages.js";
import { columnsOf } from "../../src/zone/columns.js";
import { compileZones } from "../../src/zone/compile.js";
import { SHARDS } from "../../src/zone/layout.js";
import type { SnapshotUpdate } from "../../src/zone/snapshot.js";
import { type CompiledShard, wholeBuild } from "../../src/zone/whole-build.js";
import { askUdp } from "../support/ask.js";
import { extendedErrors, lines } from "../support/dns.js";
import { freePort } from "../support/server.js";
import { until } from "../support/wait.js";
import { APEX, SEED, zoneContent } from "../support/zone.js";
import { configOf } from "../unit/config/support.js";

/** The threads of the built program, and the test in the place of those that they talk with. */

function startThread(name: string, workerData: unknown, transferList: readonly MessagePort[] = []): Worker {
  const url = new URL(`../../dist/threads/${name}-thread.js`, import.meta.url);
  const worker = new Worker(url, { workerData, transferList: [...transferList] });
  onTestFinished(async () => void (await worker.terminate()));
  return worker;
}

async function startResponder() {
  const port = await freePort();
  const start: ResponderStart = {
    config: configOf({ listener: "127.0.0.1", port, externalon: false }),
    verbosity: 0,
    apexes: [APEX],
    stats: new QueryStats().memory,
    own: { cookies: new Uint8Array(16), loopToken: "0".repeat(32), buckets: createBuckets(7) },
    certificates: { certificate: undefined, resolverAuthorities: undefined, transferAuthorities: undefined },
    tsigKeys: [],
    share: { cache: 1 },
    plan: { engine: "dgram", threads: 1 },
    sockets: [],
    index: 0,
  };
  const worker = startThread("responder", start);
  const said: FromResponder[] = [];
  worker.on("message", (message: FromResponder) => said.push(message));
  const { port1, port2 } = new MessageChannel();
  const acknowledged: number[] = [];
  port2.on("message", ({ generation }: Reading) => acknowledged.push(generation));
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

test("an answering thread answers from the saved zone, as stale, until the first build", async () => {
  const { at, said, tell, snapshots } = await startResponder();
  tell({ kind: "restored", update: updateOf(1, "192.0.2.1") });
  tell({ kind: "stale", stale: true });
  tell({ kind: "listen", generation: 1 });
  await until("its sockets", () => said.some(({ kind }) => kind === "listening"));
  const saved = await askUdp(at, "web.mesos", { edns: 1232 });
  expect([lines(saved.answers), extendedErrors(saved)]).toEqual([["web.mesos 60 A 192.0.2.1"], [3]]);
  tell({ kind: "stale", stale: false });
  snapshots.postMessage(updateOf(2, "192.0.2.2"));
  await until("the first build", async () => (await web(at))[0] === "web.mesos 60 A 192.0.2.2");
});

test("a compiling thread hands back the shards of a build, and ends when it is told to", async () => {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  startThread("compiler", port2, [port2]);
  const content = zoneContent([
    "web.mesos A 192.0.2.1",
    "_web._tcp.mesos SRV web.mesos 80",
    "web.mesos AAAA 2001:db8::1",
  ]);
  const nameServers = content.nameServers.map((name) => content.records.names.intern(name));
  const zone = { records: columnsOf(content.records), nameServers, srvPrefix: 1 };
  const shards: CompiledShard[] = [];
  port1.on("message", (shard: CompiledShard) => shards.push(shard));
  port1.postMessage(wholeBuild([zone], [content.records.exists]));
  await until("all shards", () => shards.length === SHARDS);
  compileZones([content]).shards.forEach((expected, index) => {
    const memory = shards.find((shard) => shard.index === index)?.memory ?? new SharedArrayBuffer(0);
    expect(Buffer.from(memory, 0, expected.byteLength)).toEqual(Buffer.from(expected));
  });
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

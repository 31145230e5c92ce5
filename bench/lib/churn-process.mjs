/** A process of its own, with --expose-gc: what it holds in memory while a cluster changes a million times. */
import { PassThrough } from "node:stream";
import { SkipLog } from "../../dist/build/skip-log.js";
import { ClusterFeed } from "../../dist/sources/mesos/live/feed.js";
import { readMasterState } from "../../dist/sources/mesos/state.js";
import { countRecords } from "../../dist/views/mesos-dns/record-count.js";
import { createBuilder } from "./builder.mjs";
import { ChurningCluster } from "./churning-cluster.mjs";
import { SimulatedTime } from "./simulated-time.mjs";

const [tasks, events, hours] = process.argv.slice(2).map(Number);
const HOUR_MS = 3_600_000;
const LEADER = { host: "192.0.2.1", port: 5050 };
const LIVES = 33;
const EVENTS_A_STEP = LIVES * 3 + 2;
const TURNOVER_STEPS = 20;
const MB = 2 ** 20;

const time = new SimulatedTime();
const cluster = new ChurningCluster(tasks);
const skipLog = new SkipLog({ warn: () => {} });
const env = { MESOS_DNS_MASTERS: `${LEADER.host}:${LEADER.port}`, MESOS_DNS_REFRESHSECONDS: "600" };
const { config, pool, builder } = createBuilder(env, () => time.now());
const counts = { builds: 0, whole: 0, names: 0, failures: [] };
let body = new PassThrough();
const say = (event) => {
  const text = JSON.stringify(event);
  body.write(`${Buffer.byteLength(text)}\n${text}`);
};
const access = {
  read: async () => {
    const octets = cluster.state(`${LEADER.host}:${LEADER.port}`);
    const state = readMasterState(octets);
    return { ...state, leader: LEADER, masters: [LEADER], bytes: octets.length, fetchMs: 0, parseMs: 0 };
  },
  subscribe: async (signal) => {
    body = new PassThrough();
    const own = body;
    signal.addEventListener("abort", () => own.destroy(new Error("aborted")));
    say(cluster.subscribed());
    return { body, from: LEADER };
  },
  close: async () => {},
};
const feed = new ClusterFeed({
  access,
  config,
  timers: time,
  random: () => 0,
  wallClock: () => time.now(),
  restored: undefined,
  count: (each, masters) => countRecords(each, masters, config),
  serve: async (each, { state }) => {
    const build = await builder.build(each, state.masters);
    skipLog.note(build.skipped);
    pool.acknowledge("reader", build.generation);
    counts.builds++;
    counts.whole += Number(build.isWhole);
    counts.names = build.names;
  },
  onFailure: (error) => counts.failures.push(String(error)),
  onReport: () => {},
});

const samples = [];
function sample(told) {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  const memory = { heap: heapUsed / MB, buffers: arrayBuffers / MB, resident: rss / MB };
  samples.push({ hour: time.now() / HOUR_MS, told, ...counts, ...memory });
}

feed.start();
await time.pass(5_000);
const steps = Math.ceil(events / EVENTS_A_STEP);
let told = 0;
for (let step = 0; step < steps; step++) {
  const changes = [...cluster.step(LIVES), ...(step % TURNOVER_STEPS === 0 ? cluster.turnover() : [])];
  for (const event of changes) say(event);
  told += changes.length;
  await time.pass((hours * HOUR_MS) / steps);
  if (Math.floor(((step + 1) * hours) / steps) > Math.floor((step * hours) / steps)) sample(told);
}
await feed.stop();
process.send(samples, () => process.exit(0));

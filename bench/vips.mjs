/** Virtual addresses: how soon nodes that wait for the list hear of a change, and what that costs. */
import { setTimeout as sleep } from "node:timers/promises";
import { firstAnswer, percentile } from "./lib/client.mjs";
import { freshTask, startLiveMaster } from "./lib/live-master.mjs";
import { report, round, table } from "./lib/report.mjs";
import { startServer } from "./lib/server.mjs";
import { stateBody } from "./lib/state.mjs";
import { latenessOf, now, startWaiters } from "./lib/waiters.mjs";

const NODES = 1_000;
const TASKS = 10_000;
const TARGETS = 5;
const RATE = 10;
const SECONDS = Number(process.env.BENCH_VIPS_SECONDS ?? 30);
/** Ports of tasks that come during the measurement: the largest that a list has tells which changes it has. */
const FIRST_PORT = 20_000;
const LIST = { path: "/v1/vips", parameter: "etag", header: "etag", first: "", good: [200, 304] };

const labelled = (number, vip) => ({
  name: "vip",
  ports: {
    ports: [
      {
        number,
        protocol: "tcp",
        labels: {
          labels: [
            { key: "VIP_0", value: vip },
            { key: "network-scope", value: "host" },
          ],
        },
      },
    ],
  },
});

/** A generated state in which so many virtual addresses have some targets each. */
function stateOf(vips, leader) {
  const state = JSON.parse(stateBody(TASKS, leader).toString());
  const tasks = state.frameworks.flatMap((framework) => framework.tasks).slice(0, vips * TARGETS);
  tasks.forEach((task, index) => {
    const port = 31_000 + (index % 1_000);
    task.resources = { ports: `[${port}-${port}]` };
    task.discovery = labelled(port, `/vip-${Math.floor(index / TARGETS)}:80`);
  });
  return state;
}

/** A target that comes, at a port of its own. */
function targetOf(master, index) {
  const port = FIRST_PORT + index;
  const resources = { ports: `[${port}-${port}]` };
  return freshTask(master, index, { resources, discovery: labelled(port, "/fresh:80") });
}

/** Waits for lists as a node does, and notes which changes each has. */
function follow(server) {
  const newest = new Map();
  let isOver = false;
  let octets = 0;
  const run = async () => {
    let etag = "";
    while (!isOver) {
      const url = `http://127.0.0.1:${server.httpport}/v1/vips?wait=2s&etag=${encodeURIComponent(etag)}`;
      const response = await fetch(url);
      const text = await response.text();
      etag = response.headers.get("etag");
      if (response.status !== 200) continue;
      octets = text.length;
      const fresh = JSON.parse(text).find(({ vip }) => vip.startsWith("fresh."));
      newest.set(etag, Math.max(-1, ...(fresh?.backend ?? []).map(({ port }) => port - FIRST_PORT)));
    }
  };
  const ended = run();
  const stop = async () => {
    isOver = true;
    await ended;
    return octets;
  };
  return { newest, stop };
}

async function measure(vips) {
  const master = await startLiveMaster((address) => stateOf(vips, address));
  const server = await startServer(master, { vips: { names: true }, refreshSeconds: 3600 });
  await firstAnswer(server.port, "leader.mesos");
  const waiters = startWaiters(server, NODES, LIST);
  await sleep(8_000);
  const probe = follow(server);
  await sleep(1_000);
  const sent = [];
  const before = server.cpuSeconds();
  const started = performance.now();
  for (let i = 0; i < RATE * SECONDS; i++) {
    sent.push(now());
    master.add(targetOf(master, i));
    await sleep(Math.max(0, started + ((i + 1) * 1000) / RATE - performance.now()));
  }
  const cpu = (server.cpuSeconds() - before) / ((performance.now() - started) / 1000);
  await sleep(3_000);
  const heard = await waiters.stop();
  const octets = await probe.stop();
  await server.stop();
  master.stop();
  const lateness = latenessOf(heard, [...sent.entries()], (tag) => probe.newest.get(tag));
  const answers = heard.tag.length - NODES;
  const missing = NODES * sent.length - lateness.length;
  return [
    vips,
    answers,
    heard.failures,
    missing,
    ...[0.5, 0.99, 1].map((part) => percentile(lateness, part)),
    octets / 1024,
    cpu,
  ];
}

export async function benchVips() {
  const rows = [];
  for (const vips of [100, 1_000]) {
    const [count, answers, failures, missing, p50, p99, most, kilobytes, cpu] = await measure(vips);
    rows.push([
      round(count),
      round(answers),
      String(failures),
      round(missing),
      ...[p50, p99, most].map((ms) => round(ms)),
      round(kilobytes),
      round(cpu, 2),
    ]);
  }
  const header = [
    "virtual addresses",
    "answers",
    "failures",
    "changes missed",
    "p50, ms",
    "p99, ms",
    "slowest, ms",
    "list, KB",
    "CPU of the server, cores",
  ];
  report("vips", "Virtual addresses", [
    `## The list, for nodes that wait\n\n${round(TASKS)} tasks, ${TARGETS} targets each, ${round(NODES)} nodes that wait for \`/v1/vips\`, ${RATE} changes a second over the master's stream for ${SECONDS} s. Milliseconds from the master's event to the end of the list that has it, over all nodes and changes.\n\n${table(header, rows)}`,
  ]);
}

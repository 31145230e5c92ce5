/** Virtual addresses: how soon nodes that wait for the list hear of a change, and what that costs. */
import { fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { firstAnswer, percentile } from "./lib/client.mjs";
import { startLiveMaster } from "./lib/live-master.mjs";
import { report, round, table } from "./lib/report.mjs";
import { startServer } from "./lib/server.mjs";
import { stateBody } from "./lib/state.mjs";

const NODES = 1_000;
const TASKS = 10_000;
const TARGETS = 5;
const RATE = 10;
const SECONDS = Number(process.env.BENCH_VIPS_SECONDS ?? 30);
/** Ports of tasks that come during the measurement: the largest that a list has tells which changes it has. */
const FIRST_PORT = 20_000;

const now = () => performance.timeOrigin + performance.now();

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

function statuses(index) {
  return [{ state: "TASK_RUNNING", timestamp: 1_600_000_000 + index }];
}

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

function taskOf(master, index) {
  const port = FIRST_PORT + index;
  return {
    id: `fresh-${index}.bench`,
    name: `fresh-${index}`,
    framework_id: master.frameworkId(),
    slave_id: master.agentOf(index * 31),
    state: "TASK_RUNNING",
    resources: { ports: `[${port}-${port}]` },
    statuses: statuses(index),
    discovery: labelled(port, "/fresh:80"),
  };
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

/** For each change and each node, milliseconds to the first list that has it. */
function latenessOf(sent, newest, heard) {
  const answers = Array.from({ length: NODES }, () => []);
  for (const [i, etag] of heard.etag.entries()) {
    const change = newest.get(etag);
    if (change !== undefined) answers[heard.waiter[i]].push([change, heard.at[i]]);
  }
  const result = [];
  for (const own of answers) {
    let next = 0;
    for (const [change, at] of sent.entries()) {
      while (next < own.length && own[next][0] < change) next++;
      if (next < own.length) result.push(own[next][1] - at);
    }
  }
  return result.sort((a, b) => a - b);
}

async function measure(vips) {
  const master = await startLiveMaster((address) => stateOf(vips, address));
  const server = await startServer(master, { vips: { names: true }, refreshSeconds: 3600 });
  await firstAnswer(server.port, "leader.mesos");
  const child = fork(new URL("./lib/vip-waiters.mjs", import.meta.url), [server.httpport, NODES].map(String));
  await sleep(8_000);
  const probe = follow(server);
  await sleep(1_000);
  const sent = [];
  const before = server.cpuSeconds();
  const started = performance.now();
  for (let i = 0; i < RATE * SECONDS; i++) {
    sent.push(now());
    master.add(taskOf(master, i));
    await sleep(Math.max(0, started + ((i + 1) * 1000) / RATE - performance.now()));
  }
  const cpu = (server.cpuSeconds() - before) / ((performance.now() - started) / 1000);
  await sleep(3_000);
  const heard = await new Promise((resolve) => {
    child.once("message", resolve);
    child.send("stop");
  });
  const octets = await probe.stop();
  await server.stop();
  master.stop();
  const lateness = latenessOf(sent, probe.newest, heard);
  const answers = heard.etag.length - NODES;
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

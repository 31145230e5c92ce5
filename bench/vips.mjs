/** Virtual addresses: how soon nodes that wait for the list hear of a change, and what that costs. */
import { setTimeout as sleep } from "node:timers/promises";
import { firstAnswer, percentile } from "./lib/client.mjs";
import { freshTask, startLiveMaster } from "./lib/live-master.mjs";
import { report, round, table } from "./lib/report.mjs";
import { startServer } from "./lib/server.mjs";
import { stateBody } from "./lib/state.mjs";
import { latenessOf, now, startReaders, startWaiters } from "./lib/waiters.mjs";

const NODES = 1_000;
const TASKS = 10_000;
const TARGETS = 5;
const RATE = 10;
const SECONDS = Number(process.env.BENCH_VIPS_SECONDS ?? 30);
/** Ports of tasks that come during the measurement: the largest that a list has tells which changes it has. */
const FIRST_PORT = 20_000;
const EVENTS = "/v1/vips/events";
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

/** Follows the stream as a node does, and notes which changes each version has. */
function follow(server) {
  const newest = new Map();
  const end = new AbortController();
  const ports = new Set();
  const run = async () => {
    const response = await fetch(`http://127.0.0.1:${server.httpport}${EVENTS}`, { signal: end.signal });
    let text = "";
    for await (const chunk of response.body) {
      text += Buffer.from(chunk).toString();
      const events = text.split("\n\n");
      text = events.pop();
      for (const event of events) {
        const [, tag, data] = /^id: (.*)\ndata: (.*)$/m.exec(event) ?? [];
        if (tag === undefined) continue;
        for (const { vip, backend } of Object.values(JSON.parse(data).services))
          if (vip.startsWith("fresh.")) for (const { port } of backend) ports.add(port - FIRST_PORT);
        newest.set(tag, Math.max(-1, ...ports));
      }
    }
  };
  const ended = run().catch(() => undefined);
  const stop = async () => {
    end.abort();
    await ended;
  };
  return { newest, stop };
}

async function measure(vips, isStream) {
  const master = await startLiveMaster((address) => stateOf(vips, address));
  const server = await startServer(master, { vips: { names: true }, refreshSeconds: 3600 });
  await firstAnswer(server.port, "leader.mesos");
  const waiters = isStream ? startReaders(server, NODES, EVENTS) : startWaiters(server, NODES, LIST);
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
  await probe.stop();
  await server.stop();
  master.stop();
  const lateness = latenessOf(heard, [...sent.entries()], (tag) => probe.newest.get(tag));
  const answers = heard.tag.length - NODES;
  const missing = NODES * sent.length - lateness.length;
  return [
    vips,
    isStream ? "stream" : "wait",
    answers,
    heard.failures,
    missing,
    ...[0.5, 0.99, 1].map((part) => percentile(lateness, part)),
    heard.octets / answers / 1024,
    cpu,
  ];
}

export async function benchVips() {
  const rows = [];
  for (const [vips, isStream] of [
    [100, true],
    [1_000, true],
    [100, false],
    [1_000, false],
  ]) {
    const [count, how, answers, failures, missing, p50, p99, most, kilobytes, cpu] = await measure(vips, isStream);
    rows.push([
      round(count),
      how,
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
    "nodes",
    "answers",
    "failures",
    "changes missed",
    "p50, ms",
    "p99, ms",
    "slowest, ms",
    "KB an answer",
    "CPU of the server, cores",
  ];
  report("vips", "Virtual addresses", [
    `## The list, for nodes that follow it\n\n${round(TASKS)} tasks, ${TARGETS} targets each, ${round(NODES)} nodes that read \`/v1/vips/events\` (stream) or wait for \`/v1/vips\` (wait), ${RATE} changes a second over the master's stream for ${SECONDS} s. Milliseconds from the master's event to the end of the answer that has it, over all nodes and changes.\n\n${table(header, rows)}`,
  ]);
}

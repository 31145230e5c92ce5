/** How soon nodes that follow the list of virtual addresses hear of a change, and what that costs the server. */
import { setTimeout as sleep } from "node:timers/promises";
import { firstAnswer, percentile } from "./client.mjs";
import { startLiveMaster } from "./live-master.mjs";
import { round, table } from "./report.mjs";
import { cpuSeconds, startServer, threadSeconds } from "./server.mjs";
import { stateOfVips, TARGETS, targetTask } from "./vip-tasks.mjs";
import { latenessOf, now, startReaders, startWaiters } from "./waiters.mjs";

const NODES = 1_000;
const TASKS = 10_000;
const RATE = 10;
/** Ports of tasks that come during the measurement: the largest that a list has tells which changes it has. */
const FIRST_PORT = 20_000;
const EVENTS = "/v1/vips/events";
const LIST = { path: "/v1/vips", parameter: "etag", header: "etag", first: "", good: [200, 304] };
const portOf = (index) => 31_000 + (index % 1_000);

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

async function measure(vips, isStream, seconds) {
  const makeState = (leader) => stateOfVips({ vips, tasks: TASKS }, leader, portOf).state;
  const master = await startLiveMaster(makeState);
  const server = await startServer(master, { vips: { names: true }, refreshSeconds: 3600 });
  await firstAnswer(server.port, "leader.mesos");
  const waiters = isStream ? startReaders(server, NODES, EVENTS) : startWaiters(server, NODES, LIST);
  await waiters.all;
  await sleep(2_000);
  const probe = follow(server);
  await sleep(1_000);
  const used = () => [cpuSeconds(server.pid), threadSeconds(server.pid).get(String(server.pid))];
  const sent = [];
  const before = used();
  const started = performance.now();
  for (let i = 0; i < RATE * seconds; i++) {
    sent.push(now());
    master.add(targetTask(master, i, FIRST_PORT + i, "/fresh:80"));
    await sleep(Math.max(0, started + ((i + 1) * 1000) / RATE - performance.now()));
  }
  const after = used();
  const passed = (performance.now() - started) / 1000;
  await sleep(3_000);
  const heard = await waiters.stop();
  await probe.stop();
  await server.stop();
  master.stop();
  const lateness = latenessOf(heard, [...sent.entries()], (tag) => probe.newest.get(tag));
  const answers = heard.tag.length - NODES;
  const missing = NODES * sent.length - lateness.length;
  return [
    round(vips),
    isStream ? "stream" : "wait",
    round(answers),
    String(heard.failures),
    round(missing),
    ...[0.5, 0.99, 1].map((part) => round(percentile(lateness, part))),
    round(heard.octets / answers / 1024),
    ...after.map((value, i) => round((value - before[i]) / passed, 2)),
  ];
}

/** A section of the report. */
export async function listSection(seconds) {
  const rows = [];
  for (const isStream of [true, false])
    for (const vips of [100, 1_000]) rows.push(await measure(vips, isStream, seconds));
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
    "of that the thread that answers nodes",
  ];
  return `## The list, for nodes that follow it\n\n${round(TASKS)} tasks, ${TARGETS} targets each, ${round(NODES)} nodes that read \`/v1/vips/events\` (stream) or wait for \`/v1/vips\` (wait), ${RATE} changes a second over the master's stream for ${seconds} s. Milliseconds from the master's event to the end of the answer that has it, over all nodes and changes. The thread that answers nodes does nothing else here; the others follow the master and build the zone, however many nodes there are.\n\n${table(header, rows)}`;
}

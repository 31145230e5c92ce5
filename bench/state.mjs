/** States of 1,000 to 100,000 tasks: time to the first answer, memory, and answers while states reload. */

import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { dnsperfLatencies, firstAnswer, mixesOf, percentile } from "./lib/client.mjs";
import { report, round, table } from "./lib/report.mjs";
import { startMaster, startServer } from "./lib/server.mjs";
import { stateBody } from "./lib/state.mjs";

const SIZES = [1_000, 10_000, 100_000];
const RELOAD_SECONDS = 5;
const RATE = 10_000;
const SECONDS = Number(process.env.BENCH_RELOAD_SECONDS ?? 60);

/** From the first byte of the state on the wire to the first answer made of it. */
async function measureStart(tasks) {
  const master = await startMaster();
  const body = stateBody(tasks, master.address);
  master.serve(body);
  const server = await startServer(master, { refreshSeconds: 3600 });
  const answeredAt = await firstAnswer(server.port, "service-0-team-0.marathon.mesos");
  const seconds = (answeredAt - master.firstByteAt) / 1000;
  await sleep(3000);
  const { rss, peak } = server.memory();
  await server.stop();
  master.stop();
  return [round(tasks), round(body.length / 1e6, 1), round(seconds, 2), round(peak), round(rss)];
}

/** Steady questions while a state of which one task in a hundred moved arrives every few seconds. */
async function measureReloads(tasks) {
  const master = await startMaster();
  const states = [0, 1].map((generation) => stateBody(tasks, master.address, generation));
  master.serve(states[0]);
  const server = await startServer(master, { refreshSeconds: RELOAD_SECONDS });
  await firstAnswer(server.port, "service-0-team-0.marathon.mesos");
  const mixes = await mixesOf(server.httpport);
  const before = master.requests;
  let turn = 0;
  const timer = setInterval(() => master.serve(states[++turn % 2]), RELOAD_SECONDS * 1000);
  const file = join(tmpdir(), `mesos-dns-bench-${process.pid}.txt`);
  const entries = mixes["mixed (2 A, SRV, NXDOMAIN)"];
  const how = { port: server.port, entries, seconds: SECONDS, file, perSecond: RATE };
  const { sorted, lost } = await dnsperfLatencies(how);
  clearInterval(timer);
  const reloads = master.requests - before;
  const { rss, peak } = server.memory();
  await server.stop();
  master.stop();
  const at = (share) => round(percentile(sorted, share), 2);
  return [round(tasks), reloads, at(0.5), at(0.99), at(0.999), round(sorted.at(-1), 2), lost, round(rss), round(peak)];
}

export async function benchState() {
  const starts = [];
  for (const tasks of SIZES) starts.push(await measureStart(tasks));
  const reloads = [await measureReloads(SIZES.at(-1))];
  const startHeader = [
    "tasks",
    "state, MB",
    "first byte to first answer, s",
    "peak memory, MB",
    "memory 3 s later, MB",
  ];
  const reloadHeader = [
    "tasks",
    "reloads",
    "p50, ms",
    "p99",
    "p99.9",
    "max",
    "lost",
    "memory at the end, MB",
    "peak, MB",
  ];
  report("state", "States from 1,000 to 100,000 tasks", [
    "## Start\n\nMemory is resident memory of the whole process.",
    table(startHeader, starts),
    `## Answers during reloads\n\n${round(RATE)} queries/s over UDP for ${SECONDS} s while the state reloads every ${RELOAD_SECONDS} s and one task in a hundred changes; as dnsperf measures them, on the same cores.`,
    table(reloadHeader, reloads),
  ]);
}

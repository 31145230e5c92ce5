/** UDP and TCP answers per second and what they cost, with dnsperf as the client. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dnsperf, firstAnswer, hasCommand, median, mixesOf } from "./lib/client.mjs";
import { report, round, table } from "./lib/report.mjs";
import { startMaster, startServer } from "./lib/server.mjs";
import { stateBody } from "./lib/state.mjs";

const TASKS = 10_000;
const ROUNDS = 3;
const SECONDS = 5;

async function measure(server, entries, tcp) {
  const file = join(tmpdir(), `mesos-dns-bench-${process.pid}.txt`);
  const before = server.cpuSeconds();
  const result = await dnsperf({ port: server.port, entries, seconds: SECONDS, file, tcp });
  const micros = ((server.cpuSeconds() - before) * 1e6) / result.completed;
  return { ...result, micros };
}

/** Rows of a server with this UDP engine: over UDP, over TCP, or both. */
async function measureEngine(master, udpEngine, transports) {
  const server = await startServer(master, { refreshSeconds: 3600, dnsThreads: 1, udpEngine });
  try {
    await firstAnswer(server.port, "leader.mesos");
    const mixes = Object.entries(await mixesOf(server.httpport));
    const rows = [];
    for (const tcp of transports) {
      const name = tcp ? "TCP" : `UDP (${udpEngine})`;
      for (const [mix, entries] of mixes) rows.push(await measureMix(server, name, mix, entries, tcp));
    }
    return rows;
  } finally {
    await server.stop();
  }
}

async function measureMix(server, name, mix, entries, tcp) {
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await measure(server, entries, tcp));
  const perSecond = rounds.map((r) => r.perSecond);
  return [
    name,
    mix,
    round(median(perSecond)),
    `${round(Math.min(...perSecond))}–${round(Math.max(...perSecond))}`,
    round(median(rounds.map((r) => r.micros)), 1),
    round(rounds.reduce((sum, r) => sum + r.lost, 0)),
  ];
}

export async function benchTransports() {
  if (!(await hasCommand("dnsperf"))) {
    process.stdout.write("transports: left out, dnsperf is missing (Debian package dnsperf)\n\n");
    return;
  }
  const master = await startMaster();
  master.serve(stateBody(TASKS, master.address));
  const rows = [];
  try {
    rows.push(...(await measureEngine(master, "batch", [false])));
    rows.push(...(await measureEngine(master, "dgram", [false, true])));
    const how = `${round(TASKS)} tasks, one answering thread; dnsperf on the same machine, ${ROUNDS} rounds of ${SECONDS} s; CPU is user and system time of the whole server process.`;
    const header = ["transport", "mix", "queries/s, median", "min–max", "CPU µs per query", "lost"];
    report("transports", "Answers over UDP and TCP", [how, table(header, rows)]);
  } finally {
    master.stop();
  }
}

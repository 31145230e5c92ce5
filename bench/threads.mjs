/** What a second answering thread adds, on cores that the load generator does not need: each thread gets only a part of one. */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { dnsperf, firstAnswer, hasCommand, median, mixesOf } from "./lib/client.mjs";
import { canLimit, limitThreads } from "./lib/cpu-share.mjs";
import { report, round, spread, table } from "./lib/report.mjs";
import { startMaster, startServer } from "./lib/server.mjs";
import { stateBody } from "./lib/state.mjs";
import { startKnot } from "./lib/upstreams.mjs";
import { EVERYTHING, writeZone } from "./lib/zone.mjs";

const TASKS = 10_000;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);
const SHARE = 0.25;
const MIX = "mixed (2 A, SRV, NXDOMAIN)";
/** Sockets of the load generator: the kernel spreads them over the threads, by chance. */
const CLIENTS = 64;

const ask = (server, entries, file) =>
  dnsperf({ port: server.port, entries, seconds: SECONDS, file, clients: CLIENTS, threads: 2 });

/** The ids of a server's busiest threads while it is asked. */
async function answeringThreads(server, count, entries, file) {
  const before = server.threadSeconds();
  await ask(server, entries, file);
  const spent = Array.from(server.threadSeconds(), ([id, seconds]) => [id, seconds - (before.get(id) ?? 0)]);
  return spent
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([id]) => id);
}

/** Queries/s with one thread and with two, by turns. */
async function measure([one, two], entries, file) {
  const limited = [];
  for (const [server, count] of [
    [one, 1],
    [two, 2],
  ]) {
    limited.push(limitThreads(await answeringThreads(server, count, entries, file), SHARE));
  }
  const rounds = [];
  try {
    for (let i = 0; i < ROUNDS; i++) {
      const results = [await ask(one, entries, file), await ask(two, entries, file)];
      rounds.push(results.map(({ perSecond }) => perSecond));
    }
  } finally {
    for (const free of limited) free();
  }
  const column = (index) => round(median(rounds.map((each) => each[index])));
  return [column(0), column(1), spread(rounds.map(([single, double]) => double / single))];
}

export async function benchThreads() {
  if (!(await hasCommand("dnsperf")) || !(await hasCommand("knotd")) || !canLimit()) {
    const why =
      "dnsperf or knotd is missing (Debian packages dnsperf, knot), or threads cannot be limited (cgroup version 1)";
    process.stdout.write(`threads: left out, ${why}\n\n`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-bench-threads-"));
  const master = await startMaster();
  const state = stateBody(TASKS, master.address);
  master.serve(state);
  const counts = [1, 2];
  const zone = await writeZone(folder, state);
  const settings = { refreshSeconds: 3600, updates: "poll", ...EVERYTHING };
  const own = await Promise.all(counts.map((dnsThreads) => startServer(master, { ...settings, dnsThreads })));
  const knots = await Promise.all(counts.map((workers) => startKnot("mesos", zone, workers)));
  try {
    for (const { port } of own) await firstAnswer(port, "leader.mesos");
    const entries = (await mixesOf(own[0].httpport))[MIX];
    const file = join(folder, "queries");
    const rows = [
      ["this server", ...(await measure(own, entries, file))],
      ["Knot DNS", ...(await measure(knots, entries, file))],
    ];
    const how = `${round(TASKS)} tasks, the ${MIX} questions of the comparison with Knot. Each answering thread may use ${round(SHARE * 100)} % of a core, so that dnsperf on the same ${availableParallelism()} cores has what it needs: without that it is dnsperf that sets the limit. Queries/s are the median of ${ROUNDS} rounds of ${SECONDS} s; the ratio is that of one round: median (min–max).`;
    report("threads", "One answering thread and two", [
      how,
      table(["server", "one thread", "two threads", "ratio"], rows),
    ]);
  } finally {
    await Promise.all([...own, ...knots].map((server) => server.stop()));
    master.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

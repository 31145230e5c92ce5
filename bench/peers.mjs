/** This server and Knot DNS with the same zone, by turns: what a query costs, how many there are a second, and how long they take. */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { dnsperf, dnsperfLatencies, firstAnswer, hasCommand, median, mixesOf, percentile } from "./lib/client.mjs";
import { report, round, spread, table } from "./lib/report.mjs";
import { startMaster, startServer } from "./lib/server.mjs";
import { stateBody } from "./lib/state.mjs";
import { startKnot } from "./lib/upstreams.mjs";
import { EVERYTHING, writeZone } from "./lib/zone.mjs";

const TASKS = 10_000;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);
async function measure(server, entries, file, threads) {
  const before = server.cpuSeconds();
  const result = await dnsperf({ port: server.port, entries, seconds: SECONDS, file, threads });
  return { ...result, micros: ((server.cpuSeconds() - before) * 1e6) / result.completed };
}

/** One row for a mix: both servers, by turns, so that what else the machine does hits both. */
async function compare(servers, mix, entries, file, threads) {
  const own = [];
  const other = [];
  for (let i = 0; i < ROUNDS; i++) {
    own.push(await measure(servers.own, entries, file, threads));
    other.push(await measure(servers.knot, entries, file, threads));
  }
  const pick = (list, key) => list.map((one) => one[key]);
  const ratios = (key) => own.map((one, i) => one[key] / other[i][key]);
  const row = [
    mix,
    round(median(pick(own, "perSecond"))),
    round(median(pick(other, "perSecond"))),
    spread(ratios("perSecond")),
    round(median(pick(own, "micros")), 2),
    round(median(pick(other, "micros")), 2),
    spread(ratios("micros")),
    round([...own, ...other].reduce((sum, { lost }) => sum + lost, 0)),
  ];
  return { row, half: Math.floor(Math.min(median(pick(own, "perSecond")), median(pick(other, "perSecond"))) / 2) };
}

async function latencyRow(servers, mix, entries, file, perSecond) {
  const times = async ({ port }) => {
    const { sorted, lost } = await dnsperfLatencies({ port, entries, seconds: SECONDS, file, perSecond });
    return [...[0.5, 0.99, 0.999].map((share) => round(percentile(sorted, share), 2)), round(lost)];
  };
  return [mix, round(perSecond), ...(await times(servers.own)), ...(await times(servers.knot))];
}

async function section(threads, master, zone, file) {
  const own = await startServer(master, { refreshSeconds: 3600, updates: "poll", dnsThreads: threads, ...EVERYTHING });
  const knot = await startKnot("mesos", zone, threads);
  try {
    await firstAnswer(own.port, "leader.mesos");
    const mixes = Object.entries(await mixesOf(own.httpport));
    const rows = [];
    const latencies = [];
    for (const [mix, entries] of mixes) {
      const { row, half } = await compare({ own, knot }, mix, entries, file, threads);
      rows.push(row);
      if (threads === 1) latencies.push(await latencyRow({ own, knot }, mix, entries, file, half));
    }
    return { rows, latencies };
  } finally {
    await Promise.all([own.stop(), knot.stop()]);
  }
}

export async function benchPeers() {
  if (!(await hasCommand("dnsperf")) || !(await hasCommand("knotd"))) {
    process.stdout.write("peers: left out, dnsperf or knotd is missing (Debian packages dnsperf, knot)\n\n");
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-bench-peers-"));
  const master = await startMaster();
  const state = stateBody(TASKS, master.address);
  master.serve(state);
  try {
    const zone = await writeZone(folder, state);
    const file = join(folder, "queries");
    const one = await section(1, master, zone, file);
    const two = await section(2, master, zone, file);
    const how = `${round(TASKS)} tasks, the same zone in both; dnsperf on the same machine (${availableParallelism()} cores), by turns, ${ROUNDS} rounds of ${SECONDS} s. CPU is user and system time of the whole server process. Ratios are this server's figure to Knot's of the same round: median (min–max). This server: all features on that a query meets (forwarding, cookies, access lists, rate limits, statistics).`;
    const header = ["mix", "queries/s", "Knot's", "ratio", "CPU µs per query", "Knot's", "ratio", "lost"];
    const times = ["mix", "queries/s", "p50", "p99", "p99.9", "lost", "Knot's p50", "p99", "p99.9", "lost"];
    const sections = [
      how,
      "## One thread",
      table(header, one.rows),
      "## At half load",
      "One thread; milliseconds, as dnsperf measures them.",
      table(times, one.latencies),
      "## Two threads",
      table(header, two.rows),
    ];
    report("peers", "Beside Knot DNS", sections);
  } finally {
    master.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

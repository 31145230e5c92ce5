/** From a change in the cluster to the changed answer: with the master's stream of events, and by polling. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { dnsperfLatencies, firstAnswer, hasCommand, percentile } from "./lib/client.mjs";
import { freshTask, startLiveMaster } from "./lib/live-master.mjs";
import { report, round, table } from "./lib/report.mjs";
import { startServer } from "./lib/server.mjs";
import { stateBody } from "./lib/state.mjs";
import { watch } from "./lib/watch.mjs";

const RATE = 20;
const SECONDS = Number(process.env.BENCH_FRESHNESS_SECONDS ?? 60);
const QUERIES = 1_000;
const QUIET_SECONDS = 20;
const SLOW_MS = 10;
/** Tasks that are under way at one time: a new one ends the one before so many. */
const LIVING = 100;
const KNOWN = "service-0-team-0.marathon.mesos";

const sum = (values) => values.reduce((total, value) => total + value, 0);

async function measure(tasks, updates, refreshSeconds) {
  const master = await startLiveMaster((address) => JSON.parse(stateBody(tasks, address).toString()));
  const server = await startServer(master, { updates, refreshSeconds });
  await firstAnswer(server.port, KNOWN);
  await sleep(3_000);
  const file = join(tmpdir(), `mesos-dns-bench-${process.pid}.txt`);
  const questions = { port: server.port, entries: [[KNOWN, "A"]], perSecond: QUERIES, file };
  const quiet = (await dnsperfLatencies({ ...questions, seconds: QUIET_SECONDS })).sorted.at(-1);
  const watcher = watch(server.port);
  const before = server.threadSeconds();
  const started = performance.now();
  const asked = dnsperfLatencies({ ...questions, seconds: SECONDS });
  for (let i = 0; i < RATE * SECONDS; i++) {
    watcher.expect(`fresh-${i}.marathon.mesos`);
    master.add(freshTask(master, i));
    // Where changes are polled for, what lives too shortly is never seen.
    if (updates === "stream" && i >= LIVING) master.kill(`fresh-${i - LIVING}`);
    await sleep(Math.max(0, started + ((i + 1) * 1000) / RATE - performance.now()));
  }
  const seconds = (performance.now() - started) / 1000;
  const shares = Array.from(server.threadSeconds(), ([id, spent]) => (spent - (before.get(id) ?? 0)) / seconds);
  const { sorted, lost } = await asked;
  const { delays, missing } = await watcher.stop(refreshSeconds + 10);
  const { peak } = server.memory();
  await server.stop();
  master.stop();
  const at = (p) => round(percentile(delays, p));
  return [
    round(tasks),
    updates,
    round(delays.length),
    missing,
    at(0.5),
    at(0.99),
    round(delays.at(-1)),
    round(Math.max(...shares), 2),
    round(sum(shares), 2),
    round(sorted.at(-1), 1),
    sorted.filter((ms) => ms > SLOW_MS).length,
    round(quiet, 1),
    lost,
    round(peak),
  ];
}

export async function benchFreshness() {
  if (!(await hasCommand("dnsperf"))) {
    process.stdout.write("freshness: left out, dnsperf is missing (Debian package dnsperf)\n\n");
    return;
  }
  const rows = [];
  rows.push(await measure(10_000, "stream", 60));
  rows.push(await measure(100_000, "stream", 60));
  rows.push(await measure(10_000, "poll", 60));
  rows.push(await measure(100_000, "poll", 60));
  const how = `${RATE} tasks a second start, and as many end, for ${SECONDS} s. The time is from the event on the wire to the first answer with the new name, which is asked for every 5 ms (of many, 20 in turn), in milliseconds. Meanwhile dnsperf asks ${round(QUERIES)} queries/s. CPU is in cores: that of the busiest thread, which is the one that builds the zone, and that of the whole process. The slowest of those answers is set beside the slowest of ${QUIET_SECONDS} s before, in which nothing changes: what the machine itself does to them.`;
  const header = [
    "tasks",
    "updates",
    "changes",
    "never seen",
    "p50",
    "p99",
    "slowest",
    "CPU, thread",
    "CPU, process",
    "slowest answer",
    `answers above ${SLOW_MS} ms`,
    "slowest while nothing changes",
    "lost",
    "peak memory, MB",
  ];
  report("freshness", "From a change to its answer", [how, table(header, rows)]);
}

/** States of up to 300,000 tasks: the first answer, polls and memory, beside Mesos-DNS, and answers while states reload. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readMasterState } from "../dist/sources/mesos/state.js";
import { createBuilder } from "./lib/builder.mjs";
import { dnsperfLatencies, firstAnswer, hasCommand, mixesOf, percentile } from "./lib/client.mjs";
import { report, round, spread, table } from "./lib/report.mjs";
import { startMaster, startServer } from "./lib/server.mjs";
import { startSections } from "./lib/starts.mjs";
import { stateBody } from "./lib/state.mjs";
import { startKnot } from "./lib/upstreams.mjs";
import { writeZone } from "./lib/zone.mjs";

const SIZES = [1_000, 10_000, 100_000];
const RELOAD_SECONDS = 5;
const RATE = 10_000;
const CHANGES = 200;
const WARM_UP = 50;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 2);
const SECONDS = Number(process.env.BENCH_RELOAD_SECONDS ?? 15);
const DNS_THREADS = 2;

/** From one state to the next in which a single task has moved: of the builder alone, in the middle of its work. */
async function measureChanges(tasks) {
  const { builder } = createBuilder({ MESOS_DNS_MASTERS: "127.0.0.1:5050" });
  let { cluster } = readMasterState(stateBody(tasks, "127.0.0.1:5050"));
  await builder.build(cluster, []);
  const times = [];
  const shards = [];
  for (let turn = 0; turn < WARM_UP + CHANGES; turn++) {
    cluster = withOneTaskMoved(cluster, turn);
    const began = performance.now();
    const { update } = await builder.build(cluster, []);
    if (turn < WARM_UP) continue;
    times.push(performance.now() - began);
    shards.push(update.shards.length);
  }
  const [sorted, counts] = [times, shards].map((list) => list.sort((a, b) => a - b));
  const at = (share) => round(percentile(sorted, share), 1);
  return [round(tasks), CHANGES, at(0.5), at(0.9), at(0.99), percentile(counts, 0.5), counts.at(-1)];
}

function withOneTaskMoved(cluster, turn) {
  const framework = cluster.frameworks[turn % cluster.frameworks.length];
  const tasks = [...framework.tasks];
  const moved = (turn * 7919) % tasks.length;
  tasks[moved] = {
    ...tasks[moved],
    addresses: { netinfo: [`198.51.100.${turn % 256}`] },
    ports: [[40_000 + turn, 40_001 + turn]],
  };
  const frameworks = cluster.frameworks.map((each) => (each === framework ? { ...framework, tasks } : each));
  return { ...cluster, frameworks };
}

/**
 * Steady questions while a state of which one task in a hundred has moved arrives every few seconds; and for comparison, by turns, as
 * this machine has delays of its own, while none arrives, and to Knot DNS with the same zone while all goes on beside it.
 */
async function measureReloads(tasks) {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-bench-state-"));
  const master = await startMaster();
  const states = [0, 1].map((generation) => stateBody(tasks, master.address, generation));
  master.serve(states[0]);
  const knot = (await hasCommand("knotd"))
    ? await startKnot("mesos", await writeZone(folder, states[0]), DNS_THREADS)
    : undefined;
  const server = await startServer(master, { refreshSeconds: RELOAD_SECONDS, dnsThreads: DNS_THREADS });
  await firstAnswer(server.port, "service-0-team-0.marathon.mesos");
  const entries = (await mixesOf(server.httpport))["mixed (2 A, SRV, NXDOMAIN)"];
  let turn = 0;
  const timer = setInterval(() => master.serve(states[++turn % 2]), RELOAD_SECONDS * 1000);
  const situations = [
    { name: "this server, nothing reloads", port: server.port, reloads: false },
    { name: "this server, reloads", port: server.port, reloads: true },
    ...(knot ? [{ name: "Knot DNS, beside the reloads", port: knot.port, reloads: true }] : []),
  ].map((each) => ({ ...each, rounds: [], count: 0 }));
  try {
    for (let i = 0; i < ROUNDS; i++) {
      for (const situation of situations) await ask(situation, master, entries, join(folder, "queries"));
    }
    const { rss, peak } = server.memory();
    return { rows: situations.map(reloadRow), memory: [round(rss), round(peak)] };
  } finally {
    clearInterval(timer);
    await Promise.all([server.stop(), knot?.stop()]);
    master.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ask(situation, master, entries, file) {
  if (situation.reloads) master.release();
  else master.hold();
  // What has just been asked for is built by then, and this process has cleaned up.
  await sleep(RELOAD_SECONDS * 1000);
  const before = master.requests;
  const how = { port: situation.port, entries, seconds: SECONDS, file, perSecond: RATE };
  situation.rounds.push(await dnsperfLatencies(how));
  situation.count += master.requests - before;
}

function reloadRow({ name, rounds, count }) {
  const at = (share) => spread(rounds.map(({ sorted }) => percentile(sorted, share)));
  const slowest = Math.max(...rounds.map(({ sorted }) => sorted.at(-1)));
  const lost = rounds.reduce((sum, each) => sum + each.lost, 0);
  return [name, count, at(0.5), at(0.99), at(0.999), round(slowest, 2), lost];
}

export async function benchState() {
  if (!(await hasCommand("dnsperf"))) {
    process.stdout.write("state: left out, dnsperf is missing (Debian package dnsperf)\n\n");
    return;
  }
  const changes = [];
  for (const tasks of SIZES) changes.push(await measureChanges(tasks));
  const starts = await startSections();
  const reloads = await measureReloads(SIZES.at(-1));
  const changeHeader = ["tasks", "changes", "p50, ms", "p90", "p99", "shards written, median", "most"];
  const reloadHeader = ["asked", "reloads", "p50, ms", "p99", "p99.9", "slowest", "lost"];
  report("state", "States of up to 300,000 tasks", [
    ...starts,
    "## A change of one task\n\nOne task gets another address and other ports: from the changed cluster to the shards that are to be swapped in.",
    table(changeHeader, changes),
    `## Answers during reloads\n\n${round(SIZES.at(-1))} tasks, ${round(RATE)} queries/s over UDP, while the state reloads every ${RELOAD_SECONDS} s and one task in a hundred changes; the same while none reloads; and to Knot DNS, which serves the same zone on the same cores while this server reloads beside it. By turns, ${ROUNDS} rounds of ${SECONDS} s; as dnsperf measures them, on the same cores: median of the rounds (least–most).`,
    table(reloadHeader, reloads.rows),
    `Resident memory of the server: ${reloads.memory[0]} MB at the end, ${reloads.memory[1]} MB at its peak.`,
  ]);
}

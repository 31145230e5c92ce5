/** Zone transfers: whole zones beside Knot DNS, differences, slow clients, what others notice of it, and how fast secondaries follow. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { dnsperfLatencies, firstAnswer, hasCommand, median, percentile } from "./lib/client.mjs";
import { following } from "./lib/following.mjs";
import { freshTask, startLiveMaster } from "./lib/live-master.mjs";
import { report, round, spread, table } from "./lib/report.mjs";
import { startServer } from "./lib/server.mjs";
import { stateBody } from "./lib/state.mjs";
import { takeDifference, takeZone } from "./lib/transfer-client.mjs";
import { startTransferring } from "./lib/transferring.mjs";
import { startKnot } from "./lib/upstreams.mjs";
import { writeZone } from "./lib/zone.mjs";

const TASKS = Number(process.env.BENCH_TRANSFER_TASKS ?? 100_000);
/** Knot breaks a transfer off at an RRset that does not fit into one message: that of all agents has 16 octets for each. */
const AGENTS = Math.max(10, Math.min(3_500, Math.round(TASKS / 20)));
const ROUNDS = 5;
const ZONE = "mesos";
const KNOWN = "service-0-team-0.marathon.mesos";
const SLOW_READERS = 4;
const SLOW_SECONDS = 20;
const CHANGES_A_SECOND = 10;
const QUERIES = 5_000;
const LATENCY_SECONDS = 8;
const DIFFERENCES = 100;
/** Records of a difference of one task: fewer than this. */
const MOST_CHANGED = 100;

async function serialOf(port) {
  const words = ["@127.0.0.1", "-p", String(port), ZONE, "soa", "+short"];
  const { stdout } = await promisify(execFile)("dig", words);
  return Number(stdout.split(" ")[2]);
}

/** Starts a task. They share fifty names. */
function add(master, index) {
  master.add(freshTask(master, index, { name: `moved-${index % 50}` }));
}

/** Those that transfer the zone to its end, and a sentence about each other one. The first transfer counts for nothing else. */
async function completing(servers) {
  const able = [];
  const notes = [];
  for (const each of servers) {
    const problem = await takeZone(each.port, ZONE).then(
      () => undefined,
      (error) => error.message,
    );
    if (problem === undefined) able.push(each);
    else notes.push(`${each.name} is left out: ${problem}.`);
  }
  return { able, notes };
}

async function wholeZones(servers) {
  const { able, notes } = await completing(servers);
  const results = able.map((each) => ({ ...each, rounds: [] }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const result of results) {
      const before = result.cpuSeconds();
      const got = await takeZone(result.port, ZONE);
      result.rounds.push({ ...got, cpu: result.cpuSeconds() - before });
    }
  }
  const last = results.at(-1).rounds;
  const rows = results.map(({ name, rounds }) => {
    const [{ bytes, messages, records }] = rounds;
    const seconds = rounds.map((each) => each.seconds);
    const ratios = rounds.map((each, i) => last[i].seconds / each.seconds);
    const cpu = median(rounds.map((each) => each.cpu));
    return [
      name,
      round(records),
      round(bytes / 1e6, 1),
      round(messages),
      spread(seconds),
      round(records / median(seconds)),
      round(cpu, 2),
      spread(ratios),
    ];
  });
  const header = [
    "server",
    "records",
    "MB",
    "messages",
    "seconds",
    "records/s",
    "CPU, s",
    `rate, beside that of ${able.at(-1).name}`,
  ];
  return `## A whole zone (AXFR)\n\n${round(TASKS)} tasks on ${round(AGENTS)} agents, the same zone in both, one client on the same machine, by turns. ${notes.join(" ")}\n\n${table(header, rows)}`;
}

async function differences(master, server) {
  const sizes = [];
  const times = [];
  let whole = 0;
  // A difference is only given from a version that the client has from this server: not from each that it can ask for.
  let { serial } = await takeZone(server.port, ZONE);
  for (let i = 0; i < DIFFERENCES; i++) {
    add(master, i);
    while ((await serialOf(server.port)) === serial) await sleep(10);
    const got = await takeDifference(server.port, ZONE, serial);
    serial = got.serial;
    if (got.records < MOST_CHANGED) {
      sizes.push(got.bytes);
      times.push(got.ms);
    } else {
      whole++;
      ({ serial } = await takeZone(server.port, ZONE));
    }
  }
  const at = (list, share, digits) =>
    round(
      percentile(
        list.toSorted((a, b) => a - b),
        share,
      ),
      digits,
    );
  const rows = [[sizes.length, whole, at(sizes, 0.5), at(sizes, 0.99), at(times, 0.5, 2), at(times, 0.99, 2)]];
  const header = ["differences", "whole zones instead", "bytes, p50", "p99", "milliseconds, p50", "p99"];
  return `## A difference (IXFR)\n\nOf one task that starts, over TCP, from the query to the answer.\n\n${table(header, rows)}`;
}

async function slowReaders(master, server) {
  const before = server.memory().rss;
  const readers = Array.from({ length: SLOW_READERS }, () => takeZone(server.port, ZONE, 50).catch(() => undefined));
  let peak = before;
  for (let i = 0; i < SLOW_SECONDS * CHANGES_A_SECOND; i++) {
    add(master, 1_000 + i);
    await sleep(1000 / CHANGES_A_SECOND);
    peak = Math.max(peak, server.memory().rss);
  }
  await server.stop();
  await Promise.all(readers);
  const rows = [[SLOW_READERS, SLOW_SECONDS * CHANGES_A_SECOND, round(before), round(peak), round(peak - before)]];
  const header = ["slow clients", "changes meanwhile", "memory before, MB", "peak, MB", "more, MB"];
  return `## Slow clients\n\nEach reads a chunk every 50 ms, while ${CHANGES_A_SECOND} tasks a second start for ${SLOW_SECONDS} s.\n\n${table(header, rows)}`;
}

async function latency(server, file) {
  const questions = { port: server.port, entries: [[KNOWN, "A"]], perSecond: QUERIES, seconds: LATENCY_SECONDS, file };
  const rows = [];
  for (const isBusy of [false, true, false, true]) {
    const transferring = isBusy ? startTransferring(server.port, ZONE) : undefined;
    const { sorted, lost } = await dnsperfLatencies(questions);
    const transfers = (await transferring?.stop()) ?? 0;
    const at = (share) => round(percentile(sorted, share), 2);
    rows.push([isBusy ? "one transfer after the other" : "none", transfers, at(0.5), at(0.99), at(0.999), lost]);
  }
  const header = ["transfers", "completed", "p50, ms", "p99", "p99.9", "lost"];
  return `## What others notice\n\nUDP at ${round(QUERIES)} queries/s, from the same machine, whose cores the clients share. The one that transfers has the lowest priority.\n\n${table(header, rows)}`;
}

export async function benchTransfer() {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-bench-transfer-"));
  let body;
  const master = await startLiveMaster((address) => {
    body = stateBody(TASKS, address, 0, "ports", AGENTS);
    return JSON.parse(body.toString());
  });
  const config = { refreshSeconds: 3_600, allowTransfer: ["127.0.0.0/8"], maxTransfersPerClient: 8 };
  const server = await startServer(master, config);
  await firstAnswer(server.port, KNOWN);
  const file = await writeZone(folder, body);
  const servers = [{ name: "this server", port: server.port, cpuSeconds: server.cpuSeconds }];
  const knot = (await hasCommand("knotd")) ? await startKnot(ZONE, file, 1) : undefined;
  if (knot) servers.push({ name: "Knot DNS", port: knot.port, cpuSeconds: knot.cpuSeconds });
  const sections = [await wholeZones(servers)];
  await knot?.stop();
  sections.push(await latency(server, join(folder, "queries")));
  sections.push(await differences(master, server));
  sections.push(await slowReaders(master, server));
  sections.push(await following());
  report("transfer", "Zone transfers", sections);
  master.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** What the query log costs: answers per second over UDP and CPU per query, with it off and on. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { dnsperf, firstAnswer, hasCommand, median, mixesOf } from "./lib/client.mjs";
import { report, round, table } from "./lib/report.mjs";
import { startMaster, startServer } from "./lib/server.mjs";
import { stateBody } from "./lib/state.mjs";

const TASKS = 10_000;
const ROUNDS = 3;
const SECONDS = 5;
/** A rate at which the machine has a processor to spare. */
const STEADY = 25_000;
const MIX = "mixed (2 A, SRV, NXDOMAIN)";

/** A reader of dnstap that throws everything away. */
async function startReader(socket) {
  const child = spawn("fstrm_capture", ["-t", "protobuf:dnstap.Dnstap", "-u", socket, "-w", "/dev/null"], {
    stdio: "ignore",
  });
  while (!existsSync(socket)) await sleep(10);
  return () => new Promise((resolve) => child.once("exit", resolve).kill());
}

function waysIn(folder) {
  const file = (name) => join(folder, name);
  return [
    ["off", undefined],
    ["dnstap to a socket", { format: "dnstap", socket: file("dnstap.sock") }],
    ["dnstap to a file", { format: "dnstap", file: file("queries.dnstap"), maxBytes: 2 ** 28, keepFiles: 0 }],
    ["dnstap to a socket, one in a hundred", { format: "dnstap", socket: file("dnstap.sock"), sample: 0.01 }],
    ["dnstap to a socket, SERVFAIL alone", { format: "dnstap", socket: file("dnstap.sock"), rcodes: ["SERVFAIL"] }],
    ["JSON to a file", { format: "json", file: file("queries.json"), maxBytes: 2 ** 28, keepFiles: 0 }],
  ];
}

async function countersOf({ httpport }) {
  await sleep(1_100);
  const text = await (await fetch(`http://127.0.0.1:${httpport}/metrics`)).text();
  const sum = (name) =>
    Array.from(text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm")), ([, value]) => Number(value)).reduce(
      (total, value) => total + value,
      0,
    );
  return { written: sum("mesos_dns_query_log_queries_total"), dropped: sum("mesos_dns_query_log_dropped_total") };
}

async function becomesReady({ httpport }) {
  while (!(await fetch(`http://127.0.0.1:${httpport}/readyz`)).ok) await sleep(20);
}

/** Rows of one way to log: as many queries as are answered, and at a steady rate. @param queryLog the log's settings; nothing for none */
async function measure(master, name, queryLog) {
  const server = await startServer(master, { refreshSeconds: 3600, dnsThreads: 1, ...(queryLog && { queryLog }) });
  try {
    await firstAnswer(server.port, "leader.mesos");
    await becomesReady(server);
    const entries = (await mixesOf(server.httpport))[MIX];
    const file = join(tmpdir(), `mesos-dns-bench-${process.pid}.txt`);
    const rows = [];
    for (const perSecond of [undefined, STEADY])
      rows.push(await measureAt(server, { name, queryLog, entries, file, perSecond }));
    return rows;
  } finally {
    await server.stop();
  }
}

async function measureAt(server, { name, queryLog, entries, file, perSecond }) {
  const rounds = [];
  const before = await countersOf(server);
  for (let i = 0; i < ROUNDS; i++) {
    const [cpu, threads] = [server.cpuSeconds(), server.threadSeconds()];
    const result = await dnsperf({ port: server.port, entries, seconds: SECONDS, file, perSecond });
    // The busiest thread is the one that answers.
    const own = Math.max(...Array.from(server.threadSeconds(), ([id, seconds]) => seconds - (threads.get(id) ?? 0)));
    const each = (seconds) => (seconds * 1e6) / result.completed;
    rounds.push({ ...result, micros: each(server.cpuSeconds() - cpu), own: each(own) });
  }
  const after = await countersOf(server);
  const [written, dropped] = [after.written - before.written, after.dropped - before.dropped];
  const of = (key) => median(rounds.map((one) => one[key]));
  const share = queryLog ? `${round((100 * dropped) / Math.max(1, written + dropped), 2)} %` : "";
  return [name, round(of("perSecond")), round(of("micros"), 2), round(of("own"), 2), round(written), share];
}

export async function benchQueryLog() {
  for (const [tool, packageName] of [
    ["dnsperf", "dnsperf"],
    ["fstrm_capture", "fstrm-bin"],
  ]) {
    if (await hasCommand(tool)) continue;
    process.stdout.write(`querylog: left out, ${tool} is missing (Debian package ${packageName})\n\n`);
    return;
  }
  const master = await startMaster();
  master.serve(stateBody(TASKS, master.address));
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-querylog-"));
  const rows = [];
  try {
    for (const [name, queryLog] of waysIn(folder)) {
      const stopReader = queryLog?.socket ? await startReader(queryLog.socket) : async () => {};
      rows.push(await measure(master, name, queryLog));
      await stopReader();
    }
    const how = `${round(TASKS)} tasks, ${MIX}, one answering thread and batches; dnsperf and the reader on the same machine, ${ROUNDS} rounds of ${SECONDS} s, medians. CPU is user and system time of the whole server process, and of the thread that answers alone.`;
    const [most, steady] = [0, 1].map((at) => rows.map((each) => each[at]));
    const header = ["log", "queries/s", "CPU µs per query", "of the answering thread", "logged", "dropped"];
    const rate = `At ${round(STEADY)} queries/s:`;
    report("querylog", "What the query log costs", [how, table(header, most), rate, table(header, steady)]);
  } finally {
    master.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Consul's view: how soon those who wait for a service hear of a change, requests and writes a second, names, and what it costs. */
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { dnsperf, firstAnswer, hasCommand, median, percentile } from "./lib/client.mjs";
import { freshTask, startLiveMaster } from "./lib/live-master.mjs";
import { report, round, spread, table } from "./lib/report.mjs";
import { freePort, startMaster, startServer } from "./lib/server.mjs";
import { stateBody } from "./lib/state.mjs";
import { now } from "./lib/waiters.mjs";

const run = promisify(execFile);
const TASKS = 10_000;
const MANY = 100_000;
const WAITERS = 1_000;
const RATE = 20;
const LIVING = 100;
const SECONDS = Number(process.env.BENCH_CONSUL_SECONDS ?? 30);
const SHORT = Math.max(2, Math.round(SECONDS / 6));
const ROUNDS = 3;
const MIB = 2 ** 20;

const stateFor = (tasks) => (address) => JSON.parse(stateBody(tasks, address).toString());

async function startConsul(master, config = {}) {
  const httpPort = await freePort();
  const consul = { enabled: true, nodeName: "bench", httpPort, kvMaxBytes: 64 * MIB };
  const server = await startServer(master, { consul, refreshSeconds: 3600, ...config });
  const base = `http://127.0.0.1:${httpPort}/v1`;
  for (;;) {
    const response = await fetch(`${base}/catalog/services`).catch(() => undefined);
    if (response?.status === 200) return { server, base, httpPort };
    await sleep(100);
  }
}

const servicesOf = async (base) => Object.keys(await (await fetch(`${base}/catalog/services`)).json());

/** A child that sends one message, its result. */
async function resultOf(program, ...words) {
  const child = fork(new URL(program, import.meta.url), words.map(String));
  const [result] = await once(child, "message");
  return result;
}

async function wakeUps() {
  const master = await startLiveMaster(stateFor(TASKS));
  const { server, base, httpPort } = await startConsul(master);
  const all = (await servicesOf(base)).filter((name) => name.startsWith("service-"));
  const services = all.slice(0, WAITERS);
  const child = fork(new URL("./lib/consul-waiters.mjs", import.meta.url), [
    String(httpPort),
    JSON.stringify(services),
  ]);
  await once(child, "message");
  await sleep(2_000);
  const labels = (number) => [{ key: "SERVICE_NAME", value: services[(number * 7) % services.length] }];
  const sent = new Map();
  const before = server.cpuSeconds();
  const started = performance.now();
  for (let i = 0; i < RATE * SECONDS; i++) {
    const number = i >> 1;
    if (i % 2 === 0) {
      sent.set(`+fresh-${number}.bench`, now());
      master.add(freshTask(master, number, { labels: labels(number) }));
    } else if (number >= LIVING) {
      sent.set(`-fresh-${number - LIVING}.bench`, now());
      master.kill(`fresh-${number - LIVING}`);
    }
    await sleep(Math.max(0, started + ((i + 1) * 1000) / RATE - performance.now()));
  }
  const cpu = (server.cpuSeconds() - before) / ((performance.now() - started) / 1000);
  await sleep(3_000);
  child.send("stop");
  const [heard] = await once(child, "message");
  const times = heard.what.flatMap((what, i) => (sent.has(what) ? [heard.at[i] - sent.get(what)] : []));
  times.sort((a, b) => a - b);
  const { rss } = server.memory();
  await server.stop();
  master.stop();
  return [
    round(services.length),
    round(sent.size),
    round(times.length),
    round(heard.answers),
    ...[0.5, 0.99, 1].map((part) => round(percentile(times, part))),
    round(cpu, 2),
    round(rss),
    round(heard.failures),
  ];
}

/** Requests a second of one client program with eight connections. */
async function requests() {
  if (!(await hasCommand("wrk"))) return undefined;
  const master = await startMaster();
  master.serve(stateBody(TASKS, master.address));
  const { server, base } = await startConsul(master);
  const [service] = (await servicesOf(base)).filter((name) => name.startsWith("service-"));
  const rows = [];
  for (const path of ["/catalog/services", `/catalog/service/${service}`, `/health/service/${service}?passing=1`]) {
    const { length } = await (await fetch(base + path)).text();
    const before = server.cpuSeconds();
    const { stdout } = await run("wrk", ["-t1", "-c8", `-d${SHORT}s`, base + path]);
    const count = Number(/(\d+) requests in/.exec(stdout)?.[1]);
    const micros = ((server.cpuSeconds() - before) * 1e6) / count;
    rows.push([`/v1${path}`, round(length), round(count / SHORT), round(micros)]);
  }
  await server.stop();
  master.stop();
  return rows;
}

async function writes() {
  const stateDir = mkdtempSync(join(tmpdir(), "mesos-dns-bench-"));
  const master = await startMaster();
  master.serve(stateBody(100, master.address));
  const { server, httpPort } = await startConsul(master, { stateDir });
  const rows = [];
  for (const clients of [1, 8, 64, 100]) {
    const { times, perSecond } = await resultOf("./lib/key-writers.mjs", httpPort, clients, SHORT);
    times.sort((a, b) => a - b);
    // Until the server has seen that they are gone: one client may have 128 connections.
    await sleep(1_000);
    rows.push([round(clients), round(perSecond), ...[0.5, 0.99].map((part) => round(percentile(times, part), 1))]);
  }
  await server.stop();
  master.stop();
  rmSync(stateDir, { recursive: true, force: true });
  return rows;
}

/** What a query costs for names of either zone of one server, by turns. */
async function names() {
  if (!(await hasCommand("dnsperf"))) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-bench-"));
  const master = await startMaster();
  master.serve(stateBody(TASKS, master.address));
  const { server, base } = await startConsul(master);
  const services = (await servicesOf(base)).filter((name) => name.startsWith("service-"));
  const axfr = await (await fetch(`http://127.0.0.1:${server.httpport}/v1/axfr`)).json();
  const listed = (records, type) =>
    Object.entries(records)
      .filter(([name, list]) => list.length <= 8 && /^_?[a-z0-9.-]+/.test(name))
      .slice(0, 5_000)
      .map(([name]) => [name.slice(0, -1), type]);
  const mixes = {
    "A, domain": listed(axfr.Records.As, "A"),
    "A, Consul": services.map((name) => [`${name}.service.consul`, "A"]),
    "SRV, domain": listed(axfr.Records.SRVs, "SRV"),
    "SRV, Consul": services.map((name) => [`${name}.service.consul`, "SRV"]),
    "NXDOMAIN, domain": services.map((name) => [`absent-${name}.marathon.mesos`, "A"]),
    "NXDOMAIN, Consul": services.map((name) => [`absent-${name}.service.consul`, "A"]),
  };
  await firstAnswer(server.port, `${services[0]}.service.consul`);
  const costs = Object.fromEntries(Object.keys(mixes).map((name) => [name, []]));
  for (let turn = 0; turn < ROUNDS; turn++) {
    for (const [name, entries] of Object.entries(mixes)) {
      const before = server.cpuSeconds();
      const file = join(folder, "queries");
      const { completed } = await dnsperf({ port: server.port, entries, seconds: SHORT, file });
      costs[name].push(((server.cpuSeconds() - before) * 1e6) / completed);
    }
  }
  await server.stop();
  master.stop();
  rmSync(folder, { recursive: true, force: true });
  return Object.entries(costs).map(([name, list]) => [name, round(median(list), 2), spread(list)]);
}

async function memory(tasks, enabled) {
  const master = await startMaster();
  master.serve(stateBody(tasks, master.address));
  const began = performance.now();
  const config = { consul: { enabled, nodeName: "bench", httpPort: await freePort() }, refreshSeconds: 3600 };
  const server = await startServer(master, config);
  const name = enabled ? "bench.node.consul" : "service-0-team-0.marathon.mesos";
  const seconds = ((await firstAnswer(server.port, name)) - began) / 1_000;
  await sleep(10_000);
  const { rss, peak } = server.memory();
  await server.stop();
  master.stop();
  return [round(tasks), enabled ? "on" : "off", round(seconds, 1), round(rss), round(peak)];
}

export async function benchConsul() {
  const waking = await wakeUps();
  const rates = await requests();
  const keys = await writes();
  const costs = await names();
  const sizes = [];
  for (const tasks of [TASKS, MANY]) for (const enabled of [false, true]) sizes.push(await memory(tasks, enabled));
  report("consul", "Consul's view", [
    `## Waiting for services\n\n${round(TASKS)} tasks run. Clients of one other process wait for a service each (\`/v1/health/service\`), and ask again at once. ${RATE} changes a second come as events for ${SECONDS} s: tasks that start and end, in one of these services after the other. The time is from the event on the wire to the answer that has it, in milliseconds; wake-ups are answers to requests that waited, and should be as many as the changes that were heard. CPU is that of the server's process, in cores; memory in MB.`,
    table(["waiting", "changes", "heard", "wake-ups", "p50", "p99", "slowest", "CPU", "memory", "failures"], [waking]),
    "## Requests\n\nOf `wrk` with eight connections, on the same two processors.",
    rates
      ? table(["path", "octets", "requests/s", "CPU each, us"], rates)
      : "wrk is missing (`apt-get install wrk`), so this was not measured.",
    "## Keys\n\nWrites of small values over HTTP, each answered when it is on the disk. Those that wait at the same time share one sync. Times in milliseconds.",
    table(["clients", "writes/s", "p50", "p99"], keys),
    `## Names\n\nCPU of a query in microseconds at dnsperf's full rate, names of both zones by turns: median of ${ROUNDS} (least–most).`,
    costs
      ? table(["names", "CPU, us", "least–most"], costs)
      : "dnsperf is missing (`apt-get install dnsperf`), so this was not measured.",
    "## What it costs\n\nFirst answer after the start in seconds; memory ten seconds later and at its peak, in MB.",
    table(["tasks", "consul", "first answer", "memory", "peak"], sizes),
  ]);
}

/** The catalogue of services: how soon those who wait hear of a change, and what it costs in memory. */
import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "./lib/client.mjs";
import { freshTask, startLiveMaster } from "./lib/live-master.mjs";
import { report, round, table } from "./lib/report.mjs";
import { startMaster, startServer } from "./lib/server.mjs";
import { stateBody } from "./lib/state.mjs";
import { latenessOf, now, startWaiters } from "./lib/waiters.mjs";

const WAITERS = 1_000;
const RATE = 20;
const SECONDS = Number(process.env.BENCH_CATALOG_SECONDS ?? 30);
const TASKS = 10_000;
const MANY = 100_000;
const LIVING = 100;
const LABELS = [{ key: "owner", value: "bench" }];
const VERSIONS = { parameter: "index", header: "x-mesos-dns-index", first: "0", good: [200] };
const FILL_MS = 60_000;
const MEMORY_SECONDS = Number(process.env.BENCH_CATALOG_MEMORY_SECONDS ?? 60);

/** A generated state, and what tasks say of themselves beside their records: labels, health, ports of containers. */
function labelledState(tasks, leader) {
  const state = JSON.parse(stateBody(tasks, leader).toString());
  for (const agent of state.slaves) agent.attributes = { rack: `r${agent.id.length % 10}`, zone: "a", cpus: 16 };
  for (const { tasks: all } of state.frameworks) for (const task of all) label(task);
  return state;
}

function label(task) {
  const { name, resources, statuses } = task;
  const [first] = /\d+/.exec(resources.ports);
  task.labels = [
    { key: "owner", value: name.split(".")[1] },
    { key: "HAPROXY_GROUP", value: "external" },
    { key: "HAPROXY_0_VHOST", value: `${name}.example.com` },
    { key: "HAPROXY_0_MODE", value: "http" },
    { key: "SERVICE_TAGS", value: "rest,v1,production" },
    { key: "version", value: "2024-01-31T12:00:00.000Z" },
  ];
  task.health_check = { http: { port: 80, path: "/" } };
  statuses[0].healthy = true;
  const mapping = { host_port: Number(first), container_port: 80, protocol: "tcp" };
  task.container = {
    type: "DOCKER",
    docker: { image: `example/${name}`, network: "BRIDGE", port_mappings: [mapping] },
  };
  if (!task.discovery) return;
  task.discovery.ports.ports[0].labels = { labels: [{ key: "VIP_0", value: `/${name}:80` }] };
}

async function catalogueOf(server, path = "/v1/catalog") {
  const response = await fetch(`http://127.0.0.1:${server.httpport}${path}`);
  return response.ok ? response.json() : undefined;
}

async function filled(server, least) {
  const started = performance.now();
  for (;;) {
    const found = await catalogueOf(server).catch(() => undefined);
    const instances = found?.services.reduce((sum, { instances }) => sum + instances, 0) ?? 0;
    if (instances >= least) return;
    if (performance.now() - started > FILL_MS) throw new Error(`there is no catalogue: ${server.log()}`);
    await sleep(200);
  }
}

/** Asks for the list again and again, and notes with which index each new service is there. */
function follow(server) {
  const indexes = new Map();
  let isOver = false;
  const run = async () => {
    let index = 0;
    while (!isOver) {
      const found = await catalogueOf(server, `/v1/catalog?index=${index}&wait=5s`);
      index = found.index;
      const names = new Set();
      for (const { name } of found.services) if (name.startsWith("fresh-")) names.add(name);
      for (const name of names) if (!indexes.has(name)) indexes.set(name, index);
      for (const name of indexes.keys()) {
        if (!names.has(name) && !indexes.has(`-${name}`) && !name.startsWith("-")) indexes.set(`-${name}`, index);
      }
    }
  };
  const ended = run();
  const stop = () => {
    isOver = true;
    return ended;
  };
  return { indexes, stop };
}

async function wakeUps(path) {
  const master = await startLiveMaster((address) => labelledState(TASKS, address));
  const server = await startServer(master, { catalog: true, refreshSeconds: 3600 });
  await filled(server, TASKS);
  const waiters = startWaiters(server, WAITERS, { path, ...VERSIONS });
  await sleep(5_000);
  const probe = follow(server);
  const sent = new Map();
  const before = server.cpuSeconds();
  const started = performance.now();
  for (let i = 0; i < RATE * SECONDS; i++) {
    const number = i >> 1;
    if (i % 2 === 0) {
      sent.set(`fresh-${number}`, now());
      master.add(freshTask(master, number, { labels: LABELS }));
    } else if (number >= LIVING) {
      sent.set(`-fresh-${number - LIVING}`, now());
      master.kill(`fresh-${number - LIVING}`);
    }
    await sleep(Math.max(0, started + ((i + 1) * 1000) / RATE - performance.now()));
  }
  const cpu = (server.cpuSeconds() - before) / ((performance.now() - started) / 1000);
  await sleep(3_000);
  const heard = await waiters.stop();
  await probe.stop();
  const changes = [...sent].flatMap(([name, at]) => (probe.indexes.has(name) ? [[probe.indexes.get(name), at]] : []));
  changes.sort(([a], [b]) => a - b);
  const lateness = latenessOf(heard, changes, Number);
  await server.stop();
  master.stop();
  return { lateness, heard, cpu, changes: sent.size };
}

async function memory(catalog) {
  const master = await startMaster();
  master.serve(Buffer.from(JSON.stringify(labelledState(MANY, master.address))));
  const server = await startServer(master, { catalog, refreshSeconds: 15 });
  if (catalog === true) await filled(server, MANY);
  const samples = [];
  for (let i = 0; i < MEMORY_SECONDS; i++) {
    await sleep(1_000);
    samples.push(server.memory().rss);
  }
  const { peak } = server.memory();
  await server.stop();
  master.stop();
  const settled = samples.slice(MEMORY_SECONDS / 2).sort((a, b) => a - b);
  return { rss: percentile(settled, 0.5), peak };
}

export async function benchCatalog() {
  const waking = [];
  for (const [what, path] of [
    ["all services", "/v1/catalog"],
    ["one service that does not change", "/v1/catalog/services/marathon/service-0.team-0"],
  ]) {
    const { lateness, heard, cpu, changes } = await wakeUps(path);
    const at = (part) => (lateness.length === 0 || path !== "/v1/catalog" ? "" : round(percentile(lateness, part)));
    waking.push([
      what,
      round(changes),
      round(heard.waiter.length - WAITERS),
      ...[0.5, 0.99, 1].map(at),
      round(heard.octets / 2 ** 20),
      round(cpu, 2),
      round(heard.failures),
    ]);
  }
  const [without, withIt] = [await memory("auto"), await memory(true)];
  const row = (name, { rss, peak }) => [name, round(rss), round(peak)];
  report("catalog", "The catalogue of services", [
    `${round(WAITERS)} clients of one other process wait for news, with gzip, and ask again at once. ${round(TASKS)} tasks run, and ${RATE} changes a second come as events, every other one a task that starts and one that ends, for ${SECONDS} s. The time is from the event on the wire to the whole answer that has it, for every change and every client, in milliseconds. CPU is that of the server's process, in cores; the clients take the rest of the machine.`,
    table(["waiting for", "changes", "wake-ups", "p50", "p99", "slowest", "MB sent", "CPU", "failures"], waking),
    `Resident memory of the whole process with ${round(MANY)} tasks, each with six labels, a health check, a container and a mapped port: the median of ${MEMORY_SECONDS / 2} s while the state is read again every 15 s, and the peak, in MB.`,
    table(
      ["catalogue", "memory", "peak"],
      [
        row("off", without),
        row("on", withIt),
        ["more", round(withIt.rss - without.rss), round(withIt.peak - without.peak)],
      ],
    ),
  ]);
}

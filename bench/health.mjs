/** Health checks: how long an outage lasts for clients, beside gdnsd, and what a thousand checks cost. */
import { fork } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { hasCommand, percentile } from "./lib/client.mjs";
import { startGdnsd } from "./lib/gdnsd.mjs";
import { report, round, table } from "./lib/report.mjs";
import { freePort, startMaster, startServer } from "./lib/server.mjs";
import { stateBody } from "./lib/state.mjs";
import { startUnbound } from "./lib/upstreams.mjs";

const PHASE_SECONDS = Number(process.env.BENCH_HEALTH_SECONDS ?? 45);
const EDGES = ["127.0.11.1", "127.0.11.2"];
const ZONE = "edge.example";
/** Names of each kind: what a resolver keeps for one of them is chance. */
const NAMES = 8;
const PEER_ZONE = "gdnsd.example";
const LOCAL = { healthCheckNetworks: ["127.0.0.0/8"], updates: "poll", refreshSeconds: 3600 };

const INSTANCES = 1_000;
const COST_SECONDS = 20;
const RATE = 2_000;

const path = (name) => fileURLToPath(new URL(`lib/${name}`, import.meta.url));

async function startEdge(host, port) {
  const child = fork(path("edge.mjs"), [host, String(port)]);
  await new Promise((resolve) => child.once("message", resolve));
  return child;
}

/** Asks names all the time, and keeps what came of it. */
function startClient(names, dnsPort, httpPort) {
  const child = fork(path("edge-client.mjs"), [String(dnsPort), String(httpPort), ...names]);
  const requests = [];
  child.on("message", (request) => requests.push(request));
  return { requests, stop: () => child.kill() };
}

/** What a client noticed of what happened at this moment: failed requests, and seconds until none failed any more. */
function outageOf({ requests }, from, to) {
  const after = requests.filter(({ at }) => at >= from && at < to);
  const failed = after.filter(({ ok }) => !ok);
  const last = failed.at(-1)?.at;
  const seconds =
    last === undefined ? "0" : last > to - 3_000 ? `over ${round((to - from) / 1000)}` : round((last - from) / 1000, 1);
  return { requests: after.length, failed: failed.length, seconds };
}

/** Seconds until an address is answered (again). */
function returnOf({ requests }, from, address) {
  const found = requests.find(({ at, address: asked }) => at >= from && asked === address);
  return found ? round((found.at - from) / 1000, 1) : "not yet";
}

const OURS = {
  default: { type: "http", path: "/" },
  quick: { type: "http", path: "/", interval: 1, timeout: 0.5 },
};
const PEERS = {
  quick: "interval => 2, timeout => 1, down_thresh => 2, up_thresh => 2, ok_thresh => 2",
  default: "",
};

const namesOf = (kind, zone) => Array.from({ length: NAMES }, (_, index) => `${kind}-${index}.${zone}`);

function recordsOf(kind) {
  const values = EDGES.map((value) => ({ value, weight: 10 }));
  const common = { type: "A", ttl: 5, policy: "weighted", healthCheck: kind, values };
  return namesOf(kind, ZONE).map((name) => ({ name: `${name}.`, ...common }));
}

async function outages() {
  if (!hasCommand("gdnsd") || !hasCommand("unbound"))
    return "## An outage, as clients see it\n\nNot measured: gdnsd and Unbound are not installed.";
  const httpPort = await freePort();
  const edges = await Promise.all(EDGES.map((host) => startEdge(host, httpPort)));
  const master = await startMaster();
  master.serve(stateBody(100, master.address));
  const checks = Object.fromEntries(Object.entries(OURS).map(([name, check]) => [name, { ...check, port: httpPort }]));
  const records = Object.keys(OURS).flatMap(recordsOf);
  const server = await startServer(master, { ...LOCAL, staticZones: [ZONE], records, healthChecks: checks });
  const ttl = { quick: "5/5", default: "60/30" };
  const gdnsd = await startGdnsd(PEER_ZONE, EDGES, { httpPort, services: PEERS, ttl, names: NAMES });
  const stubs = { [ZONE]: server, [PEER_ZONE]: gdnsd };
  const unbound = await startUnbound(undefined, { stubs, first: `quick-0.${ZONE}` });
  const clients = [
    ["this server, defaults: 2 s, 2 failures, 1 s, TTL 5", namesOf("default", ZONE)],
    ["this server, quick: 1 s, 2 failures, 0.5 s, TTL 5", namesOf("quick", ZONE)],
    ["gdnsd, set as our defaults: 2 s, 2 failures, 1 s, TTL 5", namesOf("quick", PEER_ZONE)],
    ["gdnsd, defaults: 10 s, 10 failures, 5 s, TTL 60 to 30", namesOf("default", PEER_ZONE)],
  ].map(([title, names]) => ({ title, ...startClient(names, unbound.port, httpPort) }));
  await sleep(15_000);
  const phases = [];
  const phase = async (what, act) => {
    const from = Date.now();
    act();
    await sleep(PHASE_SECONDS * 1000);
    phases.push({ what, from, to: Date.now() });
  };
  let [first] = edges;
  await phase("killed: connections are refused", () => first.kill("SIGKILL"));
  first = await startEdge(EDGES[0], httpPort);
  const backAt = Date.now();
  await sleep(PHASE_SECONDS * 1000);
  await phase("silent: nothing is answered", () => first.kill("SIGSTOP"));
  first.kill("SIGCONT");
  await sleep(PHASE_SECONDS * 1000);
  const changes = await changesOf(server);
  for (const client of clients) client.stop();
  await Promise.all([unbound.stop(), gdnsd.stop(), server.stop()]);
  for (const edge of [first, edges[1]]) edge.kill("SIGKILL");
  master.stop();
  const rows = clients.map((client) => [
    client.title,
    ...phases.flatMap(({ from, to }) => {
      const { requests, failed, seconds } = outageOf(client, from, to);
      return [`${failed} of ${requests}`, seconds];
    }),
    returnOf(client, backAt, EDGES[0]),
  ]);
  const header = ["", "killed: failed", "seconds", "silent: failed", "seconds", "back in answers after, s"];
  return `## An outage, as clients see it

Two edge servers behind ${NAMES} weighted names of each kind; clients that look one of them up at every request, 40 a second, through Unbound;
one edge is killed for ${PHASE_SECONDS} s, comes back, and falls silent for ${PHASE_SECONDS} s. Seconds until the last request that failed. All names stand for the
same two servers in the same run.

${table(header, rows)}

Changes of health that this server saw: ${changes} (4 for each of the two checks make 8; more would be flapping).`;
}

async function changesOf({ httpport }) {
  const text = await (await fetch(`http://127.0.0.1:${httpport}/metrics`)).text();
  const changes = text.matchAll(/^mesos_dns_health_check_changes_total\{[^}]*\} (\d+)$/gm);
  return [...changes].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Accepts at all addresses of this machine. */
async function startTarget() {
  const listener = createServer((socket) => socket.on("error", () => undefined).resume());
  await new Promise((resolve) => listener.listen(0, "0.0.0.0", resolve));
  return listener;
}

async function latencies(port) {
  const child = fork(path("latency-client.mjs"));
  child.send({ port, entries: [["service-0-team-0.marathon.mesos", "A"]], perSecond: RATE, seconds: COST_SECONDS });
  return new Promise((resolve) => child.once("message", resolve));
}

async function costs() {
  const master = await startMaster();
  master.serve(stateBody(10_000, master.address));
  const target = await startTarget();
  const { port } = target.address();
  const values = Array.from({ length: INSTANCES }, (_, i) => ({ value: `127.1.${i >> 8}.${i & 255}` }));
  const chunks = Array.from({ length: INSTANCES / 100 }, (_, i) => values.slice(i * 100, i * 100 + 100));
  const records = chunks.map((part, i) => ({
    name: `pool-${i}`,
    type: "A",
    policy: "multivalue",
    healthCheck: "edge",
    values: part,
  }));
  const checked = { ...LOCAL, healthChecks: { edge: { type: "tcp", port } }, records };
  const plain = {
    ...LOCAL,
    records: records.map(({ policy: _policy, healthCheck: _check, ...record }) => ({
      ...record,
      values: undefined,
      value: record.values.map(({ value }) => value),
    })),
  };
  const rows = [];
  for (const [name, config] of [
    ["no checks", plain],
    [`${round(INSTANCES)} targets, each every 2 s`, checked],
    ["no checks, again", plain],
  ]) {
    const server = await startServer(master, config);
    await sleep(5_000);
    const before = server.cpuSeconds();
    const { sorted, lost } = await latencies(server.port);
    const cpu = (server.cpuSeconds() - before) / (COST_SECONDS + 2);
    rows.push([
      name,
      `${round(cpu * 100, 1)} %`,
      round(server.memory().rss),
      ...[0.5, 0.99, 0.999].map((p) => round(percentile(sorted, p), 2)),
      String(lost),
    ]);
    await server.stop();
  }
  target.close();
  master.stop();
  const header = ["", "CPU of one core", "memory, MB", "p50, ms", "p99, ms", "p99.9, ms", "lost"];
  return `## What checks cost\n\n10,000 tasks, ${round(RATE)} queries a second over UDP for ${COST_SECONDS} s, TCP checks.\n\n${table(header, rows)}`;
}

export async function benchHealth() {
  report("health", "Health checks", [await outages(), await costs()]);
}

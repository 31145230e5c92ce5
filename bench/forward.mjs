/** Names that are somebody else's: answers from the cache, answers fetched upstream, a flood of names, and failover. */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { dnsperf, hasCommand, latencies, median, percentile } from "./lib/client.mjs";
import { report, round, spread, table } from "./lib/report.mjs";
import { freePort, startMaster, startServer } from "./lib/server.mjs";
import { startNsd, startUnbound, ZONE } from "./lib/upstreams.mjs";

/** As in the server: where `dnsThreads` leaves the number to the machine. */
const MOST_THREADS = 4;
const ROUNDS = 5;
const SECONDS = 5;
const POPULAR = 10_000;
/** More than can be asked in a round. */
const UNIQUE = 600_000;
const FLOOD = Number(process.env.BENCH_FLOOD_NAMES ?? 5_000_000);
const FLOOD_STEP = 500_000;
const FAILOVER_RATE = 1_000;
const FAILOVER_SECONDS = 12;

function names(count, prefix) {
  return Array.from({ length: count }, (_, i) => [`${prefix}-${i}.${ZONE}`, "A"]);
}

async function measure(server, entries, once) {
  const file = join(tmpdir(), `mesos-dns-bench-${process.pid}.txt`);
  const before = server.cpuSeconds();
  const result = await dnsperf({ port: server.port, entries, seconds: SECONDS, file, once });
  return { ...result, micros: ((server.cpuSeconds() - before) * 1e6) / result.completed };
}

/** All servers by turns, so that what else the machine does hits all; each compared with the last in the same round. */
async function compare(servers, entriesOf, once) {
  const results = servers.map(() => []);
  for (let i = 0; i < ROUNDS; i++) {
    for (const [s, { server }] of servers.entries()) results[s].push(await measure(server, entriesOf(i, s), once));
  }
  return servers.map(({ name }, s) => {
    const ratios = results[s].map((own, i) => own.perSecond / results.at(-1)[i].perSecond);
    const perSecond = results[s].map((one) => one.perSecond);
    const lost = results[s].reduce((sum, one) => sum + one.lost, 0);
    return [
      name,
      round(median(perSecond)),
      `${round(Math.min(...perSecond))}–${round(Math.max(...perSecond))}`,
      round(median(results[s].map((one) => one.micros)), 1),
      round(lost),
      spread(ratios),
    ];
  });
}

/** @param servers with their names, Unbound last @param call what makes the names of this call others than those of another */
async function benchRates(servers, title, call) {
  const popular = names(POPULAR, "popular");
  for (const { server: one } of servers) await measure(one, popular, true);
  const header = [
    "server",
    "queries/s, median",
    "min–max",
    "CPU µs per query",
    "lost",
    "ratio to Unbound, median (min–max)",
  ];
  return [
    `## Answers from the cache, ${title}\n\n${round(POPULAR)} names, all asked before.`,
    table(header, await compare(servers, () => popular, false)),
    `## Answers fetched upstream, ${title}\n\nEvery name is new. NSD, which shares the cores, answers both.`,
    table(header, await compare(servers, (i, s) => names(UNIQUE, `miss-${call}-${i}-${s}`), true)),
  ];
}

async function forwarding(server) {
  return (await fetch(`http://127.0.0.1:${server.httpport}/v1/forward`)).json();
}

/** Memory while names that nobody asks for twice come in by the million. */
async function benchFlood(server) {
  const rows = [];
  const popular = names(POPULAR, "popular");
  for (let asked = 0; asked <= FLOOD; asked += FLOOD_STEP) {
    if (asked > 0) {
      const file = join(tmpdir(), `mesos-dns-bench-${process.pid}.txt`);
      await dnsperf({
        port: server.port,
        entries: names(FLOOD_STEP, `flood-${asked}`),
        seconds: 120,
        file,
        once: true,
      });
    }
    if (asked % (FLOOD_STEP * 2) !== 0) continue;
    await sleep(1_500);
    const { cache } = await forwarding(server);
    const file = join(tmpdir(), `mesos-dns-bench-${process.pid}.txt`);
    await dnsperf({ port: server.port, entries: popular, seconds: 30, file, once: true });
    await sleep(1_500);
    const { cache: after } = await forwarding(server);
    const kept = (after.hits - cache.hits) / POPULAR;
    rows.push([
      round(asked),
      round(cache.bytes / 2 ** 20, 1),
      round(cache.entries),
      round(server.memory().rss),
      `${round(100 * kept, 1)} %`,
    ]);
  }
  return [
    `## A flood of names\n\n\`cache.maxBytes\` is 64 MiB, an eighth of it for DNS over HTTPS. After every million names the ${round(POPULAR)} popular ones are asked for once: the last column is how many were still there.`,
    table(["new names", "cache, MiB", "entries", "resident memory, MB", "popular names kept"], rows),
  ];
}

/** An upstream in this process that can change its mind; node's own sockets, so that it can be closed at once. */
async function startFickle() {
  const port = await freePort();
  const state = { rcode: 0, silent: false };
  const answer = (query) => {
    const end = query.indexOf(0, 12) + 5;
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
    const reply = Buffer.concat([query.subarray(0, end), ...(state.rcode === 0 ? [record] : [])]);
    reply.writeUInt16BE(0x8180 | state.rcode, 2);
    reply.writeUInt16BE(state.rcode === 0 ? 1 : 0, 6);
    reply.writeUInt16BE(0, 10);
    return reply;
  };
  const udp = createSocket("udp4", (query, { port: from, address }) => {
    if (!state.silent) udp.send(answer(query), from, address);
  });
  await new Promise((resolve) => udp.bind(port, "127.0.0.1", resolve));
  const tcp = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
  let open = true;
  const stop = () => {
    if (open) udp.close();
    if (open) tcp.close();
    open = false;
  };
  return { address: `127.0.0.1:${port}`, state, stop };
}

const FAILURES = [
  ["is killed", (upstream) => upstream.stop()],
  ["goes silent", (upstream) => Object.assign(upstream.state, { silent: true })],
  ["answers SERVFAIL", (upstream) => Object.assign(upstream.state, { rcode: 2 })],
];

/** Steady questions for new names while the first of two upstreams fails. */
async function failover(master, [name, fail], policy) {
  const upstreams = [await startFickle(), await startFickle()];
  const resolvers = upstreams.map(({ address }) => address);
  const server = await startServer(master, { externalon: true, resolvers, forwardPolicy: policy });
  await sleep(1_000);
  const entries = names(FAILOVER_RATE * FAILOVER_SECONDS, "failover");
  const asked = latencies(server.port, entries, FAILOVER_RATE, FAILOVER_SECONDS);
  await sleep((FAILOVER_SECONDS * 1000) / 3);
  fail(upstreams[0]);
  const { sorted, lost, rcodes } = await asked;
  await server.stop();
  for (const upstream of upstreams) upstream.stop();
  const failures = Object.entries(rcodes).reduce((sum, [rcode, count]) => sum + (rcode === "0" ? 0 : count), 0);
  const at = (share) => round(percentile(sorted, share), 1);
  return [policy, name, round(sorted.length), failures + lost, at(0.5), at(0.99), at(0.999), round(sorted.at(-1), 1)];
}

async function benchFailover() {
  const master = await startMaster();
  const rows = [];
  for (const policy of ["sequential", "fastest", "race"]) {
    for (const failure of FAILURES) rows.push(await failover(master, failure, policy));
  }
  master.stop();
  return [
    `## Failover\n\nTwo upstreams, ${round(FAILOVER_RATE)} queries/s for new names over ${FAILOVER_SECONDS} s; after a third of that the first upstream fails. Milliseconds.`,
    table(["policy", "the first", "answers", "failed or lost", "p50", "p99", "p99.9", "slowest"], rows),
  ];
}

export async function benchForward() {
  for (const command of ["dnsperf", "nsd", "unbound"]) {
    if (await hasCommand(command)) continue;
    process.stdout.write(`forward: left out, ${command} is missing (Debian package ${command})\n\n`);
    return;
  }
  const nsd = await startNsd();
  const threads = Math.min(availableParallelism(), MOST_THREADS);
  const [unbound, equal] = [await startUnbound(nsd), await startUnbound(nsd, { threads })];
  const master = await startMaster();
  const byDefault = { externalon: true, resolvers: [nsd.address] };
  const config = { ...byDefault, dnsThreads: 1 };
  const [server, dgram, many] = [
    await startServer(master, config),
    await startServer(master, { ...config, udpEngine: "dgram" }),
    await startServer(master, byDefault),
  ];
  const alone = [
    { name: "this server, batch engine", server },
    { name: "this server, node:dgram", server: dgram },
    { name: "Unbound", server: unbound },
  ];
  const together = [
    { name: "this server, as it comes", server: many },
    { name: "Unbound", server: equal },
  ];
  const how = `dnsperf on the same machine, ${ROUNDS} rounds of ${SECONDS} s by turns; CPU is user and system time of the whole server process.`;
  try {
    const rates = [
      ...(await benchRates(together, `${threads} threads each, which is the default here`, "many")),
      ...(await benchRates(alone, "one thread each", "one")),
    ];
    await Promise.all([dgram.stop(), many.stop(), equal.stop()]);
    const flood = await benchFlood(server);
    report("forward", "Forwarding", [how, ...rates, ...flood, ...(await benchFailover())]);
  } finally {
    await Promise.all([server.stop(), unbound.stop(), nsd.stop()]);
    master.stop();
  }
}

/** Starts and polls, of this server and of Mesos-DNS by turns, with the same states. */
import { setTimeout as sleep } from "node:timers/promises";
import { firstAnswer } from "./client.mjs";
import { findMesosDns, startMesosDns, WHY_ABSENT } from "./mesos-dns.mjs";
import { round, spread, table } from "./report.mjs";
import { startMaster, startServer } from "./server.mjs";
import { KINDS, stateBody } from "./state.mjs";

const COMPARED = 100_000;
const TURNS = Number(process.env.BENCH_STARTS ?? 3);
const GROWTH = [10_000, 30_000, 100_000, 300_000];
/** Longer than either takes for a poll. */
const POLL_SECONDS = 20;
const NAME = "service-0-team-0.marathon.mesos";
const FOREVER = 3_600;

const program = findMesosDns();
const starters = {
  "this server": (master, refreshSeconds) => startServer(master, { refreshSeconds }),
  ...(program && { "Mesos-DNS 0.7": (master, refreshSeconds) => startMesosDns(program, master, refreshSeconds) }),
};

/** From the start of the process to its first answer. */
async function startOnce(start, body, master) {
  master.serve(body);
  const began = performance.now();
  const server = await start(master, FOREVER);
  const seconds = ((await firstAnswer(server.port, NAME)) - began) / 1000;
  const cpu = server.cpuSeconds();
  await sleep(1_000);
  const { peak } = server.memory();
  await server.stop();
  return { seconds, cpu, peak };
}

/** CPU of a poll: of a state as before, and of one in which a task in a hundred has changed. */
async function polls(start, states, master) {
  master.serve(states[0]);
  const server = await start(master, POLL_SECONDS);
  await firstAnswer(server.port, NAME);
  const costOf = async (body) => {
    master.serve(body);
    const { requests } = master;
    const before = server.cpuSeconds();
    while (master.requests === requests) await sleep(50);
    await sleep((POLL_SECONDS - 2) * 1_000);
    return server.cpuSeconds() - before;
  };
  const unchanged = await costOf(states[0]);
  const changed = await costOf(states[1]);
  const { peak } = server.memory();
  await server.stop();
  return { unchanged, changed, peak };
}

async function compare(kind) {
  const master = await startMaster();
  const states = [0, 1].map((generation) => stateBody(COMPARED, master.address, generation, kind));
  const starts = Object.fromEntries(Object.keys(starters).map((name) => [name, []]));
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [name, start] of Object.entries(starters)) starts[name].push(await startOnce(start, states[0], master));
  }
  const rows = [];
  for (const [name, start] of Object.entries(starters)) {
    const poll = await polls(start, states, master);
    const of = (key) => starts[name].map((each) => each[key]);
    const peak = round(Math.max(...of("peak")));
    const times = [spread(of("seconds")), spread(of("cpu"))];
    rows.push([
      kind,
      round(states[0].length / 1e6),
      name,
      ...times,
      peak,
      round(poll.unchanged, 1),
      round(poll.changed, 1),
      round(poll.peak),
    ]);
  }
  master.stop();
  return rows;
}

async function grow(tasks) {
  const master = await startMaster();
  const body = stateBody(tasks, master.address);
  const { seconds, cpu, peak } = await startOnce(starters["this server"], body, master);
  master.stop();
  return [round(tasks), round(body.length / 1e6), round(seconds, 2), round(cpu, 2), round(peak)];
}

/** What a look-up costs here in a Map of a million strings, in any order: it decides how long a state takes. */
export function lookUpNanoseconds() {
  const count = 1_000_000;
  const keys = Array.from({ length: count }, (_, i) => `task-${(i * 7919) % 1_000_003}`);
  const map = new Map(keys.map((key, i) => [key, i]));
  let found = 0;
  const began = performance.now();
  for (let i = 0; i < count; i++) found += map.get(keys[(i * 611_953) % count]);
  if (found === 0) throw new Error("nothing was found");
  return ((performance.now() - began) / count) * 1e6;
}

export async function startSections() {
  const rows = [];
  for (const kind of Object.keys(KINDS)) rows.push(...(await compare(kind)));
  const growth = [];
  for (const tasks of GROWTH) growth.push(await grow(tasks));
  const header = ["state", "MB", "server", "first answer, s", "CPU until then, s", "peak memory, MB"];
  const poll = ["unchanged poll, s of CPU", "1 task in 100 changed", "peak memory with polls, MB"];
  const absent = program ? "" : `\n\n${WHY_ABSENT}.`;
  return [
    `A look-up in a Map of a million strings costs ${round(lookUpNanoseconds())} ns on this machine.`,
    `## Beside Mesos-DNS\n\n${round(COMPARED)} tasks, by turns, from the start of the process: the median of ${TURNS} (least–most), of memory the most. Polls every ${POLL_SECONDS} s, of which all CPU of the process counts.${absent}`,
    table([...header, ...poll], rows),
    "## Growth\n\nOne start each.",
    table(["tasks", "state, MB", "first answer, s", "CPU until then, s", "peak memory, MB"], growth),
  ];
}

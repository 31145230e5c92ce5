#!/usr/bin/env node
/**
 * Plays recordings of a real Mesos cluster, its leader's death included, and asks this server for every name of a task that runs
 * throughout, ten times a second. Not one question may stay without its answer.
 *
 *     npm run drill                          both recordings from beginning to end, over both kinds of `updates`
 *     npm run drill -- --recording unreachable-and-failover --from 40 --seconds 35
 *     npm run drill -- failover --rounds 20 --rate 500
 *
 * The recordings and what plays them stand beside this repository, in ../shared/real-cluster. The failovers are those of
 * test/e2e/failover.test.ts: masters that follow a script, and a real ZooKeeper.
 */
import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import dnsPacket from "dns-packet";
import { taskHash } from "../dist/views/mesos-dns/task-records.js";
import { agentSuffix, canonicalName, RFC1123, toFragment, toLabel } from "../dist/wire/labels.js";

const REAL_CLUSTER = new URL("../../shared/real-cluster/", import.meta.url).pathname;
const EVERY_MS = 100;
const TIMEOUT_MS = 1_000;
/** How often each kind of server fetches the state: polling as often as it gets, so that no partial state is missed. */
const MODES = { stream: 60, poll: 1 };

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    rate: { type: "string", default: "500" },
    recording: { type: "string", multiple: true },
    from: { type: "string", default: "0" },
    seconds: { type: "string" },
  },
});
if (positionals[0] === "failover") process.exit(failOver(flags));
if (!existsSync(join(REAL_CLUSTER, "replay.mjs"))) {
  console.error(`${REAL_CLUSTER} is missing: it belongs beside this repository`);
  process.exit(2);
}
const from = Number(flags.from);
const recordings = flags.recording ?? readdirSync(join(REAL_CLUSTER, "recordings"));
const results = (await Promise.all(recordings.map(play))).flat();
for (const line of results) console.log(line.text);
process.exit(results.some(({ misses, asked }) => misses > 0 || asked === 0) ? 1 : 0);

/** The end-to-end test of failovers, with as many rounds and questions a second as are wanted; its exit code. */
function failOver({ rounds, rate }) {
  const env = { ...process.env, DRILL_ROUNDS: rounds, DRILL_RATE: rate };
  const test = ["vitest", "run", "--project", "e2e", "test/e2e/failover.test.ts"];
  return spawnSync("npx", test, { env, stdio: "inherit" }).status ?? 1;
}

async function play(recording) {
  const states = statesOf(recording).filter(({ at }, index, all) => (all[index + 1]?.at ?? at) >= from * 1000);
  const seconds = Number(flags.seconds ?? (states.at(-1).at - from * 1000) / 1000 + 1);
  const names = namesThroughout(states.filter(({ at }) => at <= (from + seconds) * 1000));
  const port = await freePort();
  const replay = spawn(process.execPath, [
    join(REAL_CLUSTER, "replay.mjs"),
    ...["--recording", recording, "--port", String(port), "--from", String(from)],
  ]);
  const ended = once(replay, "close");
  replay.stderr.pipe(process.stderr);
  await once(replay.stdout, "data");
  const results = await Promise.all(Object.keys(MODES).map((mode) => follow(mode, recording, port, names, seconds)));
  replay.kill();
  await ended;
  return results;
}

/** Starts a server, asks it until the recording is over, and counts. */
async function follow(mode, recording, mastersPort, names, seconds) {
  const [port, httpport] = [await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-drill-"));
  const file = join(folder, "config.json");
  const masters = [1, 2, 3].map((host) => `127.0.0.${host}:${mastersPort}`);
  const own = { port, httpport, listener: "127.0.0.1", httplistener: "127.0.0.1", externalon: false };
  writeFileSync(file, JSON.stringify({ ...own, masters, updates: mode, refreshSeconds: MODES[mode] }));
  const server = spawn(process.execPath, [new URL("../dist/main.js", import.meta.url).pathname, `-config=${file}`]);
  const ended = once(server, "close");
  let log = "";
  server.stderr.setEncoding("utf8").on("data", (text) => (log += text));
  const counts = await ask(port, names, seconds);
  server.kill();
  await ended;
  rmSync(folder, { recursive: true });
  const trouble = counts.silent.length > 0 ? `; never answered: ${counts.silent.join(" ")}` : "";
  const misses = counts.misses.length + counts.silent.length;
  const told = counts.misses.slice(0, 10).map(({ name, at, why }) => `\n  ${at.toFixed(1)} s ${name}: ${why}`);
  const text = `${recording}, ${mode}: ${names.length} names, ${counts.asked} questions, ${misses} misses${trouble}${told.join("")}`;
  return { misses, asked: counts.asked, text: misses > 0 ? `${text}\n${log}` : text };
}

/**
 * Asks for each name ten times a second from its first answer on; for one that tasks share, which may have been another task's
 * before, from the first answer for one of these tasks.
 */
async function ask(port, names, seconds) {
  const socket = createSocket("udp4");
  await new Promise((resolve) => socket.connect(port, "127.0.0.1", resolve));
  socket.on("error", () => {});
  const started = performance.now();
  const waiting = new Map();
  const answered = new Set();
  const misses = [];
  let asked = 0;
  const settle = (id, why) => {
    const question = waiting.get(id);
    waiting.delete(id);
    if (!question) return;
    clearTimeout(question.timer);
    if (why === undefined) answered.add(question.name);
    else if (question.counts) misses.push({ name: question.name, at: from + (question.at - started) / 1000, why });
  };
  socket.on("message", (octets) => {
    const { id, answers, rcode } = dnsPacket.decode(octets);
    settle(id, answers.length > 0 ? undefined : rcode);
  });
  let id = 0;
  const round = setInterval(() => {
    for (const { name, own } of names) {
      id = (id + 1) % 65_536;
      const key = id;
      const counts = answered.has(name) && own.some((each) => answered.has(each));
      if (counts) asked++;
      const timer = setTimeout(() => settle(key, "no answer"), TIMEOUT_MS);
      waiting.set(key, { name, at: performance.now(), timer, counts });
      socket.send(dnsPacket.encode({ type: "query", id, questions: [{ type: "A", name }] }));
    }
  }, EVERY_MS);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  clearInterval(round);
  await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS + EVERY_MS));
  socket.close();
  return { asked, misses, silent: names.map(({ name }) => name).filter((name) => !answered.has(name)) };
}

function statesOf(recording) {
  const folder = join(REAL_CLUSTER, "recordings", recording);
  const files = readdirSync(folder)
    .filter((file) => file.startsWith("state-"))
    .sort();
  return files.map((file) => ({
    at: Number(/^state-(\d+)-/.exec(file)[1]),
    state: JSON.parse(readFileSync(join(folder, file), "utf8")),
  }));
}

/** The names of tasks that run at the end and have not been away since they began to run, with the canonical ones of these tasks. */
function namesThroughout(states) {
  const interrupted = new Set();
  for (const { state } of states) {
    for (const { tasks, completed_tasks = [], unreachable_tasks = [] } of state.frameworks) {
      for (const { id } of [...completed_tasks, ...unreachable_tasks]) interrupted.add(id);
      for (const { id, state } of tasks) if (/KILLING|UNREACHABLE|LOST/.test(state)) interrupted.add(id);
    }
  }
  const names = new Map();
  for (const { name: framework, tasks } of states.at(-1).state.frameworks) {
    const zone = `${toFragment(framework, RFC1123)}.mesos`;
    for (const { id, name, slave_id, discovery, state } of tasks) {
      if (state !== "TASK_RUNNING" || interrupted.has(id)) continue;
      const label = toLabel(discovery?.name || name, RFC1123);
      const shared = `${label}.${zone}`;
      const own = `${canonicalName(label, taskHash(id), agentSuffix(slave_id))}.${zone}`;
      names.set(own, [own]);
      names.set(shared, [...(names.get(shared) ?? []), own]);
    }
  }
  return Array.from(names, ([name, own]) => ({ name, own }));
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/**
 * A process of its own, in a network of its own where its plane asks for one: from a change at the master to connections at the new target,
 * and connections a second. It is given the plane and for how many seconds, and writes what it has measured as JSON.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { firstAnswer, percentile } from "./client.mjs";
import { startLiveMaster } from "./live-master.mjs";
import { startServer } from "./server.mjs";
import { startNode } from "./vip-node.mjs";
import { PLANES } from "./vip-planes.mjs";
import { stateOfVips, TARGETS, targetTask } from "./vip-tasks.mjs";

const [dataPlane, seconds] = [process.argv[2], Number(process.argv[3])];
const { hosts, ipv4Range } = PLANES[dataPlane];
const VIPS = 1_000;
/** Virtual addresses with one target, which moves: whoever connects knows at once whether it still is the old one. */
const MOVING = 100;
const RATE = 10;
const FIRST_PORT = 31_000;
const FIRST_MOVING_PORT = 20_000;
const POLL_MS = 10;
const GIVE_UP_MS = 10_000;
const CLIENTS = 16;

/** What answers a connection; `undefined` if nobody does. */
function ask(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    socket.on("data", (text) => {
      resolve(Number(text));
      socket.resetAndDestroy();
    });
    socket.on("error", () => resolve(undefined));
    socket.on("close", () => resolve(undefined));
  });
}

/** Connects again and again until a target answers. @returns when it was asked, or `undefined` if it never answered */
async function reached(host, target) {
  const started = performance.now();
  while (performance.now() - started < GIVE_UP_MS) {
    const asked = performance.now();
    if ((await ask(host, 80)) === target) return performance.now() - started;
    await sleep(Math.max(0, asked + POLL_MS - performance.now()));
  }
  return undefined;
}

/** Moves one virtual address after another to a new target. */
async function changes(master, node, addresses) {
  const waits = [];
  const used = () => [node.cpuSeconds(), node.childSeconds()];
  const before = used();
  const started = performance.now();
  for (let i = 0; i < RATE * seconds; i++) {
    const vip = `moving-${i % MOVING}`;
    const port = FIRST_MOVING_PORT + MOVING + i;
    master.add(targetTask(master, MOVING + i, port, `/${vip}:80`));
    master.kill(`fresh-${i}`);
    waits.push(reached(addresses.get(vip), port));
    await sleep(Math.max(0, started + ((i + 1) * 1000) / RATE - performance.now()));
  }
  const passed = (performance.now() - started) / 1000;
  const cpu = used().map((value, i) => (value - before[i]) / passed);
  const times = await Promise.all(waits);
  const sorted = times.filter((time) => time !== undefined).sort((a, b) => a - b);
  return {
    changes: times.length,
    missed: times.length - sorted.length,
    milliseconds: [0.5, 0.99, 1].map((part) => percentile(sorted, part)),
    cpu,
  };
}

/** Some clients that connect one after another, each to the next of these places. */
async function connections(places) {
  let [next, good, failures] = [0, 0, 0];
  const started = performance.now();
  const client = async () => {
    while (performance.now() - started < seconds * 1000) {
      const [host, port] = places[next++ % places.length];
      if ((await ask(host, port)) === undefined) failures++;
      else good++;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { count: good, perSecond: (good / (performance.now() - started)) * 1000, failures };
}

function clusterOf(leader) {
  const size = { vips: VIPS, tasks: VIPS * TARGETS, agents: hosts.length };
  const { state, tasks } = stateOfVips(size, leader, (index) => FIRST_PORT + Math.floor(index / TARGETS));
  state.slaves.forEach((agent, index) => {
    agent.pid = `slave(1)@${hosts[index]}:5051`;
  });
  tasks.forEach((task, index) => {
    task.slave_id = state.slaves[index % hosts.length].id;
  });
  return state;
}

/** The list, which is there a moment after the names. */
async function listOf({ httpport }) {
  for (;;) {
    const list = await (await fetch(`http://127.0.0.1:${httpport}/v1/vips`)).json();
    if (list.length > 0) return list;
    await sleep(100);
  }
}

async function measure() {
  // First: the node tries targets of what has been connected to, which would be all.
  const moved = await changes(master, node, addresses);
  const steady = [...addresses].filter(([name]) => name.startsWith("vip-")).map(([, address]) => [address, 80]);
  const straight = steady.map((_, i) => [hosts[i % hosts.length], FIRST_PORT + i]);
  await connections(straight.slice(0, CLIENTS));
  const direct = await connections(straight);
  const isHaproxy = dataPlane === "haproxy";
  const before = isHaproxy ? node.haproxySeconds() : 0;
  const carried = await connections(steady);
  const haproxyCpu = isHaproxy ? ((node.haproxySeconds() - before) / carried.count) * 1000 : undefined;
  return { direct, carried, haproxyCpu, moved };
}

const last = FIRST_MOVING_PORT + MOVING + RATE * seconds;
const ranges = [`${FIRST_PORT}-${FIRST_PORT + VIPS - 1}`, `${FIRST_MOVING_PORT}-${last}`];
const targets = fork(new URL("./vip-targets.mjs", import.meta.url), ranges);
await once(targets, "message");
const master = await startLiveMaster(clusterOf);
for (let i = 0; i < MOVING; i++) master.add(targetTask(master, i, FIRST_MOVING_PORT + i, `/moving-${i}:80`));
const server = await startServer(master, { vips: { names: true, ipv4Range }, refreshSeconds: 3600 });
await firstAnswer(server.port, "leader.mesos");
const list = await listOf(server);
const addresses = new Map(list.map(({ vip, address }) => [vip.split(".")[0], address]));
const node = await startNode(server, { dataPlane, ipv4Range });
try {
  const start = await node.carries(list.length);
  await sleep(3_000);
  process.stdout.write(`${JSON.stringify({ start, ...(await measure()) })}\n`);
} finally {
  await node.stop();
  await server.stop();
  master.stop();
  targets.disconnect();
}

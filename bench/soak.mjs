/** Minutes of valid and hostile traffic at once: nothing may crash, and nothing may grow. */
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { firstAnswer, median, mixesOf } from "./lib/client.mjs";
import { datagrams, idlers, pipeliners, resets, slowReaders, slowWriters } from "./lib/hostile.mjs";
import { createRandom } from "./lib/random.mjs";
import { report, round, table } from "./lib/report.mjs";
import { startMaster, startServer } from "./lib/server.mjs";
import { stateBody } from "./lib/state.mjs";

const TASKS = 10_000;
const MINUTES = Number(process.env.SOAK_MINUTES ?? 10);
const CONNECTIONS = 5_000;
const SAMPLE_MS = 10_000;
/** The part of the time before the first sample that counts. */
const WARM_UP = 0.3;

function sample(server) {
  return { rss: server.memory().rss, descriptors: readdirSync(`/proc/${server.pid}/fd`).length };
}

/** Everything at once to a server with this UDP engine. @returns its part of the report */
async function soak(udpEngine) {
  const master = await startMaster();
  const states = [0, 1].map((generation) => stateBody(TASKS, master.address, generation));
  master.serve(states[0]);
  const tcp = { maxConnections: 8000, maxConnectionsPerClient: 8000, idleSeconds: 30, stalledSeconds: 5 };
  const server = await startServer(master, { refreshSeconds: 5, tcp, udpEngine });
  await firstAnswer(server.port, "leader.mesos");
  const entries = (await mixesOf(server.httpport))["mixed (2 A, SRV, NXDOMAIN)"];
  const random = createRandom(0x5eed);
  const tally = { asked: 0, answered: 0, pipelined: 0, resets: 0, opened: 0, idle: 0 };
  const cleanups = [];
  let turn = 0;
  const turns = setInterval(() => master.serve(states[++turn % 2]), 5000);
  datagrams(server.port, entries, random, tally, cleanups);
  pipeliners(server.port, entries, random, tally, cleanups);
  slowWriters(server.port, cleanups);
  slowReaders(server.port, cleanups);
  resets(server.port, random, tally, cleanups);
  idlers(server.port, CONNECTIONS, tally, cleanups);
  const samples = [];
  for (let i = 0; i < (MINUTES * 60_000) / SAMPLE_MS; i++) {
    await sleep(SAMPLE_MS);
    samples.push({ ...sample(server), idle: tally.idle });
  }
  for (const cleanup of cleanups) cleanup();
  clearInterval(turns);
  await sleep(40_000); // what was left alone is closed by now
  const after = sample(server);
  const metrics = await (await fetch(`http://127.0.0.1:${server.httpport}/metrics`)).text();
  const failures = Number(/^mesos_dns_answer_failures_total (\d+)/m.exec(metrics)?.[1]);
  await server.stop();
  master.stop();
  return [`## ${udpEngine}`, ...tablesOf(samples, after, tally, failures, server.log())];
}

function tablesOf(samples, after, tally, failures, log) {
  const counted = samples.slice(Math.floor(samples.length * WARM_UP));
  const third = Math.floor(counted.length / 3);
  const part = (from, to) => {
    const chosen = counted.slice(from, to);
    return [median(chosen.map((s) => s.rss)), median(chosen.map((s) => s.descriptors))];
  };
  const [early, late] = [part(0, third), part(-third)];
  const growth = (i) => `${round((late[i] / early[i] - 1) * 100, 1)} %`;
  const rows = [
    ["resident memory, MB", round(early[0]), round(late[0]), growth(0), round(after.rss)],
    ["descriptors", round(early[1]), round(late[1]), growth(1), round(after.descriptors)],
  ];
  const did = [
    ["UDP questions / responses to them and to mutilated ones", `${round(tally.asked)} / ${round(tally.answered)}`],
    ["answers to pipelined TCP queries", round(tally.pipelined)],
    ["connections reset or cut off", round(tally.resets)],
    ["connections opened and left alone", round(tally.opened)],
    ["most of them at one time", round(Math.max(...samples.map((s) => s.idle)))],
    ["exceptions in the answer path", round(failures)],
    ["errors in the log", round(log.split("\n").filter((line) => /"level":"(error|fatal)"/.test(line)).length)],
  ];
  return [table(["", "first third", "last third", "growth", "afterwards"], rows), table(["what was done", ""], did)];
}

export async function benchSoak() {
  const sections = await Promise.all(["batch", "dgram"].map(soak));
  const how = `${MINUTES} minutes, a server with each UDP engine, both at the same time; ${round(TASKS)} tasks, of which one in a hundred changes every 5 s. Medians of the first and last third after ${WARM_UP * 100} % of warm-up, and 40 s after the last client left.`;
  report("soak", "Soak", [how, ...sections.flat()]);
}

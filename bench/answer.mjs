/** The pure answer function: no sockets, one thread. */

import { Answerer } from "../dist/answer/answer.js";
import { Request } from "../dist/answer/request.js";
import { createRandom } from "../dist/base/random.js";
import { ZoneRecords } from "../dist/build/zone-records.js";
import { UDP } from "../dist/serving/channels.js";
import { readState } from "../dist/sources/mesos/state.js";
import { ClusterFacts } from "../dist/views/facts.js";
import { viewsOf } from "../dist/views/views.js";
import { Cookies } from "../dist/wire/cookies.js";
import { apexesOf } from "../dist/zone/apex.js";
import { compileZones } from "../dist/zone/compile.js";
import { recordsOf } from "../dist/zone/dump.js";
import { Snapshot } from "../dist/zone/snapshot.js";
import { createBuilder } from "./lib/builder.mjs";
import { question } from "./lib/client.mjs";
import { report, round, table } from "./lib/report.mjs";
import { stateBody } from "./lib/state.mjs";

const TASKS = 10_000;
const ROUNDS = 5;
const ANSWERS = 2_000_000;
const DOMAIN = "mesos";
const SEED = 1;
const CLIENT = { octets: Uint8Array.of(192, 0, 2, 77), mayQuery: true, mayRecurse: true };

function snapshotOf(tasks) {
  const cluster = readState(stateBody(tasks, "127.0.0.1:5050"));
  const { config } = createBuilder({
    MESOS_DNS_DOMAIN: DOMAIN,
    MESOS_DNS_MASTERS: "127.0.0.1:5050",
    MESOS_DNS_REVERSE: "false",
  });
  const zones = new ZoneRecords(viewsOf(config), SEED);
  const nameServers = [{ name: config.SOAMname, addresses: [] }];
  const { IPSources: ipSources, records } = config;
  zones.fill(new ClusterFacts({ cluster, masters: [], nameServers, resolved: new Map(), ipSources, records }));
  const { shards } = compileZones(zones.contents);
  const apexes = apexesOf(zones.zones, 1);
  const all = shards.map((memory, index) => [index, memory]);
  return Snapshot.empty(apexes).with({ generation: 1, seed: SEED, apexes, ready: true, shards: all });
}

function mixes(snapshot) {
  const names = { A: new Set(), SRV: new Set() };
  for (const { name, type } of recordsOf(snapshot)) {
    if (type === 1) names.A.add(name.slice(0, -1));
    if (type === 33) names.SRV.add(name.slice(0, -1));
  }
  const a = [...names.A].map((name) => question(name, "A"));
  const srv = [...names.SRV].map((name) => question(name, "SRV"));
  const absent = [...names.A].map((name) => question(`absent-${name}`, "A"));
  const mixed = a.flatMap((entry, i) => [entry, a[(i * 7) % a.length], srv[i % srv.length], absent[i]]);
  return { "A (positive)": a, "SRV with glue": srv, NXDOMAIN: absent, "mixed (2 A, SRV, NXDOMAIN)": mixed };
}

function measure(answerer, messages) {
  const request = new Request(UDP, new Uint8Array(4096));
  const before = process.cpuUsage();
  for (let i = 0; i < ANSWERS; i++) {
    const message = messages[i % messages.length];
    request.set(message, message.length, CLIENT);
    answerer.answer(request);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / ANSWERS;
}

export function benchAnswer() {
  const snapshot = snapshotOf(TASKS);
  const policy = {
    maxUdpPayload: 1232,
    setTruncateBit: true,
    recursionAvailable: true,
    forwarding: false,
    identity: { version: undefined, id: undefined },
    cookies: new Cookies(new Uint8Array(16)),
  };
  const answerer = new Answerer({ snapshot, policy, random: createRandom(1), clock: () => 0 });
  const rows = Object.entries(mixes(snapshot)).map(([mix, messages]) => {
    const micros = Array.from({ length: ROUNDS }, () => measure(answerer, messages)).sort((a, b) => a - b);
    const median = micros[Math.floor(ROUNDS / 2)];
    return [mix, round(1e6 / median), round(median, 3), round(micros[0], 3), round(micros.at(-1), 3)];
  });
  const header = ["mix", "answers/s (one thread)", "CPU µs per answer, median", "min", "max"];
  const how = `${round(TASKS)} tasks; ${ROUNDS} rounds of ${round(ANSWERS)} answers, questions with EDNS.`;
  report("answer", "The answer function alone", [how, table(header, rows)]);
}

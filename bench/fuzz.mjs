/** Millions of hostile datagrams through the batch engine: nothing may throw, crash, or write where it should not. */
import { setTimeout as sleep } from "node:timers/promises";
import packet from "dns-packet";
import { AF_INET, SOCK_DGRAM, SOCK_NONBLOCK } from "../dist/transport/batch/abi.js";
import { Datagrams, socketAddress } from "../dist/transport/batch/datagrams.js";
import { Outbox } from "../dist/transport/batch/outbox.js";
import { loadSystem } from "../dist/transport/batch/system.js";
import { firstAnswer, mixesOf, question } from "./lib/client.mjs";
import { createRandom } from "./lib/random.mjs";
import { report, round, table } from "./lib/report.mjs";
import { startMaster, startServer } from "./lib/server.mjs";
import { stateBody } from "./lib/state.mjs";

const MESSAGES = Number(process.env.FUZZ_MESSAGES ?? 10_000_000);
const SEED = Number(process.env.FUZZ_SEED ?? 20261121);
const BATCH = 64;
/** Sent ahead of what the server has read, at most: what its receive buffer holds. */
const AHEAD = 2_000;
const SIZE = 1500;
const DECODED = 50;

/** Questions with every EDNS option that there is a meaning for, and some of names that exist. */
function corpusOf(entries) {
  const option = (code, length) => ({ code, data: Buffer.alloc(length, code) });
  const options = [
    [],
    [option(10, 8)],
    [option(10, 24)],
    [option(3, 0)],
    [option(9, 0)],
    [option(11, 0)],
    [option(8, 7)],
  ];
  return entries.flatMap(([name, type], i) => {
    const additionals = [
      { type: "OPT", name: ".", udpPayloadSize: 512 + (i % 4) * 512, flags: 0, options: options[i % 7] },
    ];
    const asked = { type: "query", id: i, flags: 256, questions: [{ name, type }], additionals };
    return [packet.encode(asked), question(name, type)];
  });
}

/** Writes a mutated question, or noise, and returns its length. */
function mutate(out, corpus, random) {
  const kind = random() % 16;
  const from = corpus[random() % corpus.length];
  let length = from.length;
  out.set(from);
  if (kind === 0) {
    length = random() % SIZE;
    for (let i = 0; i < length; i++) out[i] = random();
  } else if (kind === 1) length = random() % from.length;
  else if (kind === 2) {
    const more = random() % (SIZE - length);
    for (let i = 0; i < more; i++) out[length++] = random();
  } else for (let changes = random() % 8; changes > 0; changes--) out[random() % length] = random();
  return length;
}

/** Datagrams that the server has read so far, answered or not. */
async function readBy({ httpport }) {
  const text = await (await fetch(`http://127.0.0.1:${httpport}/metrics`)).text();
  const sum = (name) =>
    Array.from(text.matchAll(new RegExp(`^${name}\\{transport="udp".*\\} (\\d+)`, "gm")), ([, n]) => Number(n)).reduce(
      (total, n) => total + n,
      0,
    );
  const one = (name) => Number(new RegExp(`^${name} (\\d+)`, "m").exec(text)?.[1]);
  return {
    read: sum("mesos_dns_responses_total") + sum("mesos_dns_requests_dropped_total"),
    failures: one("mesos_dns_answer_failures_total"),
    dropped: one("mesos_dns_udp_receive_drops_total"),
  };
}

/** Sends and looks at answers until the server has read as many messages as are asked for. */
async function attack(server, corpus) {
  const system = loadSystem();
  const random = createRandom(SEED);
  const fd = system.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  const addressOf = (memory) => system.addressOf(memory);
  const outbox = new Outbox(system, fd, new Datagrams(BATCH, SIZE, false, addressOf));
  const answers = new Datagrams(BATCH, 4096, false, addressOf);
  const address = socketAddress(Uint8Array.of(127, 0, 0, 1), server.port);
  const origin = Uint32Array.of(address.length, 0, ...new Uint32Array(address.buffer));
  const counts = { sent: 0, answered: 0, decoded: 0, wrong: 0 };
  let state = await readBy(server);
  while (state.read < MESSAGES) {
    for (let i = 0; i < AHEAD; i++) outbox.answerTo(mutate(outbox.next, corpus, random), origin);
    outbox.flush();
    counts.sent += AHEAD;
    for (let waits = 0; waits < 3; waits++) {
      drain(system, fd, answers, counts);
      await sleep(1);
    }
    if (counts.sent % (AHEAD * 100) === 0) state = await readBy(server);
  }
  system.close(fd);
  return { ...counts, ...state };
}

function drain(system, fd, answers, counts) {
  for (;;) {
    const count = system.recvmmsg(fd, answers.headers, BATCH, 0, 0);
    if (count <= 0) return;
    for (let i = 0; i < count; i++) {
      const octets = answers.data[i].subarray(0, answers.length(i));
      answers.prepare(i);
      counts.answered++;
      if (octets.length < 12 || (octets[2] & 0x80) === 0 || octets.length > 1232) counts.wrong++;
      if (counts.answered % DECODED !== 0) continue;
      counts.decoded++;
      try {
        packet.decode(Buffer.from(octets));
      } catch {
        counts.wrong++;
      }
    }
  }
}

export async function benchFuzz() {
  const master = await startMaster();
  master.serve(stateBody(1_000, master.address));
  const server = await startServer(master, {
    refreshSeconds: 3600,
    updates: "poll",
    udpEngine: "batch",
    dnsThreads: 1,
  });
  try {
    await firstAnswer(server.port, "leader.mesos");
    const corpus = corpusOf((await mixesOf(server.httpport))["mixed (2 A, SRV, NXDOMAIN)"].slice(0, 500));
    const before = server.memory().rss;
    const counts = await attack(server, corpus);
    await firstAnswer(server.port, "leader.mesos");
    const after = server.memory().rss;
    await server.stop();
    const complaints = server
      .log()
      .split("\n")
      .filter((line) => /"level":"(warn|error|fatal)"/.test(line));
    const rows = [
      ["datagrams that the server read", round(counts.read)],
      ["answers looked at", `${round(counts.answered)}, of which ${round(counts.decoded)} decoded by dns-packet`],
      ["answers that were none", round(counts.wrong)],
      ["exceptions on the answer path", round(counts.failures)],
      ["resident memory before and after, MB", `${round(before)}, ${round(after)}`],
      ["lines of trouble in the log, guard octets included", complaints.length === 0 ? "0" : complaints.join(" ")],
    ];
    const how = `Questions mutated, cut off and with octets appended, and noise, sent by the batch (seed ${SEED}) to the running server.`;
    report("fuzz-datagrams", "Hostile datagrams through the batch engine", [how, table(["", ""], rows)]);
  } finally {
    master.stop();
  }
}

import { createSocket } from "node:dgram";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import packet from "dns-packet";
import { expect, it, onTestFinished } from "vitest";
import { createRandom } from "../../src/base/random.js";
import { askTcp, askUdp, framed } from "../support/ask.js";
import { encodeQuery, lines } from "../support/dns.js";
import { startMaster, startServer, webAt } from "../support/scenario.js";
import type { Server } from "../support/server.js";
import { until } from "../support/wait.js";
import { type Fuzz, mutate, randomMessage } from "../wire/mutate.js";

const SEED = Number(process.env.FUZZ_SEED ?? 0x5eed);
const DATAGRAMS = Number(process.env.HOSTILE_DATAGRAMS ?? 100_000);
/** Sent at one go: what a receive buffer surely holds. */
const AT_ONCE = 100;
const CONNECTIONS = 400;
const RECORD = "web.marathon.mesos 60 A 192.0.2.10";

function fuzz(): Fuzz {
  const types = ["A", "AAAA", "SRV", "SOA", "NS", "ANY", "PTR"];
  const names = [
    "web.marathon.mesos",
    "_web._tcp.marathon.mesos",
    "mesos",
    "leader.mesos",
    "absent.mesos",
    "example.com",
  ];
  const corpus = names.flatMap((name) =>
    types.flatMap((type) => [encodeQuery(name, { type }), encodeQuery(name, { type, edns: 1232 })]),
  );
  return { random: createRandom(SEED), corpus };
}

/** Sends mutilated questions and noise; returns what of the answers is none. */
async function sendDatagrams({ host, port }: Server, source: Fuzz): Promise<string[]> {
  const socket = createSocket("udp4");
  onTestFinished(() => {
    socket.close();
  });
  const faults: string[] = [];
  socket.on("message", (answer) => {
    try {
      if (packet.decode(answer).type !== "response") faults.push(answer.toString("hex"));
    } catch {
      faults.push(answer.toString("hex"));
    }
  });
  for (let sent = 0; sent < DATAGRAMS; sent += AT_ONCE) {
    for (let i = 0; i < AT_ONCE; i++) socket.send(i % 8 === 0 ? randomMessage(source) : mutate(source), port, host);
    await new Promise((resolve) => setImmediate(resolve));
    if (sent % (100 * AT_ONCE) === 0)
      expect(lines((await askUdp({ host, port }, "web.marathon.mesos")).answers)).toEqual([RECORD]);
  }
  return faults;
}

/** Connections that say something wrong, half of something, or nothing at all, and are reset or left alone. */
async function misuseConnections({ host, port }: Server, source: Fuzz): Promise<void> {
  for (let i = 0; i < CONNECTIONS; i++) {
    const socket = connect({ host, port });
    socket.on("error", () => {});
    onTestFinished(() => {
      socket.destroy();
    });
    const message = framed(mutate(source));
    if (i % 4 === 0) message.writeUInt16BE(source.random() & 0xffff, 0);
    if (i % 4 !== 1) socket.write(message.subarray(0, i % 4 === 2 ? source.random() % message.length : message.length));
    if (i % 2 === 0) setImmediate(() => socket.resetAndDestroy());
    if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function descriptorsOf(server: Server): number {
  return readdirSync(`/proc/${server.child.pid}/fd`).length;
}

it("hostile datagrams and connections cost nobody else an answer, raise no exception and leave nothing open", async () => {
  const master = await startMaster(webAt("192.0.2.10"));
  const server = await startServer([master], { tcp: { idleSeconds: 1, stalledSeconds: 1 } });
  const before = descriptorsOf(server);
  const source = fuzz();
  const [faults] = await Promise.all([sendDatagrams(server, source), misuseConnections(server, source)]);
  expect(faults).toEqual([]);
  expect(lines((await askUdp(server, "web.marathon.mesos")).answers)).toEqual([RECORD]);
  expect(lines((await askTcp(server, "web.marathon.mesos")).answers)).toEqual([RECORD]);
  expect(await server.metric("mesos_dns_answer_failures_total")).toBe(0);
  await until("closed connections", async () => descriptorsOf(server) <= before);
  // Guard octets around what the kernel writes to are looked at when the engine stops, and told of in the log.
  await server.stop();
  expect(server.log.filter(({ level }) => level !== "info")).toEqual([]);
});

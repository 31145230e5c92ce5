import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import { UdpLink } from "../../../src/forward/udp-link.js";
import { until } from "../../support/wait.js";
import { handles, Probe, ProbeParts, replyTo } from "./probe.js";

const HAS_IPV6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));
const HOST = "127.0.0.1";

type Say = (reply: Uint8Array, from?: Socket) => void;
type Script = (query: Buffer, say: Say, remote: RemoteInfo) => void;

const cleanups: (() => void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  await until("all sockets to close", () => handles("UDPWrap") === 0);
});

/** An upstream that replies by a script. */
class Peer {
  readonly queries: Buffer[] = [];
  readonly ports = new Set<number>();
  readonly socket: Socket;

  private constructor(host: string, script: Script) {
    this.socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    this.socket.on("message", (query, remote) => {
      this.queries.push(query);
      this.ports.add(remote.port);
      const say: Say = (reply, from = this.socket) => from.send(reply, remote.port, remote.address);
      script(query, say, remote);
    });
  }

  static async start(script: Script, host = HOST, port = 0): Promise<Peer> {
    const peer = new Peer(host, script);
    await new Promise<void>((resolve) => peer.socket.bind(port, host, resolve));
    cleanups.push(() => peer.stop());
    return peer;
  }

  get port(): number {
    return this.socket.address().port;
  }

  stop(): void {
    this.stop = () => undefined;
    this.socket.close();
  }
}

const answering: Script = (query, say) => say(replyTo(query));
const silent: Script = () => undefined;

function linkTo(port: number, options: { sockets?: number; host?: string } = {}) {
  const parts = new ProbeParts();
  const link = new UdpLink({ ...parts, server: { host: options.host ?? HOST, port }, ...options });
  cleanups.push(() => link.close());
  const send = (probe = new Probe()) => {
    link.send(probe);
    return probe;
  };
  return { parts, link, send };
}

describe("a query", () => {
  test("gets its reply and the round-trip time", async () => {
    const { parts, link, send } = linkTo(
      (await Peer.start((query, say) => say(replyTo(query, () => parts.time++)))).port,
    );
    const probe = send();
    expect(link.inFlight).toBe(1);
    const reply = replyTo(probe.query);
    expect(await probe.outcome).toMatchObject({ reply: Buffer.from(reply), caseKept: true, milliseconds: 1 });
    expect(link.inFlight).toBe(0);
  });

  test("has a random id, and one of many ports", async () => {
    const peer = await Peer.start(answering);
    const { send } = linkTo(peer.port);
    const probes: Probe[] = [];
    // A few at a time, as the peer's receive buffer does not hold all of them.
    for (let batch = 0; batch < 10; batch++) {
      const some = Array.from({ length: 40 }, () => send());
      await Promise.all(some.map((probe) => probe.reply()));
      probes.push(...some);
    }
    expect(peer.ports.size).toBe(16);
    const ids = probes.map(({ id }) => id);
    expect(new Set(ids).size).toBeGreaterThan(380);
    expect(new Set(ids.map((id, i) => (id - (ids[i - 1] ?? 0)) & 0xffff)).size).toBeGreaterThan(380);
  });

  test("has an id that no other query in flight on its socket has, whatever the random numbers are", async () => {
    const peer = await Peer.start(silent);
    const { link } = linkTo(peer.port);
    link.close();
    const same = new UdpLink({ ...new ProbeParts(), random16: () => 0xffff, server: { host: HOST, port: peer.port } });
    cleanups.push(() => same.close());
    const probes = Array.from({ length: 3 }, () => new Probe());
    for (const probe of probes) same.send(probe);
    expect(probes.map(({ id }) => id)).toEqual([0xffff, 0, 1]);
    await until("all to come, with the ids they were given", () => peer.queries.length === 3);
    expect(peer.queries.map((query) => query.readUInt16BE(0))).toEqual([0xffff, 0, 1]);
  });

  test("gets its own reply if replies arrive in another order", async () => {
    const held: (() => void)[] = [];
    const { send, parts } = linkTo((await Peer.start((query, say) => held.push(() => say(replyTo(query))))).port);
    const probes = Array.from({ length: 50 }, (_, i) => send(new Probe(`host-${i}.example.com`)));
    await until("all to come", () => held.length === 50);
    for (const release of held.reverse()) release();
    for (const probe of probes) expect(Buffer.compare(await probe.reply(), replyTo(probe.query))).toBe(0);
    expect(parts.counted).toEqual({});
  });

  test.skipIf(!HAS_IPV6)("can be sent over IPv6", async () => {
    const { port } = await Peer.start(answering, "::1");
    const { send } = linkTo(port, { host: "::1" });
    expect(Buffer.isBuffer(await send().reply())).toBe(true);
  });
});

describe("of messages from an upstream,", () => {
  test.each<[string, object, (query: Buffer) => Uint8Array]>([
    ["one with another id", { unexpected: 1 }, (query) => replyTo(query, (reply) => (reply[0] ^= 0xff))],
    ["one with another name", { question: 1 }, (query) => replyTo(query, (reply) => (reply[14] ^= 1))],
    ["one with another type", { question: 1 }, (query) => replyTo(query, (reply) => (reply[reply.length - 3] ^= 1))],
    ["one with another opcode", { question: 1 }, (query) => replyTo(query, (reply) => (reply[2] |= 0x20))],
    [
      "one without a question and without an error",
      { question: 1 },
      (query) => replyTo(query, (reply) => (reply[5] = 0)),
    ],
    ["the query itself", { malformed: 1 }, (query) => query],
    ["one shorter than a header", { malformed: 1 }, (query) => replyTo(query).subarray(0, 11)],
    ["an empty one", { malformed: 1 }, () => new Uint8Array()],
  ])("%s is counted as ignored, and the link waits for the reply", async (_, counted, forge) => {
    const { port } = await Peer.start((query, say) => {
      say(forge(query));
      say(replyTo(query));
    });
    const { send, parts } = linkTo(port);
    const probe = send();
    expect(Buffer.compare(await probe.reply(), replyTo(probe.query))).toBe(0);
    expect(parts.counted).toEqual(counted);
  });

  test("a matching one from another port is kept back by the kernel", async () => {
    const other = await Peer.start(silent);
    const { port } = await Peer.start((query, say) => {
      say(
        replyTo(query, (reply) => (reply[3] = 3)),
        other.socket,
      );
      setTimeout(() => say(replyTo(query)), 50);
    });
    const { send, parts } = linkTo(port);
    expect((await send().reply())[3]).toBe(0);
    expect(parts.counted).toEqual({});
  });

  test("a second reply to the same query is counted as unexpected", async () => {
    const { port } = await Peer.start((query, say) => {
      say(replyTo(query));
      say(replyTo(query));
    });
    const { send, parts } = linkTo(port);
    await send().reply();
    await until("the second reply", () => parts.counted.unexpected === 1);
  });
});

test("a reply in another letter case is accepted and marked", async () => {
  const { port } = await Peer.start((query, say) => say(replyTo(query, (reply) => (reply[13] ^= 0x20))));
  expect(await linkTo(port).send().outcome).toMatchObject({ caseKept: false });
});

test("an error without a question is accepted", async () => {
  const { port } = await Peer.start((query, say) =>
    say(replyTo(query, (reply) => reply.set([1, 0, 0], 3)).subarray(0, 12)),
  );
  expect((await linkTo(port).send().reply()).length).toBe(12);
});

describe("on failure,", () => {
  test.each([1, 2, 3])("a closed port fails each of %i queries that were sent to it", async (queries) => {
    const peer = await Peer.start(answering);
    const { port } = peer;
    peer.stop();
    const { link, send } = linkTo(port, { sockets: 1 });
    const probes = Array.from({ length: queries }, () => send());
    for (const probe of probes) expect(await probe.failure()).toBe("connection refused");
    expect(link.inFlight).toBe(0);
    await Peer.start(answering, HOST, port);
    expect(Buffer.isBuffer(await send().reply())).toBe(true);
  });

  test("a port that closes fails the queries in flight, and those sent over the connected socket", async () => {
    const peer = await Peer.start((query, say) => query.length < 40 && say(replyTo(query)));
    const { link, send } = linkTo(peer.port, { sockets: 1 });
    await send(new Probe("a.example.com")).reply();
    const waiting = send(new Probe("a-name-that-gets-no-answer.example.com"));
    await until("the query to come", () => peer.queries.length === 2);
    peer.stop();
    // The first datagram causes the error, and sending the second one reports it.
    const later = [send(), send()];
    expect(link.inFlight).toBe(3);
    for (const probe of [waiting, ...later]) expect(await probe.failure()).toBe("connection refused");
    expect(link.inFlight).toBe(0);
  });

  test("an address that the system refuses fails the query, but not before send() has returned", async () => {
    const { link, send } = linkTo(53, { host: "255.255.255.255" });
    const probe = send();
    expect(probe.isSettled).toBe(false);
    expect(link.inFlight).toBe(1);
    expect(await probe.failure()).toBe("permission denied");
    expect(link.inFlight).toBe(0);
  });

  test("a callback may send another query, or close the link, which forgets the rest", async () => {
    const peer = await Peer.start(answering);
    const { port } = peer;
    peer.stop();
    const { link, send } = linkTo(port, { sockets: 1 });
    const again = new Probe();
    send(new Probe("first.example.com", () => link.send(again)));
    expect(await again.failure()).toBe("connection refused");
    const closing = send(new Probe("closes.example.com", () => link.close()));
    const forgotten = send();
    await closing.outcome;
    await new Promise((resolve) => setImmediate(resolve));
    expect(forgotten.isSettled).toBe(false);
    expect(link.inFlight).toBe(0);
  });
});

describe("as time passes,", () => {
  test("queries sent before a given time are forgotten, and their replies are ignored as unexpected", async () => {
    const held: (() => void)[] = [];
    const { port } = await Peer.start((query, say) => held.push(() => say(replyTo(query))));
    const { link, parts, send } = linkTo(port, { sockets: 1 });
    const old = send();
    await until("the first to come", () => held.length === 1);
    parts.time += 5;
    const young = send();
    link.expire(parts.time);
    expect(link.inFlight).toBe(1);
    await until("both to come", () => held.length === 2);
    for (const release of held) release();
    expect(await young.outcome).toMatchObject({ milliseconds: 0 });
    expect(parts.counted.unexpected).toBe(1);
    expect(old.isSettled).toBe(false);
  });

  test("a socket is replaced after 1,024 queries, and queries in flight on the old one still get their replies", async () => {
    const held: (() => void)[] = [];
    const peer = await Peer.start((query, say) => {
      if (peer.queries.length === 1) held.push(() => say(replyTo(query)));
      else say(replyTo(query));
    });
    const { link, send } = linkTo(peer.port, { sockets: 1 });
    const before = handles("UDPWrap");
    const first = send();
    await until("the first to come", () => held.length === 1);
    const kept = held.splice(0);
    // A few at a time, as the peer's receive buffer does not hold a thousand.
    for (let batch = 0; batch < 33; batch++) {
      const some = Array.from({ length: 31 }, () => send());
      await Promise.all(some.map((probe) => probe.reply()));
    }
    expect(peer.ports.size).toBe(1);
    await send().reply();
    expect(peer.ports.size).toBe(2);
    expect(handles("UDPWrap") - before).toBe(2);
    expect(link.inFlight).toBe(1);
    for (const release of kept) release();
    await first.reply();
    await until("the old socket to close", () => handles("UDPWrap") - before === 1);
  });

  test("a socket is replaced after a minute, however few queries it had", async () => {
    const peer = await Peer.start(answering);
    const { parts, send } = linkTo(peer.port, { sockets: 1 });
    await send().reply();
    parts.time += 59_999;
    await send().reply();
    expect(peer.ports.size).toBe(1);
    parts.time += 1;
    await send().reply();
    expect(peer.ports.size).toBe(2);
  });

  test("a socket without a query for ten seconds is closed", async () => {
    const peer = await Peer.start(answering);
    const { link, parts, send } = linkTo(peer.port, { sockets: 1 });
    const before = handles("UDPWrap");
    await send().reply();
    parts.time += 10_000;
    link.expire(parts.time);
    expect(handles("UDPWrap") - before).toBe(1);
    parts.time += 1;
    link.expire(parts.time);
    await until("the socket to close", () => handles("UDPWrap") === before);
    await send().reply();
    expect(peer.ports.size).toBe(2);
  });
});

test("close() closes all sockets at once, and forgets the queries in flight", async () => {
  const { port } = await Peer.start(silent);
  const { link, send } = linkTo(port);
  const before = handles("UDPWrap");
  const probes = Array.from({ length: 100 }, () => send());
  expect(link.inFlight).toBe(100);
  link.close();
  expect(link.inFlight).toBe(0);
  const late = send();
  expect(link.inFlight).toBe(0);
  await until("all sockets to close", () => handles("UDPWrap") === before);
  link.close();
  link.expire(Infinity);
  expect([...probes, late].some(({ isSettled }) => isSettled)).toBe(false);
});

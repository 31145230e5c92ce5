import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { StreamLink, type TlsOptions } from "../../../src/forward/stream-link.js";
import { framed } from "../../support/ask.js";
import { until } from "../../support/wait.js";
import { type Certificate, certify } from "./authority.js";
import { handles, Probe, ProbeParts, replyTo } from "./probe.js";
import { StreamPeer, type StreamScript } from "./stream-peer.js";

const HAS_IPV6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));
const HOST = "127.0.0.1";

const cleanups: (() => void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  await until("all sockets to close", () => handles("TCPSocketWrap") === 0);
});

async function start(script: StreamScript, options: Parameters<typeof StreamPeer.start>[1] = {}): Promise<StreamPeer> {
  const peer = await StreamPeer.start(script, options);
  cleanups.push(() => peer.stop());
  return peer;
}

function linkTo(port: number, options: { host?: string; tls?: TlsOptions; connections?: number } = {}) {
  const parts = new ProbeParts();
  const { host = HOST, ...others } = options;
  const link = new StreamLink({ ...parts, ...others, now: () => parts.time, server: { host, port } });
  cleanups.push(() => link.close());
  const send = (probe = new Probe()) => {
    link.send(probe);
    return probe;
  };
  return { parts, link, send };
}

const answering: StreamScript = (query, peer) => peer.say(replyTo(query));
const silent: StreamScript = () => undefined;

/** Sends many queries whose names differ. */
const many = (send: (probe: Probe) => Probe, count: number) =>
  Array.from({ length: count }, (_, i) => send(new Probe(`host-${i}.example.com`)));

async function expectTheirOwn(probes: readonly Probe[]): Promise<void> {
  for (const probe of probes) expect(Buffer.compare(await probe.reply(), replyTo(probe.query))).toBe(0);
}

describe("a query", () => {
  test("gets its reply and the round-trip time", async () => {
    const { port } = await start((query, peer) => {
      parts.time += 7;
      peer.say(replyTo(query));
    });
    const { parts, link, send } = linkTo(port);
    const probe = send();
    expect(link.inFlight).toBe(1);
    const reply = replyTo(probe.query);
    expect(await probe.outcome).toMatchObject({ reply, caseKept: true, milliseconds: 7 });
    expect(link.inFlight).toBe(0);
  });

  test("shares a connection with others, and gets its own reply in whatever order replies arrive", async () => {
    const held: Buffer[] = [];
    const peer = await start((query, connection) => {
      if (held.push(query) === 100) connection.say(...held.reverse().map((one) => replyTo(one)));
    });
    const { link, send } = linkTo(peer.port);
    const probes = many(send, 100);
    expect(link.inFlight).toBe(100);
    await expectTheirOwn(probes);
    expect(new Set(probes.map(({ id }) => id)).size).toBe(100);
    expect(peer.connections.length).toBe(1);
    expect(link.inFlight).toBe(0);
  });

  test("is sent over the open connection, later too", async () => {
    const peer = await start(answering);
    const { send } = linkTo(peer.port);
    for (let i = 0; i < 3; i++) await send().reply();
    expect(peer.connections.length).toBe(1);
  });

  test("gets a reply that arrives octet by octet", async () => {
    const { port } = await start(async (query, { socket }) => {
      socket.setNoDelay(true);
      for (const octet of framed(replyTo(query))) {
        socket.write(Uint8Array.of(octet));
        await nextTurn();
      }
    });
    await expectTheirOwn([linkTo(port).send()]);
  });

  test("is sent over a second connection if too many wait on the first, but never over a third", async () => {
    const peer = await start(silent);
    const { link, send } = linkTo(peer.port);
    many(send, 128);
    await until("all to come", () => peer.queries.length === 128);
    expect(peer.connections.length).toBe(1);
    many(send, 400);
    expect(link.inFlight).toBe(528);
    await until("all to come", () => peer.queries.length === 528);
    expect(peer.connections.map(({ queries }) => queries.length)).toEqual([264, 264]);
  });

  test.skipIf(!HAS_IPV6)("can be sent over IPv6", async () => {
    const { port } = await start(answering, { host: "::1" });
    await expectTheirOwn([linkTo(port, { host: "::1" }).send()]);
  });
});

describe("of messages from an upstream,", () => {
  test.each<[string, object, (reply: Uint8Array) => void]>([
    ["one with another id", { unexpected: 1 }, (reply) => (reply[0] ^= 0xff)],
    ["one with another name", { question: 1 }, (reply) => (reply[14] ^= 1)],
    ["one that is a query", { malformed: 1 }, (reply) => (reply[2] &= 0x7f)],
  ])("%s is counted as ignored, and the link waits for the reply", async (_, counted, forge) => {
    const { port } = await start((query, peer) => peer.say(replyTo(query, forge), replyTo(query)));
    const { send, parts } = linkTo(port);
    await expectTheirOwn([send()]);
    expect(parts.counted).toEqual(counted);
  });

  test("a reply in another letter case is accepted and marked", async () => {
    const { port } = await start((query, peer) => peer.say(replyTo(query, (reply) => (reply[13] ^= 0x20))));
    expect(await linkTo(port).send().outcome).toMatchObject({ caseKept: false });
  });

  test.each([0, 1, 11])("one of %i octets makes the link close the connection", async (size) => {
    const peer = await start((_, connection) => connection.say(new Uint8Array(size)));
    const { link, send, parts } = linkTo(peer.port);
    expect(await send().failure()).toBe("what it sends is not DNS");
    expect(parts.counted).toEqual({ malformed: 1 });
    expect(link.inFlight).toBe(0);
    await until("the connection to close", () => peer.connections[0].socket.destroyed);
  });
});

describe("a connection that the upstream closes", () => {
  test("while it is idle is replaced", async () => {
    const peer = await start(answering);
    const { send } = linkTo(peer.port);
    await send().reply();
    const [{ socket }] = peer.connections;
    socket.end();
    await once(socket, "close");
    await expectTheirOwn([send()]);
    expect(peer.connections.length).toBe(2);
  });

  test.each<[string, (socket: Socket) => void]>([
    ["closes", (socket) => socket.end()],
    ["resets", (socket) => socket.resetAndDestroy()],
    ["breaks in the middle of a message", (socket) => socket.end(Uint8Array.of(0, 40, 1, 2, 3))],
  ])("just when queries are sent (it %s) is replaced, and they are sent again", async (_, end) => {
    const peer = await start((query, connection) => {
      if (peer.connections.length > 1 || connection.queries.length === 1) connection.say(replyTo(query));
      else if (connection.queries.length === 4) end(connection.socket);
    });
    const { link, parts, send } = linkTo(peer.port);
    await send().reply();
    parts.time += 5;
    const probes = many(send, 3);
    await expectTheirOwn(probes);
    expect(peer.connections.map(({ queries }) => queries.length)).toEqual([4, 3]);
    expect(link.inFlight).toBe(0);
  });

  test("each time fails a query that was sent twice", async () => {
    const peer = await start((query, connection) => {
      if (query.includes("good")) connection.say(replyTo(query));
      else connection.socket.end();
    });
    const { link, send } = linkTo(peer.port);
    await send(new Probe("good.example.com")).reply();
    expect(await send(new Probe("bad.example.com")).failure()).toBe("the connection was closed");
    expect(peer.queries.length).toBe(3);
    expect(link.inFlight).toBe(0);
  });

  test("each time fails a query that was sent twice, even if others are answered in between", async () => {
    const peer = await start((query, connection) => {
      if (query.includes("good")) connection.say(replyTo(query));
      const hasBad = connection.queries.some((one) => one.includes("bad"));
      if (hasBad && (query.includes("good") || peer.connections.length === 1)) connection.socket.end();
    });
    const { send } = linkTo(peer.port);
    await send(new Probe("good.example.com")).reply();
    const bad = send(new Probe("bad.example.com"));
    await until("it to come again", () => peer.connections[1]?.queries.length === 1);
    await send(new Probe("good.example.com")).reply();
    expect(await bad.failure()).toBe("the connection was closed");
    expect(peer.connections.length).toBe(2);
  });

  test("before any reply fails its queries", async () => {
    const peer = await start((_, { socket }) => socket.end(Uint8Array.of(0, 40, 1, 2, 3)));
    const { link, send } = linkTo(peer.port);
    const probes = many(send, 2);
    for (const probe of probes) expect(await probe.failure()).toBe("the connection was closed");
    expect(peer.connections.length).toBe(1);
    expect(link.inFlight).toBe(0);
  });

  test("with a reset before any reply fails its queries", async () => {
    const { port } = await start((_, { socket }) => socket.resetAndDestroy());
    expect(await linkTo(port).send().failure()).toBe("connection reset by peer");
  });

  test("fails its queries one by one: a callback may send another, or close the link, which forgets the rest", async () => {
    const peer = await start((query, { socket }) => query.includes("end") && socket.end());
    const { link, send } = linkTo(peer.port);
    const again = new Probe("again.example.com");
    const first = send(new Probe("first.example.com", () => link.send(again)));
    const seen: number[] = [];
    const second = send(
      new Probe("second.example.com", () => {
        seen.push(link.inFlight);
        link.close();
      }),
    );
    const third = send(new Probe("end.example.com"));
    await Promise.all([first.failure(), second.failure()]);
    expect(seen).toEqual([2]);
    expect([again.isSettled, third.isSettled, link.inFlight]).toEqual([false, false, 0]);
  });
});

test("a closed port fails all waiting queries, and the link connects again for the next one", async () => {
  const peer = await start(answering);
  const { port } = peer;
  peer.stop();
  const { link, send } = linkTo(port);
  const probes = many(send, 3);
  expect(probes.some(({ isSettled }) => isSettled)).toBe(false);
  for (const probe of probes) expect(await probe.failure()).toBe("connection refused");
  expect(link.inFlight).toBe(0);
  await start(answering, { port });
  await expectTheirOwn([send()]);
});

describe("as time passes,", () => {
  test("queries sent before a given time are forgotten, and their replies are ignored as unexpected", async () => {
    const held: (() => void)[] = [];
    const { port } = await start((query, peer) => held.push(() => peer.say(replyTo(query))));
    const { link, parts, send } = linkTo(port);
    const old = send();
    await until("the first to come", () => held.length === 1);
    parts.time += 5;
    const young = send();
    link.expire(parts.time);
    expect(link.inFlight).toBe(1);
    await until("both to come", () => held.length === 2);
    for (const release of held) release();
    await expectTheirOwn([young]);
    expect(parts.counted).toEqual({ unexpected: 1 });
    expect(old.isSettled).toBe(false);
  });

  test("a query that was sent again expires as if it had been sent once", async () => {
    const peer = await start((query, connection) => {
      if (!query.includes("slow")) connection.say(replyTo(query));
      else if (peer.connections.length === 1) connection.socket.end();
    });
    const { link, parts, send } = linkTo(peer.port);
    await send().reply();
    send(new Probe("slow.example.com"));
    parts.time += 5;
    await until("it to come again", () => peer.connections[1]?.queries.length === 1);
    expect(link.inFlight).toBe(1);
    link.expire(parts.time);
    expect(link.inFlight).toBe(0);
  });

  test("a connection unused for ten seconds is closed", async () => {
    const peer = await start(answering);
    const { link, parts, send } = linkTo(peer.port);
    await send().reply();
    const [{ socket }] = peer.connections;
    parts.time += 10_000;
    link.expire(parts.time);
    await nextTurn();
    expect(socket.destroyed).toBe(false);
    parts.time += 1;
    link.expire(parts.time);
    await once(socket, "close");
    await expectTheirOwn([send()]);
    expect(peer.connections.length).toBe(2);
  });

  test("a connection that has fallen silent takes no more queries, but still receives a late reply", async () => {
    const held: (() => void)[] = [];
    const peer = await start((query, connection) => {
      if (query.includes("slow")) held.push(() => connection.say(replyTo(query)));
      else connection.say(replyTo(query));
    });
    const { link, parts, send } = linkTo(peer.port);
    await send().reply();
    const slow = send(new Probe("slow.example.com"));
    await until("it to come", () => held.length === 1);
    parts.time += 2_999;
    link.expire(0);
    await send().reply();
    expect(peer.connections.length).toBe(1);
    const slower = send(new Probe("slower.example.com"));
    parts.time += 3_000;
    link.expire(0);
    await send().reply();
    expect(peer.connections.length).toBe(2);
    expect(link.inFlight).toBe(2);
    for (const release of held) release();
    await expectTheirOwn([slow, slower]);
    await until("the silent connection to close", () => peer.connections[0].socket.destroyed);
  });

  test("a connection that has fallen silent and breaks fails its queries", async () => {
    const peer = await start((query, connection) => query.includes("slow") || connection.say(replyTo(query)));
    const { link, parts, send } = linkTo(peer.port);
    await send().reply();
    const slow = send(new Probe("slow.example.com"));
    await until("it to come", () => peer.queries.length === 2);
    parts.time += 3_000;
    link.expire(0);
    peer.connections[0].socket.end();
    expect(await slow.failure()).toBe("the connection was closed");
    expect(peer.connections.length).toBe(1);
  });

  test("a connection that has fallen silent is closed when no query waits on it", async () => {
    const peer = await start(silent);
    const { link, parts, send } = linkTo(peer.port);
    send();
    await until("it to come", () => peer.queries.length === 1);
    parts.time += 3_001;
    link.expire(parts.time);
    await until("the connection to close", () => peer.connections[0].socket.destroyed);
    expect(link.inFlight).toBe(0);
  });
});

test("close() closes all connections at once, and forgets the queries in flight", async () => {
  const peer = await start(silent);
  const { link, send } = linkTo(peer.port);
  const probes = many(send, 200);
  await until("both connections to stand", () => peer.connections.length === 2);
  expect(link.inFlight).toBe(200);
  link.close();
  expect(link.inFlight).toBe(0);
  const late = send();
  expect(link.inFlight).toBe(0);
  await until("all sockets to close", () => handles("TCPSocketWrap") === 0);
  link.close();
  link.expire(Number.POSITIVE_INFINITY);
  expect([...probes, late].some(({ isSettled }) => isSettled)).toBe(false);
});

test("close() also closes a connection that is not established yet", async () => {
  const peer = await start(silent);
  const { link, send } = linkTo(peer.port);
  const probe = send();
  link.close();
  await until("the socket to close", () => handles("TCPSocketWrap") === 0);
  expect(probe.isSettled).toBe(false);
});

describe("over TLS", () => {
  let good: Certificate;
  beforeAll(async () => {
    good = await certify("DNS:dns.example,IP:127.0.0.1");
  });
  const trusting = (name: string, certificate = good) => ({ tls: { name, ca: certificate.cert } });

  test.each(["dns.example", "", HOST])(
    'queries are pipelined to an upstream with a certificate for "%s"',
    async (name) => {
      const held: Buffer[] = [];
      const script: StreamScript = (query, connection) => {
        if (held.push(query) === 50)
          connection.say(
            ...held
              .splice(0)
              .reverse()
              .map((one) => replyTo(one)),
          );
      };
      const peer = await start(script, { certificate: good });
      const { link, send } = linkTo(peer.port, trusting(name));
      await expectTheirOwn(many(send, 50));
      await expectTheirOwn(many(send, 50));
      expect(peer.connections.length).toBe(1);
      expect(link.inFlight).toBe(0);
      expect(peer.connections[0].socket).toMatchObject({
        alpnProtocol: "dot",
        servername: name === "dns.example" ? name : false,
      });
    },
  );

  test("queries are not sent to an upstream with a certificate for another name", async () => {
    const peer = await start(answering, { certificate: good });
    const { link, send } = linkTo(peer.port, trusting("other.example"));
    const probes = many(send, 3);
    for (const probe of probes) expect(await probe.failure()).toBe("the certificate is not for other.example");
    expect(link.inFlight).toBe(0);
    await nextTurn();
    expect(peer.queries).toEqual([]);
  });

  test("without a configured name, the certificate has to be for the address", async () => {
    const certificate = await certify("DNS:dns.example");
    const { port } = await start(answering, { certificate });
    expect(await linkTo(port, trusting("", certificate)).send().failure()).toBe("the certificate is not for 127.0.0.1");
  });

  test("queries are not sent to an upstream whose authority is unknown, whatever the environment says", async () => {
    const peer = await start(answering, { certificate: good });
    const { send } = linkTo(peer.port, { tls: { name: "dns.example", ca: undefined } });
    const reason = "no known authority has signed the certificate";
    expect(await send().failure()).toBe(reason);
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    cleanups.push(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED);
    expect(await send().failure()).toBe(reason);
    expect(peer.queries).toEqual([]);
  });

  test("an upstream without TLS fails its queries", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined).resume();
      socket.end("220 a mail server\r\n");
    });
    server.listen(0, HOST);
    await once(server, "listening");
    cleanups.push(() => server.close());
    const { send } = linkTo((server.address() as AddressInfo).port, trusting("dns.example"));
    expect(await send().failure()).toBe("TLS failed: wrong version number");
  });

  test("a connection that the upstream closes when idle is replaced, and its queries are sent again", async () => {
    const peer = await start(
      (query, connection) => {
        if (connection.queries.length === 2) connection.socket.end();
        else connection.say(replyTo(query));
      },
      { certificate: good },
    );
    const { send } = linkTo(peer.port, trusting("dns.example"));
    await send().reply();
    await expectTheirOwn([send()]);
    expect(peer.connections.length).toBe(2);
  });

  test("a connection ends with close_notify, so that it does not look like an attack", async () => {
    const { port } = await start(answering, { certificate: good });
    const pieces: Buffer[] = [];
    let finished = false;
    const tap = createServer((client) => {
      const server = connect(port, HOST);
      client.on("error", () => undefined).on("data", (piece) => pieces.push(piece));
      client.on("end", () => (finished = true));
      client.pipe(server).pipe(client);
      cleanups.push(
        () => client.destroy(),
        () => server.destroy(),
      );
    });
    tap.listen(0, HOST);
    await once(tap, "listening");
    cleanups.push(() => tap.close());
    const { link, send } = linkTo((tap.address() as AddressInfo).port, trusting("dns.example"));
    await send().reply();
    const before = pieces.length;
    link.close();
    await until("the end", () => finished);
    // An encrypted alert of TLS 1.3: two octets of alert, one of type, and 16 of authentication (RFC 8446 §5.2).
    const [alert, ...others] = pieces.slice(before);
    expect([alert[0], alert.readUInt16BE(3), others.length]).toEqual([23, 19, 0]);
  });
});

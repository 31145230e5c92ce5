import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { lines } from "../../support/dns.js";
import { upstreamReply } from "../../support/service.js";
import { answererOf } from "../../support/zone.js";
import { framed, query, start, ZONE } from "./tcp-support.js";

describe("a TCP connection", () => {
  test("accepts messages in any segmentation, down to single octets", async () => {
    const { client } = await start();
    const { socket, received } = await client();
    socket.setNoDelay(true);
    for (const octet of Buffer.concat([query("web.mesos", 1), query("nope.mesos", 2)])) {
      socket.write(Buffer.from([octet]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [first, second] = await received(2);
    expect(lines(first.answers)).toEqual(["web.mesos 60 A 192.0.2.1"]);
    expect(second).toMatchObject({ id: 2, rcode: "NXDOMAIN" });
  });

  test("answers thousands of pipelined queries, in whatever pieces they arrive", async () => {
    const { client } = await start();
    const { socket, received } = await client();
    const all = Buffer.concat(Array.from({ length: 5000 }, (_, id) => query("web.mesos", id)));
    for (let at = 0; at < all.length; at += 7777) socket.write(all.subarray(at, at + 7777));
    const answers = await received(5000);
    expect(answers.map(({ id }) => id)).toEqual(Array.from({ length: 5000 }, (_, id) => id));
  });

  test("sends complete RRsets that no datagram can hold", async () => {
    const { client } = await start();
    const { socket, received } = await client();
    socket.write(query("big.mesos"));
    const [message] = await received(1);
    expect(message.answers).toHaveLength(3000);
  });

  test("lets local answers overtake forwarded ones", async () => {
    const { client, forwarder } = await start();
    const { socket, received } = await client();
    socket.write(Buffer.concat([query("www.example.com", 1), query("web.mesos", 2)]));
    const [first] = await received(1);
    expect(first.id).toBe(2);
    const [{ query: sent, settle }] = forwarder.requests;
    settle(upstreamReply(sent));
    const [, second] = await received(2);
    expect(second.id).toBe(1);
  });

  test.each([0, 1, 11])("closes on a message of %i octets", async (size) => {
    const { client } = await start();
    const { socket, closed } = await client();
    socket.write(framed(Buffer.alloc(size)));
    await closed();
  });

  test("closes on a response, and answers only the queries before it", async () => {
    const { client, forwarder } = await start();
    const { socket, messages, closed } = await client();
    const answer = query("web.mesos", 2);
    answer[4] |= 0x80;
    socket.write(Buffer.concat([query("web.mesos", 1), answer, query("web.mesos", 3), query("www.example.com", 4)]));
    await closed();
    expect(messages.map((message) => message.readUInt16BE(0))).toEqual([1]);
    expect(forwarder.requests).toEqual([]);
  });

  const anAnswer = query("web.mesos", 9);
  anAnswer[4] |= 0x80;

  test.each([
    ["too short", framed(Buffer.alloc(11))],
    ["empty", framed(Buffer.alloc(0))],
    ["a response", anAnswer],
  ])("answers queries before a message that is %s, forwarded ones too, and then closes", async (_what, last) => {
    const { client, forwarder } = await start();
    const { socket, received, messages, closed } = await client();
    socket.write(Buffer.concat([query("www.example.com", 1), query("web.mesos", 2), last, query("web.mesos", 3)]));
    await received(1);
    socket.write(query("web.mesos", 4));
    await sleep(50);
    expect(socket.destroyed).toBe(false);
    const [{ query: sent, settle }] = forwarder.requests;
    settle(upstreamReply(sent));
    await closed();
    expect(messages.map((message) => message.readUInt16BE(0))).toEqual([2, 1]);
  });

  test("closes if an octet now and then keeps a message incomplete", async () => {
    const { client } = await start({ idleMs: 60_000, stalledMs: 100 });
    const { socket, closed } = await client();
    socket.setNoDelay(true);
    const drip = setInterval(() => socket.write(Buffer.from([0])), 10);
    await closed();
    clearInterval(drip);
  });

  test("reads a limited number of queries that wait for upstreams, and continues when they are answered", async () => {
    const { client, forwarder } = await start({ forwards: 3 });
    const { socket, received } = await client();
    socket.write(Buffer.concat(Array.from({ length: 10 }, (_, id) => query(`www${id}.example.com`, id))));
    while (forwarder.requests.length < 3) await sleep(5);
    await sleep(50);
    expect(forwarder.requests).toHaveLength(3);
    for (let i = 0; i < 10; i++) {
      const [{ query: sent, settle }] = forwarder.requests.splice(0, 1);
      settle(upstreamReply(sent));
      await received(i + 1);
    }
  });

  test("answers queries sent before the client closed its side, forwarded ones too", async () => {
    const { client, forwarder } = await start();
    const { socket, received, closed } = await client();
    socket.end(Buffer.concat([query("web.mesos", 1), query("www.example.com", 2)]));
    await received(1);
    const [{ query: sent, settle }] = forwarder.requests;
    settle(upstreamReply(sent));
    const answers = await received(2);
    expect(answers.map(({ id }) => id)).toEqual([1, 2]);
    await closed();
  });

  test("is closed when it is idle, and when a message stays incomplete", async () => {
    const { client } = await start({ idleMs: 40, stalledMs: 20 });
    const idle = await client();
    const unfinished = await client();
    unfinished.socket.write(query("web.mesos").subarray(0, 10));
    await Promise.all([idle.closed(), unfinished.closed()]);
  });

  test("of a client that does not read is closed, and uses little memory until then", async () => {
    const { client, transport } = await start({ unsentBytes: 256 * 1024, stalledMs: 200 });
    const { socket } = await client();
    socket.pause();
    const flood = Buffer.concat(Array.from({ length: 2000 }, (_, id) => query("big.mesos", id)));
    socket.write(flood);
    const before = process.memoryUsage().arrayBuffers;
    while (transport.openConnections > 0) {
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
      await sleep(20);
    }
  });
});

describe("connections", () => {
  test("are limited in all and per client, and accepted again after others have closed", async () => {
    const { client, transport, stats } = await start({ connectionsPerClient: 2 });
    const first = await client();
    await client();
    const third = await client();
    await third.closed();
    expect(stats.connections.refused).toBe(1);
    first.socket.destroy();
    while (transport.openConnections > 1) await sleep(5);
    const fourth = await client();
    fourth.socket.write(query("web.mesos"));
    expect(await fourth.received(1)).toHaveLength(1);
  });
});

test("a client that has reset its connection before it is accepted is not served as somebody else", async () => {
  const answerer = answererOf(ZONE);
  const answer = vi.spyOn(answerer, "answer");
  const { port, client } = await start({}, answerer);
  const octets = JSON.stringify([...query("web.mesos")]);
  const program = `
    const socket = require("node:net").connect(${port}, "127.0.0.1");
    socket.once("connect", () => socket.write(Uint8Array.from(${octets}), () => socket.resetAndDestroy()));`;
  // Meanwhile this process, which has the server, accepts nothing.
  execFileSync(process.execPath, ["-e", program]);
  const { socket, received } = await client();
  socket.write(query("web.mesos"));
  await received(1);
  const clients = answer.mock.calls.map(([request]) => [...request.client.octets].join("."));
  expect(clients).toEqual(["127.0.0.1"]);
});

describe("stopping", () => {
  test("sends outstanding answers and closes", async () => {
    const { client, transport, forwarder } = await start();
    const { socket, received, closed } = await client();
    socket.write(query("www.example.com", 9));
    while (forwarder.requests.length === 0) await sleep(5);
    transport.stop();
    const [{ query: sent, settle }] = forwarder.requests;
    settle(upstreamReply(sent));
    expect(await received(1)).toMatchObject([{ id: 9 }]);
    await closed();
  });
});

import { createSocket, type Socket } from "node:dgram";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { exchangeTcp, exchangeUdp } from "../../../src/forward/exchange.js";
import { encodeQuery } from "../../support/dns.js";
import { upstreamReply } from "../../support/service.js";

const QUERY = encodeQuery("www.example.com", { id: 7 });
const open: (Socket | Server)[] = [];

afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

async function udpServer(answer: (query: Buffer) => Uint8Array[]): Promise<number> {
  const socket = createSocket("udp4");
  open.push(socket);
  socket.on("message", (query, remote) => {
    for (const reply of answer(query)) socket.send(reply, remote.port, remote.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return socket.address().port;
}

async function tcpServer(answer: (message: Buffer) => Uint8Array[] | undefined): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      const pieces = answer(chunk);
      if (!pieces) socket.destroy();
      for (const piece of pieces ?? []) socket.write(piece);
    });
  });
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const request = (port: number, timeoutMs = 2000) => ({
  query: QUERY,
  questionEnd: QUERY.length,
  server: { host: "127.0.0.1", port },
  timeoutMs,
});

const framed = (message: Uint8Array) =>
  Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);

describe("over UDP", () => {
  test("forged and foreign datagrams are passed over until the answer comes", async () => {
    const port = await udpServer((query) => {
      const wrongId = upstreamReply(query);
      wrongId[0] ^= 0xff;
      const wrongQuestion = upstreamReply(query);
      wrongQuestion[14] ^= 1;
      return [Buffer.from("garbage"), wrongId, wrongQuestion, query, upstreamReply(query)];
    });
    expect(Buffer.compare(await exchangeUdp(request(port)), upstreamReply(QUERY))).toBe(0);
  });

  test("silence ends in a timeout that names the resolver", async () => {
    const port = await udpServer(() => []);
    await expect(exchangeUdp(request(port, 50))).rejects.toMatchObject({
      code: "FORWARD_TIMEOUT",
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });

  test("a closed port is noticed at once", async () => {
    const port = await udpServer(() => []);
    open.splice(0)[0].close();
    await expect(exchangeUdp(request(port, 10_000))).rejects.toMatchObject({ code: "FORWARD_NETWORK" });
  });

  test("an address that the system refuses to send to is a network error", async () => {
    const broadcast = { ...request(53), server: { host: "255.255.255.255", port: 53 } };
    await expect(exchangeUdp(broadcast)).rejects.toMatchObject({ code: "FORWARD_NETWORK" });
  });

  test("each query leaves from a port of its own", async () => {
    const ports = new Set<number>();
    const socket = createSocket("udp4");
    open.push(socket);
    socket.on("message", (query, remote) => {
      ports.add(remote.port);
      socket.send(upstreamReply(query), remote.port, remote.address);
    });
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    await Promise.all(Array.from({ length: 10 }, () => exchangeUdp(request(socket.address().port))));
    expect(ports.size).toBe(10);
  });
});

describe("over TCP", () => {
  test("an answer may come in pieces", async () => {
    const port = await tcpServer((chunk) => {
      const reply = framed(upstreamReply(chunk.subarray(2)));
      return [reply.subarray(0, 1), reply.subarray(1, 9), reply.subarray(9)];
    });
    expect(Buffer.compare(await exchangeTcp(request(port)), upstreamReply(QUERY))).toBe(0);
  });

  test("the answer to another question is refused", async () => {
    const port = await tcpServer((chunk) => {
      const reply = upstreamReply(chunk.subarray(2));
      reply[14] ^= 1;
      return [framed(reply)];
    });
    await expect(exchangeTcp(request(port))).rejects.toMatchObject({ code: "FORWARD_BAD_REPLY" });
  });

  test("a connection closed early and a refused one are network errors", async () => {
    const port = await tcpServer(() => undefined);
    await expect(exchangeTcp(request(port))).rejects.toMatchObject({ code: "FORWARD_NETWORK" });
    open.splice(0)[0].close();
    await expect(exchangeTcp(request(port))).rejects.toMatchObject({ code: "FORWARD_NETWORK" });
  });

  test("silence ends in a timeout", async () => {
    const port = await tcpServer(() => []);
    await expect(exchangeTcp(request(port, 50))).rejects.toMatchObject({ code: "FORWARD_TIMEOUT" });
  });
});

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { TRANSPORTS } from "../../../src/serving/query-stats.js";
import { decode } from "../../support/dns.js";
import { upstreamReply } from "../../support/service.js";
import { selfSigned } from "../sources/mesos/certificate.js";
import { query, start } from "./tcp-support.js";

const CERTIFICATE = selfSigned();
/** The beginning of a ClientHello that is never completed. */
const HALF_A_HELLO = Buffer.from("1603010200010001fc0303", "hex");

function startTls(limits: Parameters<typeof start>[0]) {
  return start(limits, undefined, CERTIFICATE);
}

/** A TCP connection without TLS. @param first octets to send at its beginning */
async function open(port: number, first = Buffer.alloc(0)): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }).on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  socket.resume().write(first);
  return socket;
}

/** Resolves when the server has closed the connection. */
function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("end", resolve).once("close", () => resolve()));
}

async function ask(port: number): Promise<unknown> {
  const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false }).on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  socket.write(query("web.mesos"));
  return new Promise((resolve) => {
    socket.once("data", (answer) => resolve(decode(answer.subarray(2)).rcode)).once("close", () => resolve("closed"));
  });
}

describe("a connection for TLS", () => {
  test("is closed when its handshake takes too long: silent, sending single octets, or half closed", async () => {
    const { port, stats } = await startTls({ handshakeMs: 200 });
    const silent = await open(port);
    const dripping = await open(port, HALF_A_HELLO);
    const drip = setInterval(() => dripping.write(Buffer.of(1)), 20);
    const half = await open(port, HALF_A_HELLO);
    dripping.on("end", () => clearInterval(drip));
    half.end();
    await Promise.all([silent, dripping, half].map(gone));
    await expect.poll(() => stats.connections).toEqual({ opened: 3, closed: 3, refused: 0 });
    const tls = TRANSPORTS.indexOf("tls");
    await expect.poll(() => stats.tlsEvents(tls, "failed")).toBe(3);
    expect(stats.tlsEvents(tls, "secured")).toBe(0);
  });

  test("is closed at once if the client sends no TLS handshake", async () => {
    const { port, stats } = await startTls({});
    const socket = await open(port, Buffer.from("GET / HTTP/1.0\r\n\r\n"));
    await gone(socket);
    (await open(port)).resetAndDestroy();
    await expect.poll(() => stats.connections).toEqual({ opened: 2, closed: 2, refused: 0 });
  });

  test("counts for the limits before its handshake is complete", async () => {
    for (const limits of [{ connectionsPerClient: 2 }, { connections: 2 }]) {
      const { port, stats } = await startTls(limits);
      const silent = await open(port);
      await open(port);
      expect(await ask(port)).toBe("closed");
      expect(stats.connections).toEqual({ opened: 2, closed: 0, refused: 1 });
      silent.destroy();
      await expect.poll(() => stats.connections.closed).toBe(1);
      expect(await ask(port)).toBe("NOERROR");
    }
  });

  test("gets answers to queries sent before the client closed its side", async () => {
    const { port, forwarder } = await startTls({});
    const below = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const socket = connectTls({ socket: below, rejectUnauthorized: false });
    onTestFinished(() => void socket.destroy());
    socket.end(query("www.example.com"));
    await expect.poll(() => forwarder.requests.length).toBe(1);
    const [{ query: sent, settle }] = forwarder.requests;
    settle(upstreamReply(sent));
    const [answer] = await once(socket, "data");
    expect(decode(answer.subarray(2)).rcode).toBe("NOERROR");
    await gone(socket);
  });

  test("without a completed handshake does not delay stopping", async () => {
    const { port, transport } = await startTls({});
    const socket = await open(port, HALF_A_HELLO);
    transport.stop();
    expect(transport.openConnections).toBe(0);
    transport.close();
    await gone(socket);
  });
});

import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ApiContext } from "../../../src/http/context.js";
import { startHttp } from "../../../src/http/server.js";
import { selfSigned } from "../sources/mesos/certificate.js";
import { apiOf } from "./support.js";

const CERTIFICATE = selfSigned();
const METRICS = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
const DOH = "POST /dns-query HTTP/1.1\r\nHost: x\r\nContent-Type: application/dns-message\r\n";

/** A server that answers /metrics when the test tells it to. */
async function start({ secure = false, ...changes }: Partial<ApiContext> & { secure?: boolean } = {}) {
  const waiting: (() => void)[] = [];
  const seen = { begun: 0 };
  const metrics = async () => {
    seen.begun++;
    await new Promise<void>((resolve) => waiting.push(resolve));
    return { contentType: "text/plain", body: new TextEncoder().encode(`answer ${seen.begun}\n`) };
  };
  const { api, logged } = apiOf({ metrics, ...changes });
  const certificate = secure ? CERTIFICATE : undefined;
  const server = await startHttp({ api, host: "127.0.0.1", port: 0, certificate });
  onTestFinished(() => server.close());
  return { port: server.port, seen, logged, answerNext: () => waiting.shift()?.() };
}

function collect(socket: Socket): { readonly socket: Socket; text: string } {
  onTestFinished(() => void socket.destroy());
  const received = { socket, text: "" };
  socket
    .on("error", () => undefined)
    .on("data", (chunk) => {
      received.text += chunk;
    });
  return received;
}

function open(port: number, secure: boolean) {
  const plain = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  return collect(secure ? connectTls({ socket: plain, rejectUnauthorized: false }) : plain);
}

/** Long enough for an unwanted event to happen. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 50));

describe.each([
  ["HTTP", false],
  ["HTTP/1.1 over TLS", true],
])("requests that are pipelined over %s", (_name, secure) => {
  test("are answered one at a time, in order, and no longer after their client has left", async () => {
    const { port, seen, answerNext } = await start({ secure });
    const client = open(port, secure);
    client.socket.write(METRICS.repeat(2500));
    await expect.poll(() => seen.begun).toBe(1);
    await settle();
    expect(seen.begun).toBe(1);
    for (let i = 2; i < 5; i++) {
      answerNext();
      await expect.poll(() => seen.begun).toBe(i);
    }
    await expect.poll(() => client.text.match(/answer \d/g)).toEqual(["answer 1", "answer 2", "answer 3"]);
    client.socket.destroy();
    // One more response may begin: only a write reveals that a client has left while there was still data to read.
    for (let i = 0; i < 3; i++) {
      await settle();
      answerNext();
    }
    expect(seen.begun).toBeLessThanOrEqual(5);
  });

  test("do not hold up other connections", async () => {
    const { port, seen } = await start({ secure });
    for (let i = 0; i < 20; i++) open(port, secure).socket.write(METRICS.repeat(2500));
    await expect.poll(() => seen.begun).toBe(20);
    const other = open(port, secure);
    other.socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    await expect.poll(() => other.text).toMatch(/^HTTP\/1.1 200/);
    expect(seen.begun).toBe(20);
  });

  test("may have bodies with a length or in chunks, cut anywhere", async () => {
    const answerOverHttps = async (message: Uint8Array) => message;
    const { port, logged } = await start({ secure, answerOverHttps });
    const bodies = ["a".repeat(12), `b\r\n\r\n${"b".repeat(20_000)}`, "c".repeat(20)];
    const [first, second, third] = bodies;
    const all = [
      `${DOH}Content-Length: ${first.length}\r\n\r\n${first}`,
      `${DOH}Content-Length: ${second.length}\r\n\r\n${second}`,
      "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
      `${DOH}Transfer-Encoding: chunked\r\n\r\n14\r\n${third}\r\n0\r\n\r\n`,
    ].join("");
    for (const size of [all.length, 1000, 7]) {
      const client = open(port, secure);
      client.socket.setNoDelay(true);
      for (let at = 0; at < all.length; at += size) client.socket.write(all.slice(at, at + size));
      await expect.poll(() => client.text.match(/HTTP\/1.1 200/g)).toHaveLength(4);
      await expect.poll(() => client.text).toContain(third);
      const places = [...bodies.slice(0, 2), '{"healthy":true}', third].map((body) => client.text.indexOf(body));
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(places[0]).toBeGreaterThan(0);
    }
    expect(logged).toEqual([]);
  });
});

test("requests are answered even if the client has shut down its side", async () => {
  const { port, answerNext, seen } = await start();
  const client = open(port, false);
  client.socket.end(METRICS.repeat(2));
  for (let i = 1; i < 3; i++) {
    await expect.poll(() => seen.begun).toBe(i);
    answerNext();
  }
  await once(client.socket, "end");
  expect(client.text.match(/answer \d/g)).toEqual(["answer 1", "answer 2"]);
});

describe("an HTTP/2 connection", () => {
  const session = (port: number) => {
    const made = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    onTestFinished(() => made.destroy());
    return made.on("error", () => undefined);
  };

  test("has a limited number of requests in progress at a time", async () => {
    const { port } = await start({ secure: true });
    const [settings] = await once(session(port), "remoteSettings");
    expect(settings.maxConcurrentStreams).toBe(32);
  });

  test("leaves no work behind when it is closed", async () => {
    const { port, seen } = await start({ secure: true });
    const [left, stays] = [session(port), session(port)];
    await Promise.all([left, stays].map((one) => once(one, "remoteSettings")));
    // Requests that arrive in one turn of the event loop begin in later ones.
    const block = performance.now() + 20;
    for (let i = 0; i < 30; i++) left.request({ ":path": "/metrics" }).on("error", () => undefined);
    setImmediate(() => left.destroy());
    while (performance.now() < block);
    const health = stays.request({ ":path": "/healthz" });
    const [headers] = await once(health, "response");
    expect(headers[":status"]).toBe(200);
    await settle();
    expect(seen.begun).toBeLessThan(30);
  });
});

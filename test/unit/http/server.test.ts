import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { type HttpServer, startHttp } from "../../../src/http/server.js";
import { failure } from "../config/support.js";
import { apiOf } from "./support.js";

const servers: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(changes: Parameters<typeof apiOf>[0] = {}, port = 0): Promise<HttpServer> {
  const server = await startHttp({ api: apiOf(changes).api, host: "127.0.0.1", port });
  servers.push(server);
  return server;
}

async function request(port: number, path: string, agent?: Agent): Promise<IncomingMessage> {
  const [response] = await once(get({ host: "127.0.0.1", port, path, ...(agent && { agent }) }), "response");
  return response;
}

test("the API is served on a socket", async () => {
  const { port } = await start();
  const response = await fetch(`http://127.0.0.1:${port}/v1/hosts/leader.mesos`);
  expect(await response.json()).toEqual([{ host: "leader.mesos.", ip: "192.0.2.1" }]);
  const listing = await fetch(`http://127.0.0.1:${port}/v1/axfr`);
  expect(await listing.json()).toMatchObject({ Domain: "mesos" });
  expect((await fetch(`http://127.0.0.1:${port}/v1/hosts/%ff`)).status).toBe(400);
  expect((await fetch(`http://127.0.0.1:${port}/v1/version`, { method: "POST", body: "x" })).status).toBe(405);
});

const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));
test.skipIf(!hasIPv6)("IPv6 works too", async () => {
  const server = await startHttp({ api: apiOf().api, host: "::1", port: 0 });
  servers.push(server);
  expect((await fetch(`http://[::1]:${server.port}/healthz`)).status).toBe(200);
});

test("a port in use is reported in one sentence", async () => {
  const { port } = await start();
  const error = await startHttp({ api: apiOf().api, host: "127.0.0.1", port }).catch((thrown: unknown) => thrown);
  const { code, message } = failure(() => {
    throw error;
  });
  expect(code).toBe("LISTEN_ADDRESS_IN_USE");
  expect(message).toContain(`HTTP 127.0.0.1:${port} is in use`);
});

test("idle connections do not delay closing", async () => {
  const server = await start();
  const agent = new Agent({ keepAlive: true });
  const response = await request(server.port, "/healthz", agent);
  response.resume();
  await once(response, "end");
  const silent = connect(server.port, "127.0.0.1");
  await once(silent, "connect");
  const started = performance.now();
  await server.close();
  expect(performance.now() - started).toBeLessThan(2000);
  agent.destroy();
  silent.destroy();
  servers.splice(0);
});

test("a listing that is not read delays neither closing nor fills memory", async () => {
  let taken = 0;
  async function* endless(): AsyncGenerator<string> {
    for (;;) {
      taken++;
      yield "x".repeat(64 * 1024);
    }
  }
  const server = await start({ enumerate: endless });
  const response = await request(server.port, "/v1/enumerate");
  response.on("error", () => {}); // the server cuts it off below
  response.pause();
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(taken * 64).toBeLessThan(32 * 1024); // what sockets hold; unchecked it would be gigabytes
  const started = performance.now();
  await server.close();
  expect(performance.now() - started).toBeLessThan(2000);
  servers.splice(0);
});

test("a client that hangs up ends its listing", async () => {
  let left = false;
  async function* endless(): AsyncGenerator<string> {
    try {
      for (;;) yield "x".repeat(64 * 1024);
    } finally {
      left = true;
    }
  }
  const { port } = await start({ enumerate: endless });
  const response = await request(port, "/v1/enumerate");
  response.on("error", () => {});
  response.destroy();
  await expect.poll(() => left).toBe(true);
});

/** The response to a raw text, until the server closes the connection or `isDone` returns true. */
async function raw(port: number, text: string, isDone: (answer: string) => boolean = () => false): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    answer += chunk;
    if (isDone(answer)) socket.destroy();
  });
  socket.on("error", () => {});
  socket.write(text);
  await once(socket, "close");
  return answer;
}

test("listings that wait behind others on a connection do not begin, and end with it", async () => {
  let open = 0;
  let begun = 0;
  async function* endless(): AsyncGenerator<string> {
    begun++;
    open++;
    try {
      for (;;) yield "x".repeat(64 * 1024);
    } finally {
      open--;
    }
  }
  const { api, logged } = apiOf({ enumerate: endless });
  const warned: Error[] = [];
  const warn = (warning: Error) => warned.push(warning);
  process.on("warning", warn);
  onTestFinished(() => void process.off("warning", warn));
  const server = await startHttp({ api, host: "127.0.0.1", port: 0 });
  servers.push(server);
  const request = "GET /v1/enumerate HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (let i = 0; i < 20; i++) {
    await raw(server.port, request.repeat(12), () => true);
    await expect.poll(() => open).toBe(0);
  }
  expect(begun).toBe(20);
  expect(warned).toEqual([]);
  expect(logged).toEqual([]);
});

test("a listing that breaks off closes its connection", async () => {
  async function* broken(): AsyncGenerator<string> {
    for (let i = 0; i < 20; i++) {
      yield "x".repeat(64 * 1024);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error("no more");
  }
  const { port } = await start({ enumerate: broken });
  const answer = await raw(port, "GET /v1/enumerate HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect(answer).toMatch(/^HTTP\/1.1 200/);
  expect(answer.endsWith("\r\n0\r\n\r\n")).toBe(false);
});

test("HTTP/1.0 requests without a host are answered, because load balancers send them", async () => {
  const { port } = await start();
  expect(await raw(port, "GET /readyz HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1.1 200 OK/);
  expect(await raw(port, "OPTIONS / HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1.1 405/);
});

test("two hosts in one request are refused", async () => {
  const { port } = await start();
  const hosts = "Host: a.example\r\nhost: b.example\r\n";
  expect(await raw(port, `GET /healthz HTTP/1.1\r\n${hosts}\r\n`)).toMatch(/^HTTP\/1.1 400/);
  const same = "Host: a.example\r\nHost: a.example\r\n";
  expect(await raw(port, `GET /healthz HTTP/1.1\r\n${same}\r\n`)).toMatch(/^HTTP\/1.1 400/);
});

test("requests that break off, or come in chunks, cause no server errors", async () => {
  const seen: Uint8Array[] = [];
  const { api, logged } = apiOf({
    answerOverHttps: async (message) => {
      seen.push(message);
      return Uint8Array.from(message);
    },
  });
  const server = await startHttp({ api, host: "127.0.0.1", port: 0 });
  servers.push(server);
  const head = "POST /dns-query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/dns-message\r\n";
  for (const rest of ["Content-Length: 100\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n20\r\nabc"]) {
    const socket = connect(server.port, "127.0.0.1");
    socket.write(head + rest);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
  }
  const chunked = `${head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n0123456\r\n8\r\n789abcde\r\n0\r\n\r\n`;
  expect(await raw(server.port, chunked)).toMatch(/^HTTP\/1.1 200/);
  const large = `${head}Transfer-Encoding: chunked\r\n\r\n${`4000\r\n${"x".repeat(0x4000)}\r\n`.repeat(5)}0\r\n\r\n`;
  expect(await raw(server.port, large, (answer) => answer.includes("\r\n\r\n"))).toMatch(/^HTTP\/1.1 413/);
  expect(seen.map((message) => Buffer.from(message).toString())).toEqual(["0123456789abcde"]);
  expect(logged).toEqual([]);
});

test("a client with very many connections locks out no client, not even itself", async () => {
  const { port } = await start();
  const silent = Array.from({ length: 600 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  await Promise.all(silent.map((socket) => once(socket, "connect")));
  const started = performance.now();
  for (let i = 0; i < 5; i++) expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  expect(performance.now() - started).toBeLessThan(5000);
  await expect.poll(() => silent.filter((socket) => !socket.closed).length).toBeLessThanOrEqual(128);
  for (const socket of silent) socket.destroy();
});

test("too large headers are refused", async () => {
  const { port } = await start();
  const response = await fetch(`http://127.0.0.1:${port}/healthz`, { headers: { "x-long": "x".repeat(20_000) } });
  expect(response.status).toBe(431);
});

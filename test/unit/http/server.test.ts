import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { afterEach, expect, test } from "vitest";
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

test("a port in use is said in one sentence", async () => {
  const { port } = await start();
  const error = await startHttp({ api: apiOf().api, host: "127.0.0.1", port }).catch((thrown: unknown) => thrown);
  const { code, message } = failure(() => {
    throw error;
  });
  expect(code).toBe("LISTEN_ADDRESS_IN_USE");
  expect(message).toContain(`HTTP 127.0.0.1:${port} is in use`);
});

test("idle connections do not hold up the end", async () => {
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

test("a listing that nobody reads does not hold up the end, nor does it fill memory", async () => {
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

test("headers beyond all measure are refused", async () => {
  const { port } = await start();
  const response = await fetch(`http://127.0.0.1:${port}/healthz`, { headers: { "x-long": "x".repeat(20_000) } });
  expect(response.status).toBe(431);
});

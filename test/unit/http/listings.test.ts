import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { TrustedProxies } from "../../../src/http/client-address.js";
import { ListingPace } from "../../../src/http/listing-pace.js";
import { startHttp } from "../../../src/http/server.js";
import { ManualTimers } from "../../support/timers.js";
import { selfSigned } from "../sources/mesos/certificate.js";
import { apiOf, from } from "./support.js";

/** Endless listings, and the number being sent. */
function endless() {
  const seen = { open: 0 };
  async function* enumerate(): AsyncGenerator<string> {
    seen.open++;
    try {
      for (;;) yield "x".repeat(64 * 1024);
    } finally {
      seen.open--;
    }
  }
  return { seen, enumerate };
}

describe("listings of one address", () => {
  test("are limited to two at a time, so that others get theirs", async () => {
    const { enumerate } = endless();
    const { api } = apiOf({ enumerate });
    const ask = (address: string) => api.request("/v1/enumerate", {}, from(address));
    const [first] = await Promise.all([ask("192.0.2.66"), ask("192.0.2.66")]);
    const third = await ask("192.0.2.66");
    expect([third.status, third.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await third.json()).toEqual({ error: expect.stringMatching(/^2 listings are being sent to this address/) });
    expect((await ask("192.0.2.1")).status).toBe(200);
    await first.body?.cancel();
    expect((await ask("192.0.2.66")).status).toBe(200);
  });

  test("are counted for the client that a trusted proxy names", async () => {
    const { enumerate } = endless();
    const { api } = apiOf({ enumerate, proxies: () => new TrustedProxies(["127.0.0.1/32"]) });
    const ask = async (client: string, peer: string) => {
      const headers = { "x-forwarded-for": client };
      return (await api.request("/v1/enumerate", { headers }, from(peer))).status;
    };
    for (const client of ["192.0.2.1", "192.0.2.2"]) {
      for (const status of [200, 200, 503]) expect(await ask(client, "127.0.0.1")).toBe(status);
    }
    const made = [await ask("192.0.2.3", "192.0.2.9"), await ask("192.0.2.4", "192.0.2.9")];
    expect([...made, await ask("192.0.2.5", "192.0.2.9")]).toEqual([200, 200, 503]);
  });
});

describe("the pace of a client", () => {
  function watched() {
    const timers = new ManualTimers();
    const seen = { slow: 0 };
    const pace = new ListingPace(timers, () => seen.slow++);
    return { timers, seen, pace };
  }

  test("is too slow below 64 KB in 30 seconds, in whatever chunks", () => {
    const { timers, seen, pace } = watched();
    for (let i = 0; i < 20; i++) {
      pace.given(64 * 1024);
      timers.pass(29_000);
      pace.taken();
    }
    for (let i = 0; i < 3; i++) {
      pace.given(16 * 1024);
      timers.pass(9_000);
      pace.taken();
    }
    expect(seen.slow).toBe(0);
    pace.given(8 * 1024);
    timers.pass(2_999);
    expect(seen.slow).toBe(0);
    timers.pass(1);
    expect(seen.slow).toBe(1);
  });

  test("does not include the server's own time", () => {
    const { timers, seen, pace } = watched();
    for (let i = 0; i < 20; i++) {
      pace.given(1024);
      timers.pass(1_000);
      pace.taken();
      timers.pass(60_000);
    }
    expect(seen.slow).toBe(0);
    expect(timers.pending).toBe(0);
  });
});

describe.each([false, true])("a listing that is hardly read (HTTP/2: %s)", (secure) => {
  test("is ended, and makes room for another one", async () => {
    const { seen, enumerate } = endless();
    const timers = new ManualTimers();
    const certificate = secure ? selfSigned() : undefined;
    const { api, logged } = apiOf({ enumerate, timers });
    const server = await startHttp({ api, host: "127.0.0.1", port: 0, certificate });
    onTestFinished(() => server.close());
    const ended = secure ? await askOverHttp2(server.port) : await askOverHttp(server.port);
    await expect.poll(() => timers.pending).toBe(1);
    // By now the buffers on the way are full.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(seen.open).toBe(1);
    timers.pass(30_000);
    await expect.poll(() => seen.open).toBe(0);
    await ended();
    expect(logged).toEqual([]);
  });
});

async function askOverHttp(port: number): Promise<() => Promise<unknown>> {
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  onTestFinished(() => void socket.destroy());
  socket.write("GET /v1/enumerate HTTP/1.1\r\nHost: x\r\n\r\n");
  await once(socket, "readable");
  return () => {
    socket.resume();
    return new Promise((resolve) => socket.once("close", resolve));
  };
}

async function askOverHttp2(port: number): Promise<() => Promise<unknown>> {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false }).on("error", () => undefined);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ":path": "/v1/enumerate" }).on("error", () => undefined);
  await once(stream, "response");
  return () => {
    stream.resume();
    return new Promise((resolve) => stream.once("close", resolve));
  };
}

import { once } from "node:events";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemTimers } from "../../../../src/base/timers.js";
import { CatalogWaits } from "../../../../src/http/catalog/waits.js";
import { startHttp } from "../../../../src/http/server.js";
import { Waiters } from "../../../../src/http/waiting/waiters.js";
import { until } from "../../../support/wait.js";
import { API, marathonWith, web } from "../../catalog/support.js";
import { apiOf } from "../support.js";
import { Followed } from "./support.js";

async function setUp(limits = { all: 300, perAddress: 300 }) {
  const followed = new Followed();
  const { board } = followed;
  const waiters = new Waiters({ board, timers: systemTimers, later: setImmediate, isShared: () => false, limits });
  const waits = new CatalogWaits({ board, waiters, random: () => 0 });
  const { api } = apiOf({ catalog: board });
  const server = await startHttp({ api, waits, host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  const base = `http://127.0.0.1:${server.port}`;
  const waiting = (count: number) => until(`${count} who wait`, () => waiters.size === count);
  return { followed, board, waiters, base, server, waiting };
}

const WEB = "/v1/catalog/services/marathon/web";

describe("a request for the catalogue over HTTP", () => {
  it("with an older index, or none, is answered at once", async () => {
    const { base, board } = await setUp();
    for (const query of ["", "?index=0", "?index=1&wait=10m"]) {
      const response = await fetch(`${base}${WEB}${query}`);
      expect(response.headers.get("x-mesos-dns-index")).toBe(String(board.index));
      expect(await response.json()).toMatchObject({ index: board.index, name: "web" });
    }
  });

  it("with the current index waits for a change of its service", async () => {
    const { base, board, followed, waiting } = await setUp();
    const before = board.index;
    const asked = fetch(`${base}${WEB}?index=${before}&wait=1m`);
    await waiting(1);
    followed.update(marathonWith(web(1), web(2), { ...API, labels: [{ key: "a", value: "b" }] }));
    await sleep(50);
    await waiting(1);
    followed.update(marathonWith(web(1)));
    const response = await asked;
    expect(await response.json()).toMatchObject({ index: board.index, instances: { length: 1 } });
    await waiting(0);
  });

  it("waits also where its path ends in a slash, or names the whole URL as proxies do", async () => {
    const { base, board, waiting } = await setUp();
    const { port } = new URL(base);
    for (const path of ["/v1/catalog/", "/v1/catalog/nodes/", `${WEB}/`, `${base}${WEB}`]) {
      const asked = request({ port, path: `${path}?index=${board.index}&wait=1m` }).end();
      await waiting(1);
      asked.on("error", () => undefined).destroy();
      await waiting(0);
    }
  });

  it("is answered with the unchanged service when its time is over", async () => {
    const { base, board } = await setUp();
    const started = performance.now();
    const response = await fetch(`${base}/v1/catalog/nodes?index=${board.index}&wait=150ms`);
    expect(performance.now() - started).toBeGreaterThan(140);
    expect(await response.json()).toMatchObject({ index: board.index });
  });

  it("with an index that is ahead waits, and gets the lower one", async () => {
    const { base, board } = await setUp();
    const response = await fetch(`${base}${WEB}?index=${board.index + 5}&wait=50ms`);
    expect(await response.json()).toMatchObject({ index: board.index });
  });

  it("waits for a service that does not exist, and gets 404 with an index until it does", async () => {
    const { base, board, followed, waiting } = await setUp();
    const gone = await fetch(`${base}/v1/catalog/services/marathon/hello%2Fv1?index=${board.index}&wait=20ms`);
    expect(gone.status).toBe(404);
    const index = gone.headers.get("x-mesos-dns-index");
    const asked = fetch(`${base}/v1/catalog/services/marathon/hello%2Fv1?index=${index}`);
    await waiting(1);
    followed.update(marathonWith(web(1), { ...API, name: "hello/v1" }));
    expect((await asked).status).toBe(200);
  });

  it.each([
    ["index=x", /^index is "x"/],
    ["index=1&wait=5", /^wait is "5"/],
  ])("with %s is refused with the reason", async (query, reason) => {
    const { base } = await setUp();
    const response = await fetch(`${base}/v1/catalog?${query}`);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error).toMatch(reason);
  });

  it("that is one too many to wait is refused, and still answered without an index", async () => {
    const { base, board, waiting, waiters } = await setUp({ all: 1, perAddress: 1 });
    const first = fetch(`${base}${WEB}?index=${board.index}`);
    await waiting(1);
    const refused = await fetch(`${base}${WEB}?index=${board.index}`);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    expect((await fetch(`${base}${WEB}`)).status).toBe(200);
    waiters.close();
    await first;
  });

  it("ends with its connection", async () => {
    const { base, board, waiting } = await setUp();
    const abandoned = request(`${base}${WEB}?index=${board.index}`);
    abandoned.on("error", () => undefined).end();
    await waiting(1);
    abandoned.destroy();
    await waiting(0);
  });

  it("is answered with old data when the server stops, and its connection ends", async () => {
    const { base, board, waiters, waiting } = await setUp();
    const asked = fetch(`${base}${WEB}?index=${board.index}`);
    await waiting(1);
    waiters.close();
    const response = await asked;
    expect(response.headers.get("connection")).toBe("close");
    expect(await response.json()).toMatchObject({ index: board.index });
  });

  it("is answered 404 with the reason when the catalogue is turned off meanwhile", async () => {
    const { base, board, waiting } = await setUp();
    const asked = fetch(`${base}${WEB}?index=${board.index}`);
    await waiting(1);
    board.configure(false);
    const response = await asked;
    expect(response.status).toBe(404);
    expect(((await response.json()) as { error: string }).error).toMatch(/no catalogue is kept: set "catalog" to true/);
  });

  it("gets a gzipped response if it is large and the client accepts gzip, also after waiting", async () => {
    const { base, followed, board, waiting } = await setUp();
    followed.update(marathonWith(...Array.from({ length: 20 }, (_, i) => web(i))));
    for (const query of ["", `?index=${board.index}`]) {
      const asked = request(`${base}${WEB}${query}`, { headers: { "accept-encoding": "gzip" } }).end();
      if (query !== "") {
        await waiting(1);
        followed.update(marathonWith(...Array.from({ length: 21 }, (_, i) => web(i))));
      }
      const [response] = await once(asked, "response");
      const body = Buffer.concat(await response.toArray());
      expect(response.headers["content-encoding"]).toBe("gzip");
      expect(JSON.parse(gunzipSync(body).toString())).toMatchObject({ index: board.index });
    }
  });

  it("does not lose its connection to new ones", async () => {
    const { base, board, followed, waiting } = await setUp();
    const asked = Array.from({ length: 200 }, () => undefined).map(async (_, i) => {
      await sleep(i * 5);
      return fetch(`${base}${WEB}?index=${board.index}`);
    });
    await waiting(200);
    for (let i = 0; i < 150; i++) await fetch(`${base}/v1/version`);
    await waiting(200);
    followed.update(marathonWith(web(1)));
    const statuses = await Promise.all(asked.map(async (each) => (await each).status));
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});

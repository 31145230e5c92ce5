import { request } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemTimers } from "../../../../src/base/timers.js";
import { startHttp } from "../../../../src/http/server.js";
import { VipBoard, type VipTopic } from "../../../../src/http/vips/board.js";
import { VipWaits } from "../../../../src/http/vips/waits.js";
import { Waiters } from "../../../../src/http/waiting/waiters.js";
import { until } from "../../../support/wait.js";
import { apiOf } from "../support.js";
import { COUNTS } from "./support.js";

async function setUp() {
  const board = new VipBoard(true, systemTimers, () => 5);
  const take = (services: readonly (readonly [string, string])[], isFirst = false) =>
    board.take({ isFirst, services, gone: [], counts: COUNTS });
  take([["a", "1"]], true);
  const waiters = new Waiters<VipTopic>({ board, timers: systemTimers, later: setImmediate, isShared: () => false });
  const waits = new VipWaits({ board, waiters, random: () => 0 });
  const { api } = apiOf({ vips: board });
  const server = await startHttp({ api, waits, host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.close());
  const base = `http://127.0.0.1:${server.port}`;
  const waiting = (count: number) => until(`${count} who wait`, () => waiters.size === count);
  const query = `?wait=1m&etag=${encodeURIComponent(board.list.etag)}`;
  return { board, take, waiters, base, waiting, query };
}

describe("a request that waits for another list of virtual addresses", () => {
  it("waits also where its path ends in a slash, or names the whole URL as proxies do", async () => {
    const { base, waiting, query } = await setUp();
    const { port } = new URL(base);
    for (const path of ["/v1/vips", "/v1/vips/", `${base}/v1/vips`]) {
      const asked = request({ port, path: `${path}${query}` }).end();
      await waiting(1);
      asked.on("error", () => undefined).destroy();
      await waiting(0);
    }
  });

  it("is answered with the new list and its tag", async () => {
    const { base, board, take, waiting, query } = await setUp();
    const asked = fetch(`${base}/v1/vips${query}`);
    await waiting(1);
    take([["b", "2"]]);
    const response = await asked;
    expect(await response.json()).toEqual([1, 2]);
    expect(response.headers.get("etag")).toBe(board.list.etag);
  });

  it("is answered 304 without a body when its time is over, and may be cached by what it accepts", async () => {
    const { base, board } = await setUp();
    const response = await fetch(`${base}/v1/vips?wait=20ms&etag=${encodeURIComponent(board.list.etag)}`);
    expect([response.status, await response.text()]).toEqual([304, ""]);
    expect([response.headers.get("etag"), response.headers.get("vary")]).toEqual([board.list.etag, "accept-encoding"]);
    expect(response.headers.get("content-length")).toBeNull();
  });

  it("is answered when the server stops, and its connection ends", async () => {
    const { base, waiters, waiting, query } = await setUp();
    const asked = fetch(`${base}/v1/vips${query}`);
    await waiting(1);
    waiters.close();
    const response = await asked;
    expect([response.status, response.headers.get("connection")]).toEqual([304, "close"]);
  });

  it("is answered 404 with the reason when virtual addresses are turned off meanwhile", async () => {
    const { base, board, waiting, query } = await setUp();
    const asked = fetch(`${base}/v1/vips${query}`);
    await waiting(1);
    board.configure(false);
    const response = await asked;
    expect(response.status).toBe(404);
    expect(((await response.json()) as { error: string }).error).toMatch(
      /virtual addresses are not served: set "vips"/,
    );
  });
});

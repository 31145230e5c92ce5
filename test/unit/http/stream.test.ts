import { expect, test } from "vitest";
import { politely, textStream } from "../../../src/http/stream.js";
import type { Snapshot } from "../../../src/zone/snapshot.js";
import { snapshotOf } from "../../support/zone.js";
import { apiOf, from } from "./support.js";

const NAMES = 20_000;
const QUIET = {
  onError: () => {},
  onEnd: () => {},
  gone: new AbortController().signal,
  pace: { given: () => {}, taken: () => {} },
};

/** A zone whose listing takes many chunks. */
function largeSnapshot(): Snapshot {
  const lines = Array.from({ length: NAMES }, (_, i) => `task-${i}.marathon.mesos A 192.0.2.${i % 256}`);
  return snapshotOf(lines);
}

/** Endless chunks that count how many were taken, and notice when the reader stops. */
function endless() {
  const seen = { taken: 0, left: false };
  async function* chunks(): AsyncGenerator<string> {
    try {
      for (;;) {
        seen.taken++;
        yield "x".repeat(1000);
      }
    } finally {
      seen.left = true;
    }
  }
  return { seen, chunks };
}

test("a large zone arrives as a whole, in chunks of limited size", async () => {
  const snapshot = largeSnapshot();
  const response = await apiOf({ snapshot: () => snapshot }).api.request("/v1/axfr");
  const sizes: number[] = [];
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    sizes.push(chunk.length);
    text += decoder.decode(chunk, { stream: true });
  }
  expect(Object.keys(JSON.parse(text).Records.As)).toHaveLength(NAMES);
  expect(sizes.length).toBeGreaterThan(10);
  expect(Math.max(...sizes)).toBeLessThan(66 * 1024);
});

test("a zone is pinned while it is sent, and released afterwards or when the client has left", async () => {
  const snapshot = largeSnapshot();
  const { api, pinned } = apiOf({ snapshot: () => snapshot });
  const whole = await api.request("/v1/axfr");
  expect(pinned.now).toBe(1);
  await whole.text();
  expect(pinned.now).toBe(0);
  const left = await api.request("/v1/axfr");
  await left.body?.cancel();
  expect(pinned.now).toBe(0);
});

test("other work has its turn between two chunks", async () => {
  const snapshot = largeSnapshot();
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const response = await apiOf({ snapshot: () => snapshot }).api.request("/v1/axfr");
  await response.text();
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
});

test("a chunk is made only when the client has taken the one before", async () => {
  const { seen, chunks } = endless();
  const stream = await textStream({ ...QUIET, source: chunks() });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen.taken).toBe(1);
  const reader = stream.getReader();
  for (let i = 0; i < 5; i++) await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen.taken).toBe(5);
  await reader.cancel();
});

test("a client that leaves ends the listing", async () => {
  const { seen, chunks } = endless();
  const response = await apiOf({ enumerate: chunks }).api.request("/v1/enumerate");
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  expect(seen.left).toBe(true);
});

test("HEAD does not begin a listing", async () => {
  const { seen, chunks } = endless();
  const response = await apiOf({ enumerate: chunks }).api.request("/v1/enumerate", { method: "HEAD" });
  expect(response.headers.get("content-type")).toBe("application/json");
  expect(seen.taken).toBe(0);
});

test("characters of several bytes arrive unchanged", async () => {
  const stream = await textStream({ ...QUIET, source: politely(["é", "𝔸", ""]) });
  expect(await new Response(stream).text()).toBe("é𝔸");
});

test("a listing ends when the connection is closed, even if nothing has been read of it", async () => {
  const { seen, chunks } = endless();
  const gone = new AbortController();
  let ends = 0;
  await textStream({ ...QUIET, source: chunks(), gone: gone.signal, onEnd: () => ends++ });
  gone.abort();
  await expect.poll(() => seen.left).toBe(true);
  const late = endless();
  await textStream({ ...QUIET, source: late.chunks(), gone: gone.signal, onEnd: () => ends++ });
  await expect.poll(() => late.seen.left).toBe(true);
  expect(ends).toBe(2);
});

test("listings are sent up to the limit, and another one when one has ended in whatever way", async () => {
  const { seen, chunks } = endless();
  async function* failing(): AsyncGenerator<string> {
    yield "{";
    throw new Error("no more");
  }
  let source = chunks;
  const { api, logged } = apiOf({ enumerate: () => source() });
  let asked = 0;
  const ask = async (path = "/v1/enumerate") => api.request(path, {}, from(`192.0.2.${++asked}`));
  const open = await Promise.all(Array.from({ length: 8 }, () => ask()));
  const refused = await ask();
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await refused.json()).toEqual({ error: expect.stringMatching(/^8 listings are being sent/) });
  expect((await ask("/v1/axfr")).status).toBe(503);
  await open[0]?.body?.cancel();
  expect(seen.left).toBe(true);
  source = failing;
  for (let i = 0; i < 20; i++) await expect((await ask()).text()).rejects.toThrow();
  expect(logged).toHaveLength(20);
  expect((await api.request("/v1/axfr")).status).toBe(200);
});

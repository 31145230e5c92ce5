import { expect, test } from "vitest";
import type { Behavior } from "../../../../../src/consul/kv/model.js";
import { SharedSessions } from "../../../../../src/consul/kv/zookeeper/shared-sessions.js";
import { settle } from "../../../../support/timers.js";
import { contents, Lines, run } from "../support.js";
import { FakeEnsemble, sharing } from "./support.js";

const TTL_MS = 10_000;

function session(id: string, { behavior = "release" as Behavior, ttlMs = TTL_MS, lockDelayMs = 0 } = {}) {
  return { id, name: "", node: "n", behavior, lockDelayMs, ttl: `${ttlMs / 1000}s`, ttlMs, nodeChecks: [] };
}

async function server(ensemble: FakeEnsemble) {
  const { store, timers, clock } = await sharing(ensemble);
  const { lines, ...log } = new Lines();
  const sessions = new SharedSessions({ store, timers, log });
  sessions.start();
  return { store, timers, clock, sessions, lines };
}

/** Servers for which time passes together. */
async function servers(count: number) {
  const ensemble = new FakeEnsemble();
  const all = await Promise.all(Array.from({ length: count }, () => server(ensemble)));
  const pass = async (ms: number, which = all) => {
    for (let passed = 0; passed < ms; passed += 500) for (const { timers } of which) await timers.advance(500);
    await settle();
  };
  return { ensemble, all, pass, a: all[0] as (typeof all)[0], b: all[1] as (typeof all)[0] };
}

test("a session that nobody renews ends between its TTL and twice that, at all servers", async () => {
  const { a, b, pass } = await servers(2);
  await a.sessions.begin(session("s"));
  await run(a.store, { verb: "lock", key: "x", session: "s" });
  await pass(TTL_MS);
  expect(b.store.now.session("s")).toBeDefined();
  await pass(TTL_MS);
  for (const { store } of [a, b]) {
    expect(store.now.session("s")).toBeUndefined();
    expect(store.now.entry("x")?.session).toBe("");
  }
  expect(await b.sessions.renew("s")).toBeUndefined();
});

test("a session lives on wherever it is renewed, and one without a TTL for ever", async () => {
  const { a, b, pass } = await servers(2);
  await a.sessions.begin(session("s"));
  await a.sessions.begin(session("eternal", { ttlMs: 0 }));
  await settle();
  for (let times = 0; times < 12; times++) {
    await pass(9_000);
    const { sessions } = times % 3 === 0 ? a : b;
    expect((await sessions.renew("s"))?.id).toBe("s");
  }
  expect(a.store.now.sessions().map(({ id }) => id)).toEqual(["s", "eternal"]);
  expect((await b.sessions.renew("eternal"))?.id).toBe("eternal");
});

test("a session can be renewed at a server that has not heard of it yet", async () => {
  const { a, b } = await servers(2);
  await a.sessions.begin(session("s"));
  // Not a turn in which the other could have been told.
  expect((await b.sessions.renew("s"))?.id).toBe("s");
  expect(await b.sessions.renew("t")).toBeUndefined();
});

test("a session ends although the server that it began at is gone", async () => {
  const { a, b, pass } = await servers(2);
  await a.sessions.begin(session("moved"));
  await a.sessions.begin(session("lost"));
  await settle();
  for (let times = 0; times < 5; times++) {
    expect(await b.sessions.renew("moved")).toBeDefined();
    await pass(5_000, [b]);
  }
  expect(b.store.now.sessions().map(({ id }) => id)).toEqual(["moved"]);
});

test("a session that is renewed often is told of once in a quarter of its TTL", async () => {
  const { ensemble, a } = await servers(1);
  await a.sessions.begin(session("s"));
  for (let times = 0; times < 100; times++) await a.sessions.renew("s");
  expect(ensemble.nodes.get("/mesos-dns/kv/sessions/s")?.version).toBe(1);
  await a.timers.advance(2_600);
  await a.sessions.renew("s");
  expect(ensemble.nodes.get("/mesos-dns/kv/sessions/s")?.version).toBe(2);
});

test("while the ensemble is away nothing expires nor is renewed, and then every TTL begins anew", async () => {
  const { ensemble, a, b, pass } = await servers(2);
  await a.sessions.begin(session("s"));
  await pass(3_000);
  ensemble.isAway = true;
  ensemble.drop();
  await pass(60_000);
  await expect(a.sessions.renew("s")).rejects.toMatchObject({ code: "KV_ENSEMBLE_AWAY" });
  ensemble.isAway = false;
  while (!a.store.contact.hasLeader || !b.store.contact.hasLeader) await pass(500);
  await pass(TTL_MS);
  expect(a.store.now.session("s")).toBeDefined();
  expect(await b.sessions.renew("s")).toBeDefined();
  await pass(3 * TTL_MS);
  expect(a.store.now.session("s")).toBeUndefined();
});

test("a session ends with all its keys, however many and large they are", async () => {
  const { a, b } = await servers(2);
  await a.sessions.begin(session("s", { behavior: "delete", lockDelayMs: 15_000 }));
  const value = Buffer.alloc(300_000);
  for (let number = 0; number < 5; number++) {
    await run(a.store, { verb: "lock", key: `large/${number}`, session: "s", value });
  }
  for (let number = 0; number < 200; number++) {
    await run(a.store, { verb: "lock", key: `${"\u0001".repeat(1_000)}/${number}`, session: "s" });
  }
  await settle();
  const ended = b.sessions.end("s");
  for (let times = 0; times < 300; times++) await b.timers.advance(50);
  await ended;
  await settle();
  expect(contents(a.store)).toEqual([]);
  expect(a.store.now.session("s")).toBeUndefined();
});

test("lock delays hold at all servers, and their nodes are removed when they are over", async () => {
  const { ensemble, a, b } = await servers(2);
  await a.sessions.begin(session("s", { lockDelayMs: 15_000 }));
  await b.sessions.begin(session("t"));
  await settle();
  await run(a.store, { verb: "lock", key: "x", session: "s" });
  await a.sessions.end("s");
  await settle();
  expect(await run(b.store, { verb: "lock", key: "x", session: "t" })).toMatchObject({ ok: false });
  const c = await server(ensemble);
  expect(await run(c.store, { verb: "lock", key: "x", session: "t" })).toMatchObject({ ok: false });
  b.clock.now += 15_001;
  expect(await run(b.store, { verb: "lock", key: "x", session: "t" })).toMatchObject({ ok: true });
  const delays = () => [...ensemble.nodes.keys()].filter((path) => path.startsWith("/mesos-dns/kv/delays/"));
  expect(delays()).toHaveLength(1);
  b.clock.now += 60_000;
  await run(b.store, { key: "y" });
  expect(delays()).toEqual([]);
  // All servers know that it is gone.
  await settle();
  await c.sessions.begin(session("u", { lockDelayMs: 15_000 }));
  await run(c.store, { verb: "unlock", key: "x", session: "t" });
  await run(c.store, { verb: "lock", key: "x2", session: "u" });
  await c.sessions.end("u");
  expect(delays()).toHaveLength(1);
});

test("a lock of a session that is not there is released by a server that starts, with a word", async () => {
  const { ensemble, a } = await servers(1);
  await a.sessions.begin(session("s"));
  await run(a.store, { verb: "lock", key: "x", session: "s" });
  await a.store.submit({
    octets: 0,
    decide: (draft, { index }) => {
      draft.apply({ kind: "end", id: "s", index });
      return { ok: true };
    },
  });
  const late = await server(ensemble);
  await settle();
  for (const { store } of [a, late]) expect(store.now.entry("x")?.session).toBe("");
  expect(late.lines).toEqual([expect.stringContaining("1 locks of sessions that are not there have been released")]);
});

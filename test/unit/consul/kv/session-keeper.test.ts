import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Behavior } from "../../../../src/consul/kv/model.js";
import { SessionKeeper } from "../../../../src/consul/kv/session-keeper.js";
import { ManualTimers } from "../../../support/timers.js";
import { until } from "../../../support/wait.js";
import { opened, run } from "./support.js";

function session(id: string, { ttlMs = 10_000, behavior = "release" as Behavior, lockDelayMs = 0 } = {}) {
  return { id, name: "", node: "n", behavior, lockDelayMs, ttl: `${ttlMs / 1000}s`, ttlMs, nodeChecks: [] };
}

async function keeping(folder = "") {
  const { store, clock } = await opened({ folder });
  const timers = new ManualTimers();
  const keeper = new SessionKeeper({ store, timers });
  return { store, clock, timers, keeper };
}

test("a session that nobody renews ends between its TTL and twice that", async () => {
  const { store, timers, keeper } = await keeping();
  await keeper.begin(session("s"));
  await timers.advance(10_000);
  expect(store.now.session("s")).toBeDefined();
  await timers.advance(10_000);
  expect(store.now.session("s")).toBeUndefined();
  expect(keeper.renew("s")).toBeUndefined();
});

test("a session that is renewed lives on, and one without a TTL for ever", async () => {
  const { store, timers, keeper } = await keeping();
  await keeper.begin(session("s"));
  await keeper.begin(session("eternal", { ttlMs: 0 }));
  for (let times = 0; times < 10; times++) {
    await timers.advance(9_000);
    expect(keeper.renew("s")?.id).toBe("s");
  }
  expect(store.now.sessions().map(({ id }) => id)).toEqual(["s", "eternal"]);
  expect(keeper.renew("eternal")?.id).toBe("eternal");
  keeper.stop();
  expect(timers.pending).toBe(0);
});

test.each(["release", "delete"] as const)(
  "keys of a session that ends are subject to its behavior: %s",
  async (behavior) => {
    const { store, keeper } = await keeping();
    await keeper.begin(session("s", { behavior }));
    await run(store, { verb: "lock", key: "a", session: "s" });
    let woken = 0;
    store.watchKey("a", () => woken++);
    await keeper.end("s");
    expect(store.now.entry("a")?.session).toBe(behavior === "release" ? "" : undefined);
    expect(woken).toBe(1);
  },
);

test("after a session has ended its keys cannot be locked before its lock delay is over", async () => {
  const { store, clock, keeper } = await keeping();
  await keeper.begin(session("s", { lockDelayMs: 15_000 }));
  await keeper.begin(session("t"));
  await run(store, { verb: "lock", key: "a", session: "s" });
  await run(store, { verb: "lock", key: "b", session: "s" });
  await run(store, { verb: "unlock", key: "b", session: "s" });
  await keeper.end("s");
  expect(await run(store, { verb: "lock", key: "a", session: "t" })).toMatchObject({ ok: false, kind: "condition" });
  expect(await run(store, { verb: "lock", key: "b", session: "t" })).toMatchObject({ ok: true });
  expect(await run(store, { key: "a" })).toMatchObject({ ok: true });
  clock.now += 14_999;
  expect(await run(store, { verb: "lock", key: "a", session: "t" })).toMatchObject({ ok: false });
  clock.now += 2;
  expect(await run(store, { verb: "lock", key: "a", session: "t" })).toMatchObject({ ok: true });
});

test("sessions, their locks and lock delays outlive a restart; their TTL begins anew", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-keys-"));
  const first = await keeping(folder);
  await first.keeper.begin(session("s"));
  await first.keeper.begin(session("gone", { lockDelayMs: 60_000 }));
  await run(first.store, { verb: "lock", key: "a", session: "s" });
  await run(first.store, { verb: "lock", key: "b", session: "gone" });
  await first.keeper.end("gone");
  await first.timers.advance(9_000);
  const { sessionsIndex } = first.store.now;
  await first.store.close();
  // Each start writes the file anew.
  await (await keeping(folder)).store.close();
  const { store, timers, keeper } = await keeping(folder);
  keeper.start();
  expect(store.now.sessionsIndex).toBe(sessionsIndex);
  expect(store.now.entry("a")?.session).toBe("s");
  expect(await run(store, { verb: "lock", key: "b", session: "s" })).toMatchObject({ ok: false });
  await timers.advance(10_000);
  expect(store.now.session("s")).toBeDefined();
  await timers.advance(10_000);
  await until("the session's end", () => store.now.session("s") === undefined);
  expect(store.now.entry("a")?.session).toBe("");
  await store.close();
  rmSync(folder, { recursive: true });
});

test("there are at most 4,096 sessions", async () => {
  const { store, keeper } = await keeping();
  await Promise.all(Array.from({ length: 4_096 }, (_, number) => keeper.begin(session(`s${number}`))));
  expect(await keeper.begin(session("more"))).toMatchObject({ ok: false, kind: "full" });
  await keeper.end("s7");
  expect(await keeper.begin(session("more"))).toMatchObject({ ok: true });
  expect(store.now.sizes.sessions).toBe(4_096);
});

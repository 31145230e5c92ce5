import { describe, expect, test } from "vitest";
import type { Entry } from "../../../../../src/consul/kv/model.js";
import { HEAD, pathOf, ROOT } from "../../../../../src/consul/kv/zookeeper/layout.js";
import { settle } from "../../../../support/timers.js";
import { contents, run, set } from "../support.js";
import { FakeEnsemble, type Fate, passing, sharing } from "./support.js";

const VALUE = 524_288;

/** Two servers with one ensemble. */
async function two() {
  const ensemble = new FakeEnsemble();
  const [a, b] = [await sharing(ensemble), await sharing(ensemble)];
  return { ensemble, a, b };
}

const all = ({ now }: { readonly now: { list(prefix: string): readonly Entry[] } }) => now.list("");

describe("keys in an ensemble", () => {
  test("are the same at every server, with their indexes, from the start or later", async () => {
    const { ensemble, a, b } = await two();
    await run(a.store, { key: "x", flags: 18_446_744_073_709_551_615n, value: Buffer.from([0, 255, 10]) });
    await set(a.store, "long".repeat(512));
    await settle();
    await set(b.store, "\u{1f600}\n");
    await set(b.store, "x", "2");
    await settle();
    const c = await sharing(ensemble);
    expect(all(a.store)).toHaveLength(3);
    expect(all(b.store)).toEqual(all(a.store));
    expect(all(c.store)).toEqual(all(a.store));
    expect(a.store.now.entry("x")?.createIndex).toBe(425_000_001);
  });

  test("wake those who wait for them at another server, and nobody else", async () => {
    const { a, b } = await two();
    await set(a.store, "x");
    await settle();
    const woken: string[] = [];
    b.store.watchKey("x", () => woken.push("x"));
    b.store.watchKey("y", () => woken.push("y"));
    b.store.watchPrefix("", () => woken.push("all"));
    const index = b.store.now.keyIndex("x");
    await run(a.store, { verb: "delete", key: "x" });
    await settle();
    expect(woken).toEqual(["x", "all"]);
    expect(b.store.now.keyIndex("x")).toBe(a.store.now.keyIndex("x"));
    expect(b.store.now.keyIndex("x")).toBeGreaterThan(index);
  });

  test("are read alone where they have changed", async () => {
    const { ensemble, a, b } = await two();
    for (let number = 0; number < 300; number++) await set(a.store, `key/${number}`);
    await settle();
    const { reads } = ensemble;
    await set(a.store, "key/7", "new");
    await settle();
    expect(contents(b.store, "key/7")).toContain("key/7=new");
    expect(ensemble.reads - reads).toBe(1);
    // What a server removes and makes anew itself, it need not read.
    await run(a.store, { verb: "delete", key: "key/7" });
    await settle();
    await set(a.store, "key/7", "newer");
    await settle();
    expect(contents(b.store, "key/7")).toContain("key/7=newer");
    expect(ensemble.reads - reads).toBe(2);
  });

  test("are read as a whole by one that has missed more than the head says", async () => {
    const { ensemble, a, b } = await two();
    await set(a.store, "old");
    await set(a.store, "stays");
    await settle();
    ensemble.isAway = true;
    ensemble.drop();
    await b.timers.advance(100);
    await a.timers.advance(100);
    ensemble.isAway = false;
    await a.timers.advance(5_000);
    await run(a.store, { verb: "delete", key: "old" });
    for (let number = 0; number < 1_500; number++) await set(a.store, `${"key".repeat(30)}/${number}`);
    expect(all(b.store)).toHaveLength(2);
    let woken = 0;
    b.store.watchKey("old", () => woken++);
    b.store.watchKey("stays", () => woken++);
    await b.timers.advance(5_000);
    expect(all(b.store)).toEqual(all(a.store));
    expect(woken).toBe(1);
  });

  test("are read again if others write while they are read", async () => {
    const ensemble = new FakeEnsemble();
    const a = await sharing(ensemble);
    for (let number = 0; number < 500; number++) await set(a.store, `key/${number}`);
    const late = sharing(ensemble);
    for (let number = 0; number < 50; number++) {
      await set(a.store, `key/${number * 10}`, "new");
      await run(a.store, { verb: "delete", key: `key/${number * 10 + 1}` });
    }
    const b = await late;
    await settle();
    expect(all(b.store)).toEqual(all(a.store));
    expect(all(b.store)).toHaveLength(450);
  });
});

describe("writes of two servers at once", () => {
  test("have one winner of every cas, which the other learns of", async () => {
    const { ensemble, a, b } = await two();
    await set(a.store, "x", "0");
    await settle();
    for (let round = 0; round < 100; round++) {
      const index = a.store.now.entry("x")?.modifyIndex ?? 0;
      expect(b.store.now.entry("x")?.modifyIndex).toBe(index);
      const cas = { verb: "cas", key: "x", index };
      const outcomes = await Promise.all([
        run(a.store, { ...cas, value: Buffer.from(`a${round}`) }),
        run(b.store, { ...cas, value: Buffer.from(`b${round}`) }),
      ]);
      expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
      await settle();
    }
    expect(ensemble.commits).toBeGreaterThan(200);
  });

  test("are refused for what is so, not for what was", async () => {
    const { ensemble, a, b } = await two();
    await set(a.store, "x");
    await settle();
    const index = (a.store.now.entry("x")?.modifyIndex ?? 0) + 1;
    // A has written, and B has not heard of it when it is asked.
    let isFirst = true;
    ensemble.onCommit = () => {
      if (!isFirst) return;
      isFirst = false;
      ensemble.commit({ path: HEAD, version: ensemble.nodes.get(HEAD)?.version ?? 0, data: newer }, [
        { kind: "set", path: pathOf("key:x"), data: node },
      ]);
    };
    const head = JSON.parse(String(ensemble.nodes.get(HEAD)?.data));
    const commit = { id: "another", after: head.index, index, touched: [["key:x"]] };
    const newer = Buffer.from(JSON.stringify({ ...head, index, commits: [...head.commits, commit] }));
    const node = Buffer.from(String(ensemble.nodes.get(pathOf("key:x"))?.data).replace(`${index - 1}}`, `${index}}`));
    expect(await run(b.store, { verb: "cas", key: "x", index, value: Buffer.from("new") })).toMatchObject({ ok: true });
    expect(contents(b.store)).toEqual(["x=new"]);
  });

  test("are never lost, nor done twice, whatever becomes of connections", async () => {
    const fates: Fate[] = ["answered", "answered", "done", "undone", "later", "answered"];
    const { ensemble, a, b } = await two();
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * below);
    };
    await set(a.store, "count", "0");
    ensemble.fate = () => fates[random(fates.length)] ?? "answered";
    const counts = { done: 0, unknown: 0 };
    const client = async ({ store }: typeof a) => {
      for (let times = 0; times < 60; times++) {
        const { modifyIndex: index = 0, value = Buffer.from("0") } = store.now.entry("count") ?? {};
        const wanted = { verb: "cas", key: "count", index, value: Buffer.from(String(Number(value) + 1)) };
        try {
          if ((await run(store, wanted)).ok) counts.done++;
        } catch (error) {
          if ((error as { code?: string }).code === "KV_OUTCOME_UNKNOWN") counts.unknown++;
          else times--;
          await settle();
        }
      }
    };
    let isOver = false;
    const clients = Promise.all([a, b, a, b].map(client)).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await a.timers.advance(20);
      await b.timers.advance(20);
      if (random(10) === 0) ensemble.doLate();
    }
    await clients;
    await a.timers.advance(5_000);
    const total = Number(a.store.now.entry("count")?.value);
    expect(counts.done).toBeGreaterThan(30);
    expect(total).toBeGreaterThanOrEqual(counts.done);
    expect(total).toBeLessThanOrEqual(counts.done + counts.unknown);
  });
});

describe("a write whose connection is lost", () => {
  test.each(["done", "undone", "later"] as const)("is found out about when it was %s", async (fate) => {
    const { ensemble, a, b } = await two();
    ensemble.fate = () => {
      ensemble.fate = () => "answered";
      return fate;
    };
    const written = run(a.store, { verb: "cas", key: "x", index: 0, value: Buffer.from("1") });
    expect(await passing(a.timers, written)).toMatchObject({ ok: true });
    // The one that was late must not come after the one that was acknowledged.
    ensemble.doLate();
    await run(b.store, { key: "x", value: Buffer.from("2") });
    await a.timers.advance(5_000);
    expect(contents(a.store)).toEqual(["x=2"]);
  });

  test("does not come after an answer that says that nothing was written", async () => {
    const { ensemble, a } = await two();
    ensemble.fate = () => {
      ensemble.fate = () => "answered";
      return "later";
    };
    let calls = 0;
    const written = a.store.submit({
      octets: 0,
      decide: (draft, { index }) => {
        // Such as a limit that has been lowered meanwhile.
        if (++calls > 1) return { ok: false };
        const entry = { key: "x", value: Buffer.from("x"), flags: 0n, session: "", lockIndex: 0 };
        draft.apply({ kind: "set", entry: { ...entry, createIndex: index, modifyIndex: index } });
        return { ok: true };
      },
    });
    expect(await passing(a.timers, written)).toEqual({ ok: false });
    ensemble.doLate();
    await a.timers.advance(5_000);
    expect(contents(a.store)).toEqual([]);
    expect(ensemble.nodes.has(pathOf("key:x"))).toBe(false);
  });

  test("is said to be unknown if others have written so much since that the head does not tell", async () => {
    const { ensemble, a, b } = await two();
    ensemble.fate = () => {
      ensemble.fate = () => "answered";
      return "done";
    };
    const written = set(a.store, "x").catch((error: unknown) => error);
    await settle();
    for (let number = 0; number < 500; number++) await set(b.store, `${"key".repeat(30)}/${number}`);
    expect(await passing(a.timers, written)).toMatchObject({ code: "KV_OUTCOME_UNKNOWN" });
    expect(contents(a.store, "x")).toEqual(["x=x"]);
  });

  test("is said to be unknown if that cannot be found out", async () => {
    const { ensemble, a } = await two();
    ensemble.fate = () => {
      ensemble.isAway = true;
      return "done";
    };
    const written = passing(a.timers, set(a.store, "x")).catch((error: unknown) => error);
    expect(await written).toMatchObject({ code: "KV_OUTCOME_UNKNOWN" });
    expect(contents(a.store)).toEqual([]);
  });
});

describe("an ensemble that is away", () => {
  test("leaves keys to be read, and refuses writes until it is back", async () => {
    const { ensemble, a } = await two();
    await set(a.store, "x");
    expect(a.store.contact).toEqual({ hasLeader: true, age: 0 });
    ensemble.isAway = true;
    ensemble.drop();
    await a.timers.advance(2_000);
    expect(a.store.contact.hasLeader).toBe(false);
    expect(a.store.contact.age).toBeGreaterThanOrEqual(2_000);
    await expect(set(a.store, "y")).rejects.toMatchObject({ code: "KV_ENSEMBLE_AWAY" });
    expect(contents(a.store)).toEqual(["x=x"]);
    ensemble.isAway = false;
    await a.timers.advance(20_000);
    expect(a.store.contact.hasLeader).toBe(true);
    expect(await set(a.store, "y")).toMatchObject({ ok: true });
    expect(a.lines.filter((line) => line.startsWith("error: keys cannot be stored"))).toHaveLength(1);
    expect(a.lines.at(-1)).toBe("info: ZooKeeper is back: keys are stored there again");
  });

  test("is told apart from one that refuses this server", async () => {
    const ensemble = new FakeEnsemble();
    ensemble.isForbidden = true;
    const { store, timers } = await sharing(ensemble);
    await timers.advance(1_000);
    expect(store.failure?.message).toMatch(/does not let \/mesos-dns\/kv be read and written by the user of zk/);
  });

  test("lets what waits be stored before the store is closed", async () => {
    const { ensemble, a, b } = await two();
    const written = set(a.store, "x");
    await a.store.close();
    expect(await written).toMatchObject({ ok: true });
    await expect(set(a.store, "y")).rejects.toMatchObject({ code: "KV_BUSY" });
    expect(ensemble.nodes.has(pathOf("key:x"))).toBe(true);
    await settle();
    expect(contents(b.store)).toEqual(["x=x"]);
  });
});

describe("limits", () => {
  test("of a transaction are kept: what fits is stored, in as many as that takes", async () => {
    const { ensemble, a, b } = await two();
    const sizes: number[] = [];
    const { commit } = ensemble;
    ensemble.commit = (guard, steps) => {
      const data = steps.reduce((sum, step) => sum + step.path.length + ("data" in step ? step.data.length : 0), 0);
      sizes.push(data + (guard?.data?.length ?? 0));
      return commit.call(ensemble, guard, steps);
    };
    const large = Array.from({ length: 6 }, (_, number) =>
      run(a.store, { key: `large/${number}`, value: Buffer.alloc(VALUE, number) }),
    );
    const small = Array.from({ length: 3_000 }, (_, number) => set(a.store, `${"k".repeat(500)}${number}`));
    await passing(a.timers, Promise.all([...large, ...small]));
    expect(Math.max(...sizes)).toBeLessThan(1_000_000);
    expect(sizes.length).toBeLessThan(20);
    await settle();
    await b.timers.advance(1_000);
    expect(all(b.store)).toHaveLength(3_006);
    expect(await passing(a.timers, run(a.store, { verb: "delete-tree", key: "" }))).toMatchObject({ ok: true });
    await settle();
    expect(all(b.store)).toEqual([]);
    expect([...ensemble.nodes.keys()].filter((path) => path.length > HEAD.length + 20)).toEqual([]);
  });

  test("refuse a write that no transaction has room for, and nothing else", async () => {
    const { a } = await two();
    const tooLarge = a.store.submit({
      octets: 0,
      decide: (draft, { index }) => {
        for (const key of ["a", "b"]) {
          const entry = { key, value: Buffer.alloc(VALUE), flags: 0n, session: "", lockIndex: 0 };
          draft.apply({ kind: "set", entry: { ...entry, createIndex: index, modifyIndex: index } });
        }
        return { ok: true };
      },
    });
    const written = set(a.store, "x");
    await expect(tooLarge).rejects.toMatchObject({ code: "KV_TOO_LARGE" });
    expect(await written).toMatchObject({ ok: true });
    expect(contents(a.store)).toEqual(["x=x"]);
  });
});

describe("what somebody else does below the root", () => {
  test("is repaired by a write, and said", async () => {
    const { ensemble, a } = await two();
    await set(a.store, "x");
    ensemble.nodes.delete(pathOf("key:x"));
    expect(await passing(a.timers, set(a.store, "x", "2"))).toMatchObject({ ok: true });
    ensemble.set(pathOf("key:y"), Buffer.from("something else"));
    expect(await passing(a.timers, set(a.store, "y"))).toMatchObject({ ok: true });
    expect(contents(a.store)).toEqual(["x=2", "y=x"]);
    expect(a.lines.filter((line) => line.includes("left out"))).toHaveLength(1);
  });

  test("such as removing everything empties the store, and indexes do not go back", async () => {
    const { ensemble, a } = await two();
    await set(a.store, "x");
    const { index } = a.store.now;
    for (const path of [...ensemble.nodes.keys()]) if (path.startsWith(ROOT)) ensemble.nodes.delete(path);
    ensemble.drop();
    await a.timers.advance(5_000);
    expect(contents(a.store)).toEqual([]);
    expect(await set(a.store, "x")).toMatchObject({ ok: true });
    expect(a.store.now.entry("x")?.modifyIndex).toBeGreaterThan(index);
  });
});

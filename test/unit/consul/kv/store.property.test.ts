import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { begin, end } from "../../../../src/consul/kv/session-rules.js";
import type { KvStore } from "../../../../src/consul/kv/store.js";
import { opened, run } from "./support.js";

/**
 * Keys in a plain map, after the words of Consul's documentation. It shares nothing with the store but the indexes that it is told.
 */
class NaiveModel {
  readonly keys = new Map<
    string,
    { value: string; flags: bigint; session: string; lock: number; create: number; modify: number }
  >();
  readonly sessions = new Map<string, "release" | "delete">();
  /** Every change there ever was. */
  readonly history: { key: string; index: number }[] = [];

  put(key: string, value: string, flags: bigint, index: number, how: { session?: string; lock?: number } = {}): void {
    const old = this.keys.get(key);
    const fresh = { value, flags, session: how.session ?? old?.session ?? "", lock: how.lock ?? 0 };
    if (old && Object.entries(fresh).every(([name, each]) => old[name as "value"] === each)) return;
    this.keys.set(key, { ...fresh, create: old?.create ?? index, modify: index });
    this.history.push({ key, index });
  }

  remove(key: string, index: number): void {
    if (this.keys.delete(key)) this.history.push({ key, index });
  }

  below(prefix: string): string[] {
    const found = [...this.keys.keys()].filter((key) => key.startsWith(prefix));
    return found.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  /** The newest change below a prefix; `undefined` if there was none. */
  newest(isConcerned: (key: string) => boolean): number | undefined {
    return this.history.filter(({ key }) => isConcerned(key)).at(-1)?.index;
  }
}

const KEY = fc.constantFrom("a", "a/b", "a/b/c", "a/c", "b", "é", "\u{1f600}", "\uffff");
const SESSION = fc.constantFrom("s1", "s2", "s3");
const STEP = fc.record({
  verb: fc.constantFrom(
    "set",
    "set",
    "cas",
    "lock",
    "unlock",
    "delete",
    "delete-tree",
    "delete-cas",
    "begin",
    "end",
    "restart",
  ),
  key: KEY,
  value: fc.constantFrom("", "1"),
  flags: fc.constantFrom(0n, 18_446_744_073_709_551_615n),
  isRight: fc.boolean(),
  session: SESSION,
  behavior: fc.constantFrom("release" as const, "delete" as const),
});
type Step = typeof STEP extends fc.Arbitrary<infer T> ? T : never;

/** Does a step in the model. Returns whether it has been done. */
function inModel(model: NaiveModel, step: Step, index: number): boolean {
  const { verb, key, value, flags, isRight, session, behavior } = step;
  const old = model.keys.get(key);
  switch (verb) {
    case "set":
      model.put(key, value, flags, index);
      return true;
    case "cas":
      if (isRight) model.put(key, value, flags, index);
      return isRight;
    case "lock":
      if (!model.sessions.has(session) || (old && old.session !== "" && old.session !== session)) return false;
      model.put(key, value, flags, index, { session, lock: (old?.lock ?? 0) + (old?.session === session ? 0 : 1) });
      return true;
    case "unlock":
      if (old?.session !== session) return false;
      model.put(key, value, flags, index, { session: "", lock: old.lock });
      return true;
    case "delete":
      model.remove(key, index);
      return true;
    case "delete-tree":
      for (const each of model.below(key)) model.remove(each, index);
      return true;
    case "delete-cas":
      if (!isRight && old) return false;
      model.remove(key, index);
      return true;
    case "begin":
      if (!model.sessions.has(session)) model.sessions.set(session, behavior);
      return true;
    default:
      for (const [each, entry] of model.keys) {
        if (entry.session !== session) continue;
        if (model.sessions.get(session) === "delete") model.remove(each, index);
        else model.put(each, entry.value, entry.flags, index, { session: "", lock: entry.lock });
      }
      model.sessions.delete(session);
      return true;
  }
}

async function inStore(store: KvStore, step: Step): Promise<boolean> {
  const { verb, key, value, flags, isRight, session, behavior } = step;
  if (verb === "begin") {
    if (store.now.session(session)) return true;
    const fields = { id: session, name: "", node: "n", behavior, lockDelayMs: 0, ttl: "", ttlMs: 0, nodeChecks: [] };
    return (await store.submit({ octets: 0, decide: (draft, moment) => begin(draft, fields, moment) })).ok;
  }
  if (verb === "end") {
    return (
      await store.submit({
        octets: 0,
        decide: (draft, moment) => end(draft, session, moment, Number.POSITIVE_INFINITY),
      })
    ).ok;
  }
  const index = (store.now.entry(key)?.modifyIndex ?? 0) + (isRight ? 0 : 1);
  return (await run(store, { verb, key, value: Buffer.from(value), flags, index, session })).ok;
}

function expectSame(store: KvStore, model: NaiveModel): void {
  const { now } = store;
  const shown = now.list("").map(({ key, value, flags, session, lockIndex, createIndex, modifyIndex }) => {
    return [key, { value: String(value), flags, session, lock: lockIndex, create: createIndex, modify: modifyIndex }];
  });
  expect(shown).toEqual(model.below("").map((key) => [key, model.keys.get(key)]));
  for (const prefix of ["", "a", "a/", "a/b", "b", "none"]) {
    expect(now.list(prefix).map(({ key }) => key)).toEqual(model.below(prefix));
    const newest = model.newest((key) => key.startsWith(prefix));
    if (newest !== undefined) expect(now.prefixIndex(prefix)).toBe(newest);
  }
  for (const key of ["a", "a/b", "é"]) {
    const newest = model.newest((each) => each === key);
    if (newest !== undefined) expect(now.keyIndex(key)).toBe(newest);
  }
  const octets = [...model.keys].reduce((sum, [key, { value }]) => sum + Buffer.byteLength(key) + value.length, 0);
  expect(now.sizes).toEqual({ keys: model.keys.size, octets, sessions: model.sessions.size });
}

describe("the store", () => {
  test.each([false, true])(
    "does what a plain map does, also after restarts (file: %s)",
    { timeout: 60_000 },
    async (isFile) => {
      await fc.assert(
        fc.asyncProperty(fc.array(STEP, { maxLength: 30 }), async (steps) => {
          const folder = isFile ? mkdtempSync(join(tmpdir(), "mesos-dns-keys-")) : "";
          let { store } = await opened({ folder });
          const model = new NaiveModel();
          const woken = new Set<string>();
          try {
            for (const step of steps) {
              if (step.verb === "restart") {
                if (!isFile) continue;
                await store.close();
                ({ store } = await opened({ folder }));
                expectSame(store, model);
                continue;
              }
              woken.clear();
              const cancels = ["a", "a/b", "é"].flatMap((key) => [
                store.watchKey(key, () => woken.add(`key ${key}`)),
                store.watchPrefix(key, () => woken.add(`prefix ${key}`)),
              ]);
              const before = store.now.index;
              const changes = model.history.length;
              const isDone = await inStore(store, step);
              const index = store.now.index;
              expect(isDone).toBe(inModel(model, step, index));
              expect(index).toBeGreaterThanOrEqual(before);
              const touched = model.history.slice(changes).map(({ key }) => key);
              if (touched.length > 0) expect(index).toBeGreaterThan(before);
              const wanted = ["a", "a/b", "é"].flatMap((key) => [
                ...(touched.includes(key) ? [`key ${key}`] : []),
                ...(touched.some((each) => each.startsWith(key)) ? [`prefix ${key}`] : []),
              ]);
              expect([...woken].sort()).toEqual(wanted.sort());
              for (const cancel of cancels) cancel();
              expectSame(store, model);
            }
          } finally {
            await store.close();
            if (isFile) rmSync(folder, { recursive: true });
          }
        }),
        { numRuns: isFile ? 40 : 200 },
      );
    },
  );
});

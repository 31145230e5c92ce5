import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { PrefixIndexes } from "../../../../src/consul/kv/prefix-indexes.js";
import { opened, set } from "./support.js";

test("many who ask for the index of one prefix do not read its keys anew, between writes neither", async () => {
  const { store } = await opened();
  for (let number = 0; number < 10; number++) await set(store, `app/${number}`);
  const list = vi.spyOn(store.now, "list");
  for (let round = 0; round < 10; round++) {
    await set(store, `app/${round}`, `new ${round}`);
    expect(store.now.prefixIndex("app/")).toBe(store.now.index);
    expect(store.now.prefixIndex("app/")).toBe(store.now.index);
  }
  expect(list.mock.calls).toEqual([["app/"]]);
});

test("a remembered index is that of the newest change, however many prefixes are asked for", () => {
  const prefix = fc.oneof(
    fc.constantFrom("", "a", "a/", "a/b"),
    fc.nat(100).map((length) => "a/".padEnd(length, "x")),
  );
  const key = fc.oneof(
    fc.constantFrom("a", "a/b", "b"),
    fc.nat(100).map((length) => "a/".padEnd(length, "x")),
  );
  fc.assert(
    fc.property(fc.array(fc.record({ prefix, key }), { maxLength: 200 }), (steps) => {
      const indexes = new PrefixIndexes();
      const changed: string[] = [];
      for (const step of steps) {
        const newest = changed.findLastIndex((each) => each.startsWith(step.prefix)) + 1;
        expect(indexes.get(step.prefix, () => newest)).toBe(newest);
        changed.push(step.key);
        indexes.note(step.key, changed.length);
      }
    }),
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { DeletedKeys } from "../../../../src/consul/kv/deleted-keys.js";

test("a deletion counts for the key and its beginnings, until the key exists again", () => {
  const deleted = new DeletedKeys(1);
  deleted.add("app/a", 5);
  deleted.add("other", 7);
  expect([deleted.indexOf("app/a"), deleted.indexOf("app/"), deleted.indexOf("never")]).toEqual([5, 1, 1]);
  expect(["", "app/", "app/b", "o"].map((prefix) => deleted.newestBelow(prefix))).toEqual([7, 5, 1, 7]);
  deleted.forget("app/a");
  expect([deleted.indexOf("app/a"), deleted.newestBelow("app/")]).toEqual([1, 1]);
});

test("the oldest are forgotten, and no index goes back for that", () => {
  const KEY = fc.constantFrom("a", "a/b", "a/c", "b", "b/d");
  fc.assert(
    fc.property(fc.array(KEY, { maxLength: 30 }), (keys) => {
      const deleted = new DeletedKeys(1, 2);
      const places = ["", "a", "a/", "b"];
      let before = places.map(() => 1);
      for (const [at, key] of keys.entries()) {
        deleted.add(key, at + 10);
        const now = places.map((prefix) => deleted.newestBelow(prefix));
        for (const [place, index] of now.entries()) expect(index).toBeGreaterThanOrEqual(before[place] ?? 0);
        expect(deleted.size).toBeLessThanOrEqual(2);
        expect(deleted.indexOf(key)).toBe(at + 10);
        before = now;
      }
    }),
  );
});

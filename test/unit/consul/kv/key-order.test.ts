import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareKeys, OrderedKeys } from "../../../../src/consul/kv/key-order.js";

/** Few characters, on both sides of what UTF-16 sorts otherwise than UTF-8. */
const KEY = fc.string({
  unit: fc.constantFrom("a", "b", "/", "é", "\ud7ff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"),
});

describe("keys", () => {
  test("are compared as their octets are", () => {
    fc.assert(
      fc.property(KEY, KEY, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  test("are kept in order, and found by any beginning", () => {
    fc.assert(
      fc.property(fc.uniqueArray(KEY), fc.array(KEY), KEY, (added, removed, prefix) => {
        const keys = new OrderedKeys();
        for (const key of added) keys.add(key);
        const gone = new Set(removed.filter((key) => added.includes(key)));
        for (const key of gone) keys.delete(key);
        const left = added.filter((key) => !gone.has(key) && key.startsWith(prefix));
        const sorted = left.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(keys.withPrefix(prefix)).toEqual(sorted);
      }),
    );
  });
});

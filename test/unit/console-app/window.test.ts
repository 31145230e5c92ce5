import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pagesOf, rowsInSight } from "../../../src/console-app/window.js";

describe("the rows of a long list", () => {
  it("are those in sight, and some around them", () => {
    expect(rowsInSight({ scrollTop: 3_400, height: 680, rowHeight: 34, total: 10_000 })).toEqual({
      first: 90,
      end: 130,
    });
    expect(rowsInSight({ scrollTop: 0, height: 680, rowHeight: 34, total: 5 })).toEqual({ first: 0, end: 5 });
    expect(rowsInSight({ scrollTop: 0, height: 680, rowHeight: 34, total: 0 })).toEqual({ first: 0, end: 0 });
  });

  it("are few, exist, and cover what is in sight, wherever the list is", () => {
    const sight = fc.record({
      scrollTop: fc.integer({ min: 0, max: 5_000_000 }),
      height: fc.integer({ min: 0, max: 3_000 }),
      rowHeight: fc.constant(34),
      total: fc.integer({ min: 0, max: 100_000 }),
    });
    fc.assert(
      fc.property(sight, (given) => {
        const { first, end } = rowsInSight(given);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(given.total);
        expect(end - first).toBeLessThanOrEqual(3_000 / 34 + 23);
        const top = Math.floor(given.scrollTop / 34);
        if (top < given.total && given.height > 0) expect(first <= top && top < end).toBe(true);
      }),
    );
  });

  it("are on these pages", () => {
    expect(pagesOf({ first: 90, end: 130 }, 100)).toEqual([0, 1]);
    expect(pagesOf({ first: 100, end: 200 }, 100)).toEqual([1]);
    expect(pagesOf({ first: 5, end: 5 }, 100)).toEqual([]);
  });
});

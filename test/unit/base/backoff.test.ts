import { expect, test } from "vitest";
import { pauseAfter } from "../../../src/base/backoff.js";

const PAUSES = { firstMs: 250, lastMs: 1_500 };

test("pauses double from the first to the longest", () => {
  expect([0, 1, 2, 3, 4, 2000].map((pauses) => pauseAfter(pauses, PAUSES, () => 0))).toEqual([
    250, 500, 1000, 1500, 1500, 1500,
  ]);
});

test("a pause ends at a random time in its last half", () => {
  expect(pauseAfter(1, PAUSES, () => 0.5)).toBe(375);
  expect(pauseAfter(1, PAUSES, () => 1 - Number.EPSILON)).toBeCloseTo(250);
});

import { expect, test } from "vitest";
import { nanosecondsIn } from "../../../src/base/go-duration.js";

test.each([
  ["10s", 10e9],
  ["1m30s", 90e9],
  ["1h", 3600e9],
  ["500ms", 5e8],
  ["1.5s", 1.5e9],
  [".5s", 5e8],
  ["7us", 7_000],
  ["7µs", 7_000],
  ["3ns", 3],
  ["0", 0],
  ["5", undefined],
  ["", undefined],
  ["s", undefined],
  ["-1s", undefined],
  ["1s ", undefined],
  ["1d", undefined],
])("%j is %s nanoseconds", (text, nanoseconds) => {
  expect(nanosecondsIn(text)).toBe(nanoseconds);
});

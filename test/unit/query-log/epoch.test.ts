import { expect, test } from "vitest";
import { epochOf } from "../../../src/query-log/epoch.js";

test("the beginning of the threads' clock stays, but where the machine's clock is set", () => {
  let [clock, wall] = [1_000.25, 5_001_000];
  const epoch = epochOf(
    (into) => into.fill(clock),
    () => wall,
  );
  expect(epoch()).toBe(5_000_000.25);
  [clock, wall] = [2_001.1, 5_002_000];
  expect(epoch()).toBe(5_000_000.25);
  [clock, wall] = [3_000, 9_000_000];
  expect(epoch()).toBe(8_997_000.5);
  [clock, wall] = [4_000, 5_004_000];
  expect(epoch()).toBe(5_000_000.5);
});

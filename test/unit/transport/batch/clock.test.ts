import { expect, test } from "vitest";
import { processClock } from "../../../../src/serving/clock.js";
import { systemClock } from "../../../../src/transport/batch/clock.js";
import { real } from "./support.js";

test("the system's clock shows the same time as process.hrtime()", () => {
  const times = new Float64Array(3);
  processClock(times.subarray(0));
  systemClock(real)(times.subarray(1));
  processClock(times.subarray(2));
  expect([...times]).toEqual([...times].sort((a, b) => a - b));
});

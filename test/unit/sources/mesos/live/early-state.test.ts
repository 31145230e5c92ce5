import { expect, it } from "vitest";
import { EarlyState } from "../../../../../src/sources/mesos/live/early-state.js";
import { ManualTimers } from "../../../../support/timers.js";

/** Asks all the time. @returns the seconds at which states were fetched */
async function fetches(seconds: number, satisfiedAt = Number.POSITIVE_INFINITY): Promise<number[]> {
  const timers = new ManualTimers();
  const times: number[] = [];
  const early = new EarlyState(timers, () => times.push(timers.now() / 1000));
  for (let second = 0; second < seconds; second++) {
    if (second === satisfiedAt) early.satisfied();
    early.ask();
    await timers.advance(1_000);
  }
  early.stop();
  return times;
}

it("a state is fetched at once, and again after pauses that double up to 80 s", async () => {
  expect(await fetches(400)).toEqual([0, 5, 15, 35, 75, 155, 235, 315, 395]);
});

it("a state is fetched after five seconds again when one contained everything that was missing", async () => {
  expect(await fetches(60, 36)).toEqual([0, 5, 15, 35, 40, 50]);
});

it("no state is fetched after stop()", async () => {
  const timers = new ManualTimers();
  let count = 0;
  const early = new EarlyState(timers, () => count++);
  early.ask();
  early.ask();
  early.stop();
  await timers.advance(100_000);
  expect(count).toBe(1);
});

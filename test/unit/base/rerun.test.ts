import { expect, test } from "vitest";
import { Rerun } from "../../../src/base/rerun.js";
import { ManualTimers, settle } from "../../support/timers.js";

const NEXT_MS = 1_000;

function started(leastMs = 0) {
  const timers = new ManualTimers();
  const runs: number[] = [];
  const ends: (() => void)[] = [];
  const rerun = new Rerun({
    timers,
    leastMs,
    run: async (startedAt) => {
      runs.push(startedAt);
      await new Promise<void>((resolve) => ends.push(resolve));
      return NEXT_MS;
    },
  });
  const begin = timers.now();
  const times = () => runs.map((at) => at - begin);
  const end = async () => {
    ends.shift()?.();
    await settle();
  };
  return { timers, rerun, times, end };
}

test("runs at the earliest moment that was asked for, and again when it said it would", async () => {
  const { timers, rerun, times, end } = started();
  rerun.within(500);
  rerun.within(200);
  rerun.within(700);
  await timers.advance(200);
  await end();
  await timers.advance(NEXT_MS);
  expect(times()).toEqual([200, 1_200]);
});

test("runs one at a time: what is asked for during a run comes when that has ended", async () => {
  const { timers, rerun, times, end } = started();
  rerun.within(0);
  await timers.advance(0);
  rerun.within(0);
  await timers.advance(300);
  expect(times()).toEqual([0]);
  expect(rerun.isRunning).toBe(true);
  await end();
  await timers.advance(0);
  expect(times()).toEqual([0, 300]);
});

test("leaves some time between the beginnings of two runs", async () => {
  const { timers, rerun, times, end } = started(100);
  rerun.within(0);
  await timers.advance(0);
  await end();
  rerun.within(0);
  await timers.advance(99);
  expect(times()).toEqual([0]);
  await timers.advance(1);
  expect(times()).toEqual([0, 100]);
});

test("waits at its end for the run that is under way, and there is no other one", async () => {
  const { timers, rerun, times, end } = started();
  rerun.within(0);
  await timers.advance(0);
  rerun.within(0);
  let isStopped = false;
  const stopped = rerun.stop().then(() => {
    isStopped = true;
  });
  await settle();
  expect(isStopped).toBe(false);
  await end();
  await stopped;
  rerun.within(0);
  await timers.advance(NEXT_MS);
  expect(times()).toEqual([0]);
});

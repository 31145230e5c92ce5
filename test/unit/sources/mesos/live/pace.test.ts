import { expect, it } from "vitest";
import { Pace } from "../../../../../src/sources/mesos/live/pace.js";
import { ManualTimers, settle } from "../../../../support/timers.js";

/** Work that takes `ms`, and the times at which it began. */
function setUp(ms = 0) {
  const timers = new ManualTimers();
  const begun: number[] = [];
  const script = { fails: false };
  const pace = new Pace(timers, async () => {
    begun.push(timers.now());
    if (ms > 0) await new Promise<void>((resolve) => timers.after(ms, resolve));
    if (script.fails) throw new Error("no");
  });
  return { timers, begun, pace, script };
}

it("the first request after a quiet time is served at once, together with those of the next moment", async () => {
  const { timers, begun, pace } = setUp();
  for (let i = 0; i < 5; i++) pace.request();
  await timers.advance(1_000);
  pace.request();
  await timers.advance(1_000);
  expect(begun).toEqual([20, 1_020]);
});

it("work runs at most every 60 ms", async () => {
  const { timers, begun, pace } = setUp();
  for (let i = 0; i < 100; i++) {
    pace.request();
    await timers.advance(10);
  }
  expect(begun.length).toBeLessThanOrEqual(17);
  expect(begun.slice(0, 4)).toEqual([20, 80, 140, 200]);
});

it("requests during long work are combined into one run after it", async () => {
  const { timers, begun, pace } = setUp(3_000);
  pace.request();
  await timers.advance(1_000);
  const both = [pace.request(), pace.request()];
  expect(both[0]).toBe(both[1]);
  await timers.advance(10_000);
  expect(begun).toEqual([20, 3_040]);
});

it("a request rejects with the failure of its run, and the next run takes place all the same", async () => {
  const { timers, begun, pace, script } = setUp();
  script.fails = true;
  const failed = expect(pace.request()).rejects.toThrow("no");
  await timers.advance(100);
  await failed;
  script.fails = false;
  const done = pace.request();
  await timers.advance(1_000);
  await done;
  expect(begun).toHaveLength(2);
});

it("waiting work can be run at once", async () => {
  const { begun, pace } = setUp();
  pace.request();
  await settle();
  await pace.flush();
  expect(begun).toEqual([0]);
});

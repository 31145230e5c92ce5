import { expect, test } from "vitest";
import { Schedule } from "../../../../src/sources/marathon/schedule.js";

const schedule = () => new Schedule(60_000, () => 0);

/** A schedule after one fetch that began at 0 and took `ms`. */
function fetched(ms = 0): Schedule {
  const after = schedule();
  after.begin(0);
  after.succeed(ms);
  return after;
}

test("the first fetch is due at once, and the next one refreshSeconds after its beginning", () => {
  const fresh = schedule();
  expect(fresh.dueAt).toBeLessThanOrEqual(0);
  fresh.begin(0);
  expect(fresh.dueAt).toBeUndefined();
  fresh.succeed(40);
  expect(fresh.dueAt).toBe(60_000);
});

test("what happens is looked at at once, but no more than ten times a second", () => {
  const after = fetched(10);
  after.ask();
  after.ask();
  expect(after.dueAt).toBe(100);
  after.begin(5_000);
  after.succeed(5_010);
  after.ask();
  expect(after.dueAt).toBe(5_100);
});

test("what happens during a fetch makes one more", () => {
  const after = fetched();
  after.ask();
  after.begin(1_000);
  after.ask();
  after.ask();
  expect(after.dueAt).toBeUndefined();
  after.succeed(1_020);
  expect(after.dueAt).toBe(1_100);
  after.begin(1_100);
  after.succeed(1_120);
  expect(after.dueAt).toBe(61_100);
});

test("a Marathon that takes long is left alone for as long again, up to 2 s", () => {
  for (const [took, due] of [
    [400, 800],
    [30_000, 32_000],
  ] as const) {
    const after = fetched(took);
    after.ask();
    expect(after.dueAt).toBe(due);
  }
});

test("a failure is tried again after 1, 2, 4 s and so on, whatever happens meanwhile, until one ends well", () => {
  const failing = fetched();
  let now = 1_000;
  const pauses = Array.from({ length: 8 }, () => {
    failing.begin(now);
    failing.fail(now);
    failing.ask();
    const pause = (failing.dueAt ?? 0) - now;
    now += pause;
    return pause / 1_000;
  });
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  failing.begin(now);
  failing.succeed(now);
  failing.ask();
  expect((failing.dueAt ?? 0) - now).toBe(100);
});

test("a stream that has come back is a reason to try at once", () => {
  const failing = fetched();
  failing.begin(1_000);
  failing.fail(1_000);
  failing.retry();
  expect(failing.dueAt).toBe(1_100);
});

test("a list that has to be looked at again is so sooner", () => {
  const after = schedule();
  after.begin(0);
  after.succeed(0, 5_000);
  expect(after.dueAt).toBe(5_000);
});

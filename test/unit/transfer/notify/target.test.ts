import { describe, expect, test, vi } from "vitest";
import { TargetSchedule } from "../../../../src/transfer/notify/target.js";
import { ManualTimers } from "../../../support/timers.js";

function scheduleOf(intervalMs: number) {
  const timers = new ManualTimers();
  const sent: number[] = [];
  const state = { isCurrent: false };
  const onResult = vi.fn();
  const send = () => {
    sent.push(timers.now());
  };
  const schedule = new TargetSchedule({
    timers,
    send,
    isCurrent: () => state.isCurrent,
    onResult,
    interval: () => intervalMs,
  });
  return { timers, sent, state, onResult, schedule };
}

describe("a target", () => {
  test("is told at once of the first change, and of those within the interval together at its end", () => {
    const { timers, sent, schedule } = scheduleOf(100);
    timers.pass(1_000);
    schedule.changed();
    schedule.answered(false);
    timers.pass(10);
    schedule.changed();
    timers.pass(10);
    schedule.changed();
    timers.pass(500);
    expect(sent).toEqual([1_000, 1_100]);
  });

  test("gets one message at a time: what changes before it answers is told after that", () => {
    const { timers, sent, schedule } = scheduleOf(100);
    schedule.changed();
    timers.pass(300);
    schedule.changed();
    expect(sent).toEqual([0]);
    schedule.answered(false);
    expect(sent).toEqual([0, 300]);
  });

  test("that does not answer is told again after 1, 2, 4, 8, 16 and 30 seconds, then every minute", () => {
    const { timers, sent, onResult, schedule } = scheduleOf(100);
    schedule.changed();
    timers.pass(200_000);
    expect(sent.map((at) => at / 1000)).toEqual([0, 1, 3, 7, 15, 31, 61, 121, 181]);
    expect(onResult).toHaveBeenCalledTimes(8);
    expect(onResult).toHaveBeenCalledWith("unanswered");
  });

  test("that has been seen to have the newest version is not told again", () => {
    const { timers, sent, state, schedule } = scheduleOf(100);
    schedule.changed();
    state.isCurrent = true;
    timers.pass(100_000);
    expect([sent, timers.pending]).toEqual([[0], 0]);
  });

  test("that shows it is alive after a long silence is told at once", () => {
    const { timers, sent, schedule } = scheduleOf(100);
    schedule.changed();
    timers.pass(40_000);
    sent.length = 0;
    schedule.seen();
    expect(sent).toEqual([40_000]);
    timers.pass(1_000);
    expect(sent).toEqual([40_000, 41_000]);
  });

  test("that refuses is told again at the next change only", () => {
    const { timers, sent, onResult, schedule } = scheduleOf(100);
    schedule.changed();
    schedule.answered(true);
    timers.pass(100_000);
    expect([sent, onResult.mock.calls]).toEqual([[0], [["refused"]]]);
    schedule.changed();
    expect(sent).toEqual([0, 100_000]);
  });

  test("costs nothing after stop()", () => {
    const { timers, schedule } = scheduleOf(100);
    schedule.changed();
    schedule.stop();
    expect(timers.pending).toBe(0);
  });
});

import { expect, it } from "vitest";
import { Reloads } from "../../../../src/vip-node/haproxy/reloads.js";
import { ManualTimers } from "../../../support/timers.js";

function reloading(works = () => true) {
  const timers = new ManualTimers();
  const times: number[] = [];
  const reloads = new Reloads(timers, async () => {
    times.push(timers.now());
    return works();
  });
  return { timers, times, reloads };
}

it("gathers changes for a second, and reloads at most once in five", async () => {
  const { timers, times, reloads } = reloading();
  for (let time = 0; time < 120; time++) {
    reloads.want();
    await timers.advance(100);
  }
  expect(times).toEqual([1_000, 6_000, 11_000]);
});

it("reloads a second after a change that comes alone", async () => {
  const { timers, times, reloads } = reloading();
  reloads.want();
  await timers.advance(20_000);
  reloads.want();
  await timers.advance(20_000);
  expect(times).toEqual([1_000, 21_000]);
});

it("waits twice as long after each reload that failed, at most five minutes, until one works", async () => {
  let works = false;
  const { timers, times, reloads } = reloading(() => works);
  for (let time = 0; time < 1_300; time++) {
    reloads.want();
    await timers.advance(1_000);
  }
  const pauses = times.slice(1).map((time, at) => time - (times[at] ?? 0));
  expect(pauses).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000].slice(0, pauses.length));
  works = true;
  reloads.want();
  await timers.advance(300_000);
  reloads.want();
  await timers.advance(1_000);
  expect(times.at(-1)).toBe(timers.now());
});

it("does nothing once it is stopped", async () => {
  const { timers, times, reloads } = reloading();
  reloads.want();
  reloads.stop();
  await timers.advance(10_000);
  expect(times).toEqual([]);
  expect(timers.pending).toBe(0);
});

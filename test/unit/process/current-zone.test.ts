import { describe, expect, test } from "vitest";
import { CurrentZone } from "../../../src/process/current-zone.js";
import { Snapshot, type SnapshotUpdate } from "../../../src/zone/snapshot.js";
import { APEX } from "../../support/zone.js";

const NOW = 1_700_000_000_000;
const update = (generation: number): SnapshotUpdate => ({
  generation,
  seed: 1,
  apexes: [APEX],
  ready: true,
  shards: [],
});

/** A zone that has no state yet, and what it reports. */
function setUp() {
  const time = { now: NOW };
  const told: unknown[] = [];
  const zone = new CurrentZone({
    snapshot: Snapshot.empty([APEX]),
    log: { info: (line: unknown) => told.push(line), warn: (...line: unknown[]) => told.push(line[1]) },
    wallClock: () => time.now,
    onReading: (generation, pinned) => told.push([generation, [...pinned]]),
    onStale: (stale) => told.push(stale),
  });
  const pass = (seconds: number) => {
    time.now += seconds * 1000;
  };
  return { zone, told, pass };
}

describe("the main thread's zone", () => {
  test("becomes stale when its state is older than the limit, and fresh with the next one", () => {
    const { zone, told, pass } = setUp();
    zone.built(undefined, NOW);
    pass(300);
    zone.checkAge(300);
    expect([zone.stale, told]).toEqual([false, []]);
    pass(1);
    zone.checkAge(300);
    expect([zone.stale, told]).toEqual([true, [true, "the Mesos state is too old; it is served as stale"]]);
    zone.checkAge(300);
    zone.built(undefined, NOW + 301_000);
    zone.checkAge(300);
    expect([zone.stale, told.slice(2)]).toEqual([false, [false, "the Mesos state is fresh again"]]);
  });

  test("never becomes stale without a limit, nor before there is a state", () => {
    const { zone, pass } = setUp();
    pass(1_000_000);
    zone.checkAge(300);
    expect(zone.stale).toBe(false);
    zone.built(undefined, NOW);
    zone.checkAge(0);
    expect(zone.stale).toBe(false);
  });

  test("is stale from the start if it was saved before, until a state is built", () => {
    const { zone, told } = setUp();
    zone.restore(update(1), NOW - 10_000);
    expect([zone.snapshot.generation, told]).toEqual([1, [true]]);
    zone.checkAge(0);
    expect([zone.stale, zone.restoredFrom]).toEqual([true, NOW - 10_000]);
    zone.built(undefined, NOW);
    zone.checkAge(0);
    expect(zone.stale).toBe(false);
  });

  test("reports the generation that is read, and pinned ones until each is released", () => {
    const { zone, told } = setUp();
    zone.built(update(1), NOW);
    const [first, second] = [zone.pin(), zone.pin()];
    zone.built(update(2), NOW);
    expect([first.snapshot.generation, zone.snapshot.generation]).toEqual([1, 2]);
    first.release();
    second.release();
    expect(told).toEqual([
      [1, []],
      [2, [1, 1]],
      [2, [1]],
      [2, []],
    ]);
  });
});

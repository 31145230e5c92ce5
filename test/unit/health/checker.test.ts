import { describe, expect, test } from "vitest";
import type { Instance, TcpCheck } from "../../../src/config/health.js";
import { Checker } from "../../../src/health/checker.js";
import type { ProbeRequest } from "../../../src/health/probe.js";
import { ManualTimers } from "../../support/timers.js";

const CHECK: TcpCheck = { name: "edge", type: "tcp", port: 80, interval: 2, timeout: 1, failures: 2, successes: 2 };

function instance(address: string, changes: Partial<TcpCheck> = {}): Instance {
  return { name: `edge@${address}`, check: { ...CHECK, ...changes }, address };
}

const many = (count: number, changes: Partial<TcpCheck> = {}) =>
  Array.from({ length: count }, (_, index) => instance(`198.51.100.${index}`, changes));

interface Begun extends ProbeRequest {
  readonly at: number;
  isCancelled: boolean;
}

/** A checker whose checks are answered by hand, or as `answer` says. */
function setUp(answer: (address: string) => "good" | "bad" | "silent" = () => "silent") {
  const timers = new ManualTimers();
  const begun: Begun[] = [];
  const turned: string[] = [];
  const checker = new Checker({
    timers,
    wallClock: () => timers.now(),
    known: new Map(),
    onResult: ({ name }, before, after) => {
      if (before.isUp !== after.isUp) turned.push(`${timers.now()} ${name} ${after.isUp ? "up" : "down"}`);
    },
    probe: (request) => {
      const check = { ...request, at: timers.now(), isCancelled: false };
      begun.push(check);
      const says = answer(request.address);
      if (says !== "silent") request.done(says === "good" ? undefined : "connection refused");
      return () => {
        check.isCancelled = true;
      };
    },
  });
  return { timers, begun, turned, checker };
}

describe("checks", () => {
  test("begin at once, and then every interval, however long each takes", () => {
    const { timers, begun, checker } = setUp();
    checker.configure([instance("192.0.2.1")]);
    timers.pass(7_000);
    expect(begun.map(({ at }) => at)).toEqual([0, 2_000, 4_000, 6_000]);
  });

  test("of many targets are spread over the interval", () => {
    const { timers, begun, checker } = setUp();
    checker.configure(many(4));
    timers.pass(3_999);
    expect(begun.map(({ at }) => at)).toEqual([0, 500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500]);
  });

  test("find a refused connection at once, and silence when the timeout has passed", () => {
    const refused = setUp(() => "bad");
    refused.checker.configure([instance("192.0.2.1")]);
    refused.timers.pass(10_000);
    expect(refused.turned).toEqual(["2000 edge@192.0.2.1 down"]);
    const silent = setUp(() => "silent");
    silent.checker.configure([instance("192.0.2.1")]);
    silent.timers.pass(10_000);
    expect(silent.turned).toEqual(["3000 edge@192.0.2.1 down"]);
    expect(silent.begun.slice(0, 4).every(({ isCancelled }) => isCancelled)).toBe(true);
    expect(silent.checker.stateOf("edge@192.0.2.1")?.last?.error).toBe("no answer within 1 s");
  });

  test("do not hold the time against a target in which this thread had no processor", async () => {
    const { timers, begun, turned, checker } = setUp();
    checker.configure([instance("192.0.2.1", { failures: 1 })]);
    timers.pass(1);
    await timers.block(1_600);
    expect(turned).toEqual([]);
    // The answer had come meanwhile, and is read now.
    begun[0].done(undefined);
    timers.pass(350);
    expect(checker.stateOf("edge@192.0.2.1")?.last?.error).toBeUndefined();
  });

  test("of a target that stays silent fail even if this thread has no processor again and again", async () => {
    const { timers, turned, checker } = setUp();
    checker.configure([instance("192.0.2.1", { failures: 1 })]);
    timers.pass(1);
    await timers.block(1_500);
    timers.pass(500);
    await timers.block(600);
    expect(turned).toEqual(["2601 edge@192.0.2.1 down"]);
  });

  test("find an outage within the time that the documentation promises, whenever it begins", () => {
    for (let outage = 0; outage < 2_000; outage += 100) {
      let isDown = false;
      const { timers, turned, checker } = setUp(() => (isDown ? "silent" : "good"));
      checker.configure([instance("192.0.2.1")]);
      timers.pass(10_001 + outage);
      isDown = true;
      const began = timers.now();
      timers.pass(20_000);
      const took = Number(turned[0].split(" ")[0]) - began;
      expect(took).toBeGreaterThanOrEqual(2_999);
      expect(took).toBeLessThanOrEqual(5_000);
    }
  });

  test("are at most 64 at one time, and none is forgotten", () => {
    const { timers, begun, checker } = setUp();
    checker.configure(many(200, { interval: 2, timeout: 1.9 }));
    let most = 0;
    for (let at = 0; at < 30_000; at += 100) {
      timers.pass(100);
      most = Math.max(most, begun.filter(({ isCancelled }) => !isCancelled).length);
    }
    expect(most).toBe(64);
    expect(new Set(begun.map(({ address }) => address)).size).toBe(200);
    expect(checker.late).toBeGreaterThan(0);
  });

  test("are never late while there is room", () => {
    const { timers, checker } = setUp(() => "good");
    checker.configure(many(200));
    timers.pass(30_000);
    expect(checker.late).toBe(0);
  });

  test("that answer twice, or too late, count once", () => {
    const { timers, begun, checker } = setUp();
    checker.configure([instance("192.0.2.1")]);
    timers.pass(500);
    begun[0].done("connection refused");
    begun[0].done("connection refused");
    timers.pass(100);
    expect(checker.stateOf("edge@192.0.2.1")).toMatchObject({ isUp: true, against: 1 });
    timers.pass(2_500);
    begun[1].done(undefined);
    expect(checker.stateOf("edge@192.0.2.1")).toMatchObject({ isUp: false });
  });
});

describe("another configuration", () => {
  test("keeps what is known of a target that is checked as before", () => {
    const { timers, checker } = setUp(() => "bad");
    checker.configure([instance("192.0.2.1")]);
    timers.pass(3_000);
    checker.configure([instance("192.0.2.2"), instance("192.0.2.1")]);
    expect(checker.stateOf("edge@192.0.2.1")?.isUp).toBe(false);
    expect(checker.stateOf("edge@192.0.2.2")?.isUp).toBe(true);
  });

  test("begins anew with a target that is checked in another way", () => {
    const { timers, checker } = setUp(() => "bad");
    checker.configure([instance("192.0.2.1")]);
    timers.pass(3_000);
    checker.configure([instance("192.0.2.1", { port: 81 })]);
    expect(checker.stateOf("edge@192.0.2.1")?.isUp).toBe(true);
  });

  test("breaks off the checks of targets that are gone, and their places are free", () => {
    const { timers, begun, checker } = setUp();
    checker.configure(many(64, { interval: 10, timeout: 9 }));
    timers.pass(9_990);
    checker.configure([instance("192.0.2.1")]);
    timers.pass(1);
    expect(begun.filter(({ isCancelled }) => !isCancelled).map(({ address }) => address)).toEqual(["192.0.2.1"]);
    checker.stop();
    expect(timers.pending).toBe(0);
  });
});

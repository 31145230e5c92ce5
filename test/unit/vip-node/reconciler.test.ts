import { describe, expect, test } from "vitest";
import { delay } from "../../../src/base/timers.js";
import { afterSteps } from "../../../src/vip-node/believed.js";
import type { Actual, Service } from "../../../src/vip-node/model.js";
import type { Step } from "../../../src/vip-node/plan.js";
import type { DataPlane, Refusal, StepFailure } from "../../../src/vip-node/plane.js";
import { type Desired, Reconciler } from "../../../src/vip-node/reconciler.js";
import { ManualTimers, settle } from "../../support/timers.js";

const service = (port: number, ...weights: number[]): Service => ({
  address: "11.0.0.1",
  port,
  protocol: "tcp",
  name: `web.example:${port}`,
  targets: weights.map((weight, index) => ({ ip: `192.0.2.${index + 1}`, port: 80, weight })),
});

/** A data plane in memory that does what it is told. */
class Memory implements DataPlane {
  readonly name = "haproxy";
  readonly territory = "memory";
  readonly keepsDrained = true;
  readonly mapsLocally = false;
  changesServicesLater = false;
  actual: Actual = [];
  reads = 0;
  readonly plans: string[][] = [];
  refusals = new Map<number, Refusal>();
  broken: Error | undefined;
  failing: (step: Step) => string | undefined = () => undefined;
  working: () => Promise<unknown> = async () => undefined;

  async start() {}
  async stop() {}
  async clear() {
    this.actual = [];
  }

  async read() {
    this.reads++;
    if (this.broken) throw this.broken;
    return this.actual;
  }

  look() {
    return this.read();
  }

  async refusal({ port }: { readonly port: number }) {
    return this.refusals.get(port);
  }

  async apply(steps: readonly Step[]) {
    if (this.broken) throw this.broken;
    await this.working();
    this.plans.push(steps.map(({ kind, service }) => `${kind} ${service.port}`));
    const failures: StepFailure[] = steps.flatMap((step) => {
      const reason = this.failing(step);
      return reason === undefined ? [] : [{ step, reason }];
    });
    const failed = new Set(failures.map(({ step }) => step));
    this.actual = afterSteps(
      this.actual,
      steps.filter((step) => !failed.has(step)),
      true,
    );
    return failures;
  }
}

function setUp({ lingerMs = 60_000, drainMs = 0 } = {}) {
  const timers = new ManualTimers();
  const plane = new Memory();
  const lines: string[] = [];
  const line = (...words: unknown[]) => void lines.push(String(words.at(-1)));
  const reconciler = new Reconciler({
    plane,
    timers,
    log: { info: line, warn: line, debug: () => undefined },
    lingerMs,
    drainMs,
  });
  const want = async (services: readonly Service[], more: Partial<Desired> = {}) => {
    reconciler.want({ services, isComplete: true, since: timers.now(), ...more });
    await timers.advance(100);
  };
  return { timers, plane, lines, reconciler, want };
}

describe("a node", () => {
  test("adopts what stands, and changes only what differs", async () => {
    const { plane, want } = setUp();
    plane.actual = afterSteps([], [{ kind: "add-service", service: service(1, 1, 1) }], true);
    await want([service(1, 1, 1)]);
    expect(plane.plans).toEqual([]);
    await want([service(1, 1, 0), service(2, 1)]);
    expect(plane.plans).toEqual([["add-service 2", "set-weight 1"]]);
  });

  test("plans changes that come together at once, and at most ten times a second", async () => {
    const { plane, reconciler, timers, want } = setUp();
    await want([service(1, 1)]);
    await timers.advance(5_000);
    plane.plans.length = 0;
    for (let weight = 2; weight <= 101; weight++) {
      reconciler.want({ services: [service(1, weight)], isComplete: true, since: timers.now() });
      await timers.advance(10);
    }
    await timers.advance(100);
    expect(plane.plans.length).toBeGreaterThan(8);
    expect(plane.plans.length).toBeLessThanOrEqual(12);
    expect(plane.actual[0].targets[0].weight).toBe(101);
  });

  test("does nothing more once everything is as it should be, but looks every 30 s, and puts right what others have changed", async () => {
    const { plane, want, timers, lines, reconciler } = setUp();
    await want([service(1, 1)]);
    await timers.advance(2_000);
    const reads = plane.reads;
    await timers.advance(29_000);
    expect(plane.reads).toBeLessThanOrEqual(reads + 1);
    plane.actual = [];
    await timers.advance(60_000);
    expect(plane.actual).toHaveLength(1);
    expect(reconciler.report.drift).toBe(1);
    expect(lines).toContain("somebody has changed what this node carries; it is put right: add-service tcp:11.0.0.1:1");
  });

  test("keeps a service that nobody wants any more for its time, and what an incomplete table lacks for ever", async () => {
    const { plane, want, timers } = setUp({ lingerMs: 45_000 });
    await want([service(1, 1), service(2, 1)]);
    await want([service(1, 1)], { isComplete: false });
    await timers.advance(600_000);
    expect(plane.actual).toHaveLength(2);
    await want([service(1, 1)]);
    await timers.advance(44_000);
    expect(plane.actual).toHaveLength(2);
    await timers.advance(1_000);
    expect(plane.actual).toHaveLength(1);
  });

  test("takes a service away whose time is over while other steps are taken, as soon as they are", async () => {
    const { plane, want, timers } = setUp({ lingerMs: 45_000 });
    await want([service(1, 1), service(2, 1)]);
    await want([service(1, 1)]);
    await timers.advance(44_850);
    plane.working = () => delay(timers, 100).elapsed;
    await want([service(1, 2)]);
    await timers.advance(300);
    expect(plane.actual).toHaveLength(1);
  });

  test("retires a target that is gone, deletes it when it is idle, and cuts it only if it is told to", async () => {
    const { plane, want, timers } = setUp({ drainMs: 120_000 });
    await want([service(1, 1, 1)]);
    await want([service(1, 1)]);
    expect(plane.actual[0].targets.map(({ isRetired }) => isRetired)).toEqual([false, true]);
    await timers.advance(100_000);
    expect(plane.actual[0].targets).toHaveLength(2);
    await timers.advance(20_000);
    expect(plane.actual[0].targets).toHaveLength(1);
  });

  test("tries a step again that failed, which costs no other", async () => {
    const { plane, want, timers, reconciler } = setUp();
    plane.failing = ({ service }) => (service.port === 2 ? "no such thing" : undefined);
    await want([service(1, 1), service(2, 1)]);
    expect(plane.actual).toHaveLength(1);
    expect(reconciler.report.failures).toEqual(["add-service tcp:11.0.0.1:2: no such thing"]);
    plane.failing = () => undefined;
    await timers.advance(2_000);
    expect(plane.actual).toHaveLength(2);
  });

  test("has a plane that is gone brought back within a second, not at the next look", async () => {
    const { plane, reconciler, timers, lines, want } = setUp();
    let isThere = true;
    Object.assign(plane, { isAlive: async () => isThere });
    reconciler.start();
    await want([service(1, 1)]);
    await timers.advance(5_000);
    const { reads } = plane;
    plane.actual = [];
    isThere = false;
    await timers.advance(1_000);
    isThere = true;
    await timers.advance(500);
    expect(plane.reads).toBe(reads + 1);
    expect(plane.actual).toHaveLength(1);
    expect(lines).toContain("haproxy has ended, and is started again");
    await reconciler.stop();
    expect(timers.pending).toBe(0);
  });

  test("goes on when the plane works again, from what it reads then", async () => {
    const { plane, want, timers, lines, reconciler } = setUp();
    plane.broken = new Error("nft is not there");
    await want([service(1, 1)]);
    await timers.advance(5_000);
    expect(reconciler.report.trouble).toBe("nft is not there");
    expect(lines.filter((line) => line === "nft is not there")).toHaveLength(1);
    plane.broken = undefined;
    await timers.advance(2_000);
    expect(plane.actual).toHaveLength(1);
    expect(lines).toContain("the data plane works again");
  });

  test("says what it cannot carry, once, carries the rest, and tries again", async () => {
    const { plane, want, timers, lines, reconciler } = setUp();
    plane.refusals.set(2, { reason: "port_in_use", detail: "something listens on 0.0.0.0:2" });
    await want([service(1, 1), service(2, 1)]);
    await timers.advance(65_000);
    expect(lines.filter((line) => line.startsWith("web.example:2"))).toEqual([
      "web.example:2 is not carried here: something listens on 0.0.0.0:2",
    ]);
    expect([...reconciler.report.refused.keys()]).toEqual(["tcp:11.0.0.1:2"]);
    plane.refusals.clear();
    await timers.advance(31_000);
    expect(plane.actual).toHaveLength(2);
    expect(reconciler.report.drift).toBe(0);
  });

  test("measures from the change at the server to the end of the last step", async () => {
    const { reconciler, timers } = setUp();
    await timers.advance(10_000);
    reconciler.want({ services: [service(1, 1)], isComplete: true, since: timers.now() - 300 });
    await timers.advance(5_000);
    reconciler.want({ services: [service(1, 2)], isComplete: true, since: timers.now() - 20 });
    await timers.advance(5_000);
    const [[plane, times]] = reconciler.report.syncTimes.entries();
    expect([plane, times.count]).toEqual(["haproxy", 2]);
    expect(times.sum).toBeCloseTo(0.32);
  });

  test("reads again until services have come that come later, and only then is done", async () => {
    const { plane, reconciler, timers } = setUp();
    plane.changesServicesLater = true;
    plane.apply = async () => [];
    await timers.advance(10_000);
    reconciler.want({ services: [service(1, 1)], isComplete: true, since: timers.now() });
    await timers.advance(2_500);
    expect(reconciler.report.syncTimes.entries()).toEqual([]);
    plane.actual = afterSteps([], [{ kind: "add-service", service: service(1, 1) }], true);
    await timers.advance(1_500);
    const [[, times]] = reconciler.report.syncTimes.entries();
    expect(times.sum).toBeGreaterThan(1);
  });

  test("reads what stands once a second while services are to come, however often others change", async () => {
    const { plane, timers, want } = setUp();
    plane.changesServicesLater = true;
    plane.actual = afterSteps([], [{ kind: "add-service", service: service(1, 1) }], true);
    plane.apply = async () => [];
    await want([service(1, 1), service(2, 1)]);
    await timers.advance(950);
    const { reads } = plane;
    for (let weight = 2; weight <= 21; weight++) await want([service(1, weight), service(2, 1)]);
    expect(plane.reads - reads).toBe(2);
  });

  test("takes nothing away when it ends", async () => {
    const { plane, want, reconciler, timers } = setUp();
    await want([service(1, 1)]);
    await reconciler.stop();
    await settle();
    const { reads } = plane;
    await timers.advance(100_000);
    expect([plane.actual.length, plane.reads, timers.pending]).toEqual([1, reads, 0]);
  });
});

import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { Upstream } from "../../../src/forward/upstream.js";
import { UpstreamLog } from "../../../src/serving/upstream-log.js";
import { ManualTimers } from "../../support/timers.js";
import { resolver } from "../forward/support.js";

const MINUTE = 60_000;

interface Line {
  readonly resolver: string;
  readonly msg: string;
  readonly changes?: number;
  readonly health?: string;
  readonly reason?: string;
}

function start() {
  const lines: Line[] = [];
  const timers = new ManualTimers();
  const sink = { write: (line: string) => lines.push(JSON.parse(line) as Line) };
  const log = new UpstreamLog(pino({}, sink), timers);
  const nothing = () => undefined;
  const link = { inFlight: 0, send: nothing, expire: nothing, forgetUnwanted: nothing, close: nothing };
  const make = (address: string) =>
    new Upstream(resolver(address), undefined, () => ({ datagrams: link, stream: link }));
  const question = {} as never;
  /** Lets the upstream go down and come back this many times, once every `ms` milliseconds. */
  const flap = (upstream: Upstream, times: number, ms: number) => {
    for (let i = 0; i < times; i++) {
      for (let failure = 0; failure < 3; failure++)
        if (upstream.failed("connection refused", question)) log.changed(upstream);
      timers.pass(ms / 2);
      if (upstream.succeeded()) log.changed(upstream);
      timers.pass(ms / 2);
    }
  };
  return { lines, timers, log, make, flap };
}

describe("in the log, an upstream", () => {
  test("that goes down and comes back has a line for each, at once", () => {
    const { lines, timers, make, flap } = start();
    const upstream = make("192.0.2.1");
    for (let i = 0; i < 3; i++) {
      flap(upstream, 1, 1_000);
      expect(lines.splice(0)).toMatchObject([
        { resolver: "192.0.2.1:53", msg: expect.stringMatching(/^this resolver fails/), reason: "connection refused" },
        { resolver: "192.0.2.1:53", msg: "this resolver answers again" },
      ]);
      timers.pass(2 * MINUTE);
    }
    expect(timers.pending).toBe(0);
  });

  test.each([20, 100, 1_000])("that flaps every %i ms has two lines, and then one a minute with a count", (ms) => {
    const { lines, make, flap } = start();
    flap(make("192.0.2.1"), (3 * MINUTE) / ms, ms);
    const flaps = MINUTE / ms;
    expect(lines).toHaveLength(2 + 3);
    expect(lines.slice(2).reduce((sum, { changes = 0 }) => sum + changes, 0)).toBeCloseTo(6 * flaps - 2, -1);
    expect(lines[2].msg).toMatch(/^this resolver comes and goes: \d+ more changes in a minute; now it answers$/);
    expect(lines[2].health).toBe("up");
  });

  test("that flaps does not suppress lines of others, and has lines at once again after a minute without changes", () => {
    const { lines, timers, make, flap } = start();
    const [one, other] = [make("192.0.2.1"), make("192.0.2.2")];
    flap(one, 10, 100);
    flap(other, 1, 100);
    expect(lines.map((line) => line.resolver)).toEqual([
      ...Array(2).fill("192.0.2.1:53"),
      ...Array(2).fill("192.0.2.2:53"),
    ]);
    timers.pass(2 * MINUTE);
    expect(lines.splice(0)).toHaveLength(5);
    flap(one, 1, 100);
    expect(lines).toHaveLength(2);
  });

  test("that minds letter case has one line", () => {
    const { lines, log, make } = start();
    log.mindsCase(make("192.0.2.1"));
    expect(lines).toMatchObject([{ resolver: "192.0.2.1:53", msg: expect.stringContaining("letter case") }]);
  });

  test("has no more lines after the server has stopped", () => {
    const { lines, timers, log, make, flap } = start();
    flap(make("192.0.2.1"), 10, 100);
    log.close();
    timers.pass(2 * MINUTE);
    expect(lines).toHaveLength(2);
    expect(timers.pending).toBe(0);
  });
});

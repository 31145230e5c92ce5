import { describe, expect, test } from "vitest";
import { afterResult, type CheckState, isFlapping, UNKNOWN } from "../../../src/health/state.js";

const RULES = { failures: 3, successes: 2 };
const SECOND = 1_000;

/** The states after results, one a second: `.` for a good one, `x` for a bad one. */
function statesAfter(results: string, { from = UNKNOWN, at = 0, rules = RULES } = {}): readonly CheckState[] {
  const states: CheckState[] = [];
  let state = from;
  [...results].forEach((result, index) => {
    const error = result === "." ? undefined : "connection refused";
    state = afterResult(state, { error, seconds: 0.01 }, rules, at + index * SECOND);
    states.push(state);
  });
  return states;
}

const upOrDown = (states: readonly CheckState[]) => states.map(({ isUp }) => (isUp ? "U" : "d")).join("");
const last = (states: readonly CheckState[]) => states.at(-1) as CheckState;

describe("a target", () => {
  test("is good until there is enough to judge", () => {
    expect(UNKNOWN.isUp).toBe(true);
    expect(upOrDown(statesAfter("xx"))).toBe("UU");
  });

  test("turns bad after as many bad results in a row as are needed, and good again after as many good ones", () => {
    expect(upOrDown(statesAfter("xxx..x"))).toBe("UUddUU");
  });

  test.each(["xx.xx.xx.", "x.x.x.x.x"])("stays good while bad results are never enough in a row: %s", (results) => {
    expect(upOrDown(statesAfter(results))).toBe("U".repeat(results.length));
  });

  test("stays bad while good results are never enough in a row", () => {
    expect(upOrDown(statesAfter("xxx.x.x.x"))).toBe("UUddddddd");
  });

  test("tells when it has changed, and what its last result was", () => {
    const state = last(statesAfter("..xxxx"));
    expect(state).toMatchObject({ isUp: false, since: 4 * SECOND, against: 0 });
    expect(state.last).toEqual({ error: "connection refused", seconds: 0.01, at: 5 * SECOND });
  });

  test("needs one result if one is enough", () => {
    expect(upOrDown(statesAfter(".x.", { rules: { failures: 1, successes: 1 } }))).toBe("UdU");
  });
});

describe("a flapping target", () => {
  const QUICK = { failures: 1, successes: 1 };

  test("needs twice as many good results with each change from the third within a minute on, and turns bad at once", () => {
    expect(upOrDown(statesAfter("x.x.", { rules: QUICK }))).toBe("dUdd");
    expect(upOrDown(statesAfter("x.x..", { rules: QUICK }))).toBe("dUddU");
    expect(last(statesAfter("x.x", { rules: QUICK })).caution).toBe(2);
    expect(last(statesAfter("x.x..", { rules: QUICK })).caution).toBe(4);
    expect(last(statesAfter("x.x..x", { rules: QUICK })).caution).toBe(8);
  });

  test("never needs more than sixteen times as many", () => {
    let state = UNKNOWN;
    for (let at = 0; at < 400; at++) {
      state = afterResult(state, { error: at % 20 === 19 ? "x" : undefined, seconds: 0 }, QUICK, at * SECOND);
      expect(state.caution).toBeLessThanOrEqual(16);
    }
  });

  test("is as any other again after a minute without a change", () => {
    const flapping = last(statesAfter("x.x..", { rules: QUICK }));
    expect(isFlapping(flapping)).toBe(true);
    const soon = last(statesAfter(".", { from: flapping, at: 63 * SECOND, rules: QUICK }));
    expect(isFlapping(soon)).toBe(true);
    const later = last(statesAfter(".", { from: flapping, at: 64 * SECOND, rules: QUICK }));
    expect(isFlapping(later)).toBe(false);
    expect(upOrDown(statesAfter("x.", { from: later, at: 65 * SECOND, rules: QUICK }))).toBe("dU");
  });

  test("is as any other again soon after the clock was set back", () => {
    const flapping = last(statesAfter("x.x..", { from: UNKNOWN, at: 3_600 * SECOND, rules: QUICK }));
    expect(isFlapping(last(statesAfter(".", { from: flapping, at: 0, rules: QUICK })))).toBe(false);
  });

  test("is none with three changes that are more than a minute apart", () => {
    let state = UNKNOWN;
    for (const [minute, error] of [
      [0, "x"],
      [1.1, undefined],
      [2.2, "x"],
      [3.3, undefined],
    ] as const) {
      state = afterResult(state, { error, seconds: 0 }, QUICK, minute * 60_000);
    }
    expect(isFlapping(state)).toBe(false);
  });
});

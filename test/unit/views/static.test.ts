import { describe, expect, test } from "vitest";
import type { RecordPolicy, StaticValue } from "../../../src/config/static-record.js";
import { candidatesOf } from "../../../src/views/static/candidates.js";
import { PICK } from "../../../src/wire/prepared.js";

const BOTH = [true, false];

function valuesOf(weights: readonly number[]): StaticValue[] {
  return weights.map((weight, i) => ({ id: String(i), value: `192.0.2.${i}`, weight }));
}

/** The positions of the candidates. */
function left(policy: RecordPolicy, weights: readonly number[], health: readonly boolean[]) {
  const values = valuesOf(weights);
  const found = candidatesOf(policy, values, (value) => health[values.indexOf(value)] ?? true);
  return { ...found, values: found.values.map((value) => values.indexOf(value)) };
}

describe("weighted values", () => {
  test.each([
    [[false, false, true], [2], false],
    [[false, false, false], [0, 1], true],
    [[false, true, false], [1], false],
    [[true, true, true], [0, 1], false],
    [[true, true, false], [0, 1], false],
  ])("of weights 1, 1, 0 and health %j leave %j", (health, values, failedOpen) => {
    expect(left("weighted", [1, 1, 0], health)).toEqual({ values, pick: PICK.ONE, failedOpen });
  });

  test("follow the four rules in every combination of weights and health", () => {
    const combinations = (n: number): boolean[][] =>
      n === 0 ? [[]] : combinations(n - 1).flatMap((rest) => BOTH.map((each) => [...rest, each]));
    for (const positive of combinations(4)) {
      for (const health of combinations(4)) {
        const weights = positive.map((isPositive) => (isPositive ? 5 : 0));
        const all = [0, 1, 2, 3];
        const healthy = all.filter((i) => health[i]);
        const rules = [
          healthy.filter((i) => positive[i]),
          healthy.filter((i) => !positive[i]),
          all.filter((i) => positive[i]),
          all,
        ];
        const expected = rules.find((rule) => rule.length > 0);
        const failedOpen = healthy.length === 0;
        expect(left("weighted", weights, health), `${weights} ${health}`).toEqual({
          values: expected,
          pick: PICK.ONE,
          failedOpen,
        });
      }
    }
  });
});

test.each<[RecordPolicy, readonly boolean[], readonly number[], number, boolean]>([
  ["simple", [false, true, false], [0, 1, 2], PICK.ALL, false],
  ["failover", [true, true, true], [0], PICK.ALL, false],
  ["failover", [false, false, true], [2], PICK.ALL, false],
  ["failover", [false, false, false], [0], PICK.ALL, true],
  ["multivalue", [true, false, true], [0, 2], PICK.SOME, false],
  ["multivalue", [false, false, false], [0, 1, 2], PICK.SOME, true],
])("%s with health %j leaves %j", (policy, health, values, pick, failedOpen) => {
  expect(left(policy, [1, 1, 1], health)).toEqual({ values, pick, failedOpen });
});

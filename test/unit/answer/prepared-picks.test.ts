import { describe, expect, test } from "vitest";
import { PreparedPicks } from "../../../src/answer/prepared-picks.js";
import { PICK, type PickWay, prepare } from "../../../src/wire/prepared.js";
import { TYPE } from "../../../src/wire/protocol.js";

/** The picks of an answer to a set of records with these weights, where the random numbers are these in turn. */
function pick(weights: readonly number[], way: PickWay, randoms: readonly number[]): readonly number[] {
  const records = weights.map((weight, i) => ({ rdata: Uint8Array.of(192, 0, 2, i), weight }));
  const set = prepare(TYPE.A, records, { pick: way });
  const [next] = [randoms[Symbol.iterator]()];
  const picks = new PreparedPicks(() => next.next().value ?? 0);
  // An entry that consists of the set's descriptor, and the set behind it.
  picks.select(Uint32Array.of(TYPE.A, weights.length, 3, ...set.words), 0, 0, 60);
  return Array.from({ length: picks.total }, (_, n) => picks.at(n));
}

describe("one of weighted records", () => {
  test.each([[[10, 10, 1]], [[1, 255, 0, 7]], [[0, 3]]])(
    "is picked exactly as often as its weight says: %j",
    (weights) => {
      const sum = weights.reduce((a, b) => a + b);
      const counts = weights.map(() => 0);
      for (let random = 0; random < sum; random++) counts[pick(weights, PICK.ONE, [random])[0]]++;
      expect(counts).toEqual(weights);
    },
  );

  test("is each equally often if all weights are 0", () => {
    expect([0, 1, 2].map((random) => pick([0, 0, 0], PICK.ONE, [random])[0])).toEqual([0, 1, 2]);
  });
});

test("a set that has one record left is answered with that one, whatever was picked of others before", () => {
  const picks = new PreparedPicks(() => 0);
  const select = (count: number) => {
    const records = Array.from({ length: count }, (_, i) => ({ rdata: Uint8Array.of(192, 0, 2, i), weight: 0 }));
    const set = prepare(TYPE.A, records, { pick: PICK.SOME });
    picks.select(Uint32Array.of(TYPE.A, count, 3, ...set.words), 0, 0, 60);
    return Array.from({ length: picks.total }, (_, n) => picks.at(n));
  };
  expect([...select(3)].sort()).toEqual([0, 1, 2]);
  expect(select(1)).toEqual([0]);
});

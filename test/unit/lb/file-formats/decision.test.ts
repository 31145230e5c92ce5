import { expect, test } from "vitest";
import { decide, type Situation } from "../../../../src/lb/file-formats/decision.js";

const CALM: Situation = {
  isNew: false,
  isAsked: false,
  isGone: false,
  now: 10_000,
  wantedSince: undefined,
  reloadedAt: Number.NEGATIVE_INFINITY,
  coalesceMs: 250,
  minIntervalMs: 5_000,
};

test.each<[what: string, situation: Partial<Situation>, decision: object]>([
  ["what is the same needs nothing", {}, { kind: "nothing" }],
  ["a change waits for those that come with it", { isNew: true }, { kind: "wait", ms: 250 }],
  ["it has waited", { isNew: true, wantedSince: 9_750 }, { kind: "reload" }],
  [
    "a reload keeps its distance to the last one",
    { isNew: true, wantedSince: 0, reloadedAt: 6_000 },
    { kind: "wait", ms: 1_000 },
  ],
  ["a reload is done where it is asked for", { isAsked: true, wantedSince: 0 }, { kind: "reload" }],
  ["nobody waits for a HAProxy that is gone", { isNew: true, isGone: true, reloadedAt: 9_999 }, { kind: "start" }],
])("%s", (_, situation, decision) => {
  expect(decide({ ...CALM, ...situation })).toEqual(decision);
});

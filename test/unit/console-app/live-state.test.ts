import { expect, test } from "vitest";
import type { Figures, NumberedChange } from "../../../src/console/figures.js";
import { after, lostSince, NOTHING } from "../../../src/console-app/live-state.js";

const figures = (local: number) =>
  ({
    at: 1_000,
    queries: { local, forward: 0, none: 0 },
    latency: { local: null },
    forwarding: null,
  }) as unknown as Figures;
const change = (id: number): NumberedChange => ({
  id,
  at: "2023-11-14T22:13:20.000Z",
  kind: "leader",
  text: "x leads.",
});
const HISTORY = { at: 0, local: [1, 2], forward: [0, 0], other: [0, 0], latency: [null, 0.1], hitRate: [null, null] };

test("the stream's first event connects, and charts go on from its history", () => {
  const begun = after(NOTHING, "history", { history: HISTORY }, 1_000);
  expect(begun.isConnected).toBe(true);
  expect(after(begun, "figures", figures(7), 2_000).history?.local).toEqual([1, 2, 7]);
});

test("charts have the last five minutes, and no more", () => {
  let state = NOTHING;
  for (let i = 0; i < 350; i++) state = after(state, "figures", figures(i), i);
  expect([state.history?.local.length, state.history?.local[0]]).toEqual([300, 50]);
});

test("changes are there once, the newest first, also when a stream tells them again", () => {
  let state = NOTHING;
  for (const id of [1, 2, 2, 1, 3]) state = after(state, "change", change(id), 1);
  expect(state.changes.map(({ id }) => id)).toEqual([3, 2, 1]);
});

test("a server that tells nothing for some seconds is lost, and found again when it tells", () => {
  const begun = after(NOTHING, "history", { history: HISTORY }, 1_000);
  const cut = { ...after(begun, "figures", figures(7), 2_000), isConnected: false };
  expect([lostSince(NOTHING, 9_000), lostSince(begun, 9_000), lostSince(cut, 4_999)]).toEqual(Array(3).fill(undefined));
  expect(lostSince(cut, 5_000)).toBe(2_000);
  expect(lostSince(after(cut, "history", { history: HISTORY }, 6_000), 9_000)).toBeUndefined();
});

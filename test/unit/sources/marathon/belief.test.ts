import { expect, test } from "vitest";
import type { MarathonApp } from "../../../../src/sources/marathon/app.js";
import { Belief } from "../../../../src/sources/marathon/belief.js";
import { readApps } from "../../../../src/sources/marathon/read-apps.js";
import { app, task } from "../../../support/scripted-marathon.js";

/** Apps with so many tasks: `{"/web": 3}`. */
function listOf(apps: Readonly<Record<string, number>>): readonly MarathonApp[] {
  const given = Object.entries(apps).map(([id, tasks]) =>
    app(id, { tasks: Array.from({ length: tasks }, () => task("192.0.2.10", [31_000])) }),
  );
  return readApps({ apps: given }).apps;
}

const countsOf = (apps: readonly MarathonApp[] | undefined) =>
  apps && Object.fromEntries(apps.map(({ id, tasks }) => [id, tasks.length]));

const FULL = { "/a": 4, "/b": 4, "/c": 4, "/d": 4 };

/** One list a call: what is believed after it, on a clock in seconds. */
function believing(first?: Readonly<Record<string, number>>) {
  const belief = new Belief();
  const take = (apps: Readonly<Record<string, number>>, seconds: number, leader = "one") => {
    const now = seconds * 1_000;
    return countsOf(belief.take(listOf(apps), { now, askedAt: now, leader }));
  };
  if (first) take(first, 0);
  return { belief, take };
}

test("apps that go one by one go at once, down to none but the last", () => {
  const { belief, take } = believing(FULL);
  for (const [at, left] of [{ "/a": 4, "/b": 4, "/c": 4 }, { "/a": 4, "/c": 4 }, { "/a": 4 }, { "/a": 0 }].entries()) {
    expect(take(left, at + 1)).toEqual(left);
    expect(belief.held).toBeUndefined();
  }
});

test("an app that is scaled from very many tasks to one is believed at once, and so is one that moves", () => {
  const { take } = believing({ "/large": 1_000, "/small": 1 });
  expect(take({ "/large": 1, "/small": 1 }, 1)).toEqual({ "/large": 1, "/small": 1 });
  expect(take({ "/large": 1, "/other": 1 }, 2)).toEqual({ "/large": 1, "/other": 1 });
});

test("an empty list after a full one is held, and believed after 60 s", () => {
  const { belief, take } = believing(FULL);
  expect(take({}, 10)).toEqual(FULL);
  expect(belief.held).toEqual({ since: 10_000, apps: 4, tasks: 16 });
  expect(belief.recheckMs).toBe(5_000);
  expect(take({}, 69)).toEqual(FULL);
  expect(take({}, 70)).toEqual({});
  expect(belief.held).toBeUndefined();
  expect(belief.recheckMs).toBeUndefined();
});

test("an empty list says nothing at the start, until it has stayed for 60 s", () => {
  const { belief, take } = believing();
  expect(take({}, 0)).toBeUndefined();
  expect(belief.held).toEqual({ since: 0, apps: 0, tasks: 0 });
  expect(take({}, 59)).toBeUndefined();
  expect(take({ "/a": 1 }, 59.5)).toEqual({ "/a": 1 });
  expect(believing({}).take({}, 60)).toEqual({});
});

test.each([
  ["most apps are gone", { "/a": 4 }],
  ["most apps have no tasks", { "/a": 4, "/b": 0, "/c": 0, "/d": 0 }],
  ["most tasks are gone", { "/a": 1, "/b": 1, "/c": 1, "/d": 1 }],
  ["all tasks are gone", { "/a": 0, "/b": 0, "/c": 0, "/d": 0 }],
])("a list in which %s is held for 10 s where the leader is the same", (_, left) => {
  const { take } = believing(FULL);
  expect(take(left, 100)).toEqual(FULL);
  expect(take(left, 109)).toEqual(FULL);
  expect(take(left, 110)).toEqual(left);
});

test("many small apps that go are not outweighed by a large one that stays", () => {
  const small = { "/b": 1, "/c": 1, "/d": 1 };
  const { take } = believing({ "/large": 1_000, ...small });
  expect(take({ "/large": 1_000 }, 1)).toEqual({ "/large": 1_000, ...small });
});

test("of a list that is held, what is new counts", () => {
  const { take } = believing(FULL);
  expect(take({ "/a": 6, "/new": 1, "/b": 1 }, 1)).toEqual({ "/a": 6, "/new": 1, "/b": 4, "/c": 4, "/d": 4 });
});

test("a full list is believed again at once", () => {
  const { belief, take } = believing(FULL);
  take({}, 1);
  expect(take(FULL, 2)).toEqual(FULL);
  expect(belief.held).toBeUndefined();
});

test("a new leader has to say for 60 s that it knows so little, and what another one has said does not count", () => {
  const { take } = believing(FULL);
  expect(take({ "/a": 4 }, 100)).toEqual(FULL);
  expect(take({ "/a": 4 }, 109, "two")).toEqual(FULL);
  expect(take({ "/a": 4 }, 168, "two")).toEqual(FULL);
  expect(take({ "/a": 4 }, 169, "two")).toEqual({ "/a": 4 });
});

test("a new leader that lacks a single app is not believed at once", () => {
  const { take } = believing({ "/a": 3, "/b": 1 });
  expect(take({ "/b": 1 }, 100, "two")).toEqual({ "/b": 1, "/a": 3 });
});

test("a list that was asked for before it was time confirms nothing", () => {
  const { belief, take } = believing(FULL);
  take({}, 0);
  expect(countsOf(belief.take([], { now: 90_000, askedAt: 59_000, leader: "one" }))).toEqual(FULL);
});

import { describe, expect, test } from "vitest";
import { VipBoard } from "../../../../src/http/vips/board.js";
import { ManualTimers } from "../../../support/timers.js";
import { COUNTS } from "./support.js";

function setUp() {
  const timers = new ManualTimers();
  const board = new VipBoard(true, timers, () => 0);
  const told: string[] = [];
  board.listen(() => void told.push(`${timers.now()} ${board.list.rendering.body}`.trim().replaceAll("\n", "")));
  const take = (services: readonly (readonly [string, string])[], gone: readonly string[] = [], isFirst = false) =>
    board.take({ isFirst, services, gone, counts: COUNTS });
  return { timers, board, told, take };
}

describe("the list of virtual addresses", () => {
  test("is told at once, and changes that follow within a fifth of a second together", () => {
    const { timers, told, take } = setUp();
    take([["a", "1"]], [], true);
    timers.pass(100);
    take([["b", "2"]]);
    take([["c", "3"]]);
    timers.pass(99);
    expect(told).toEqual(["0 [1]"]);
    timers.pass(1);
    expect(told).toEqual(["0 [1]", "200 [1,2,3]"]);
    timers.pass(1_000);
    take([], ["a", "c"]);
    expect(told.at(-1)).toBe("1200 [2]");
    expect(timers.pending).toBe(0);
  });

  test("has the same tag for the same content, whatever the way there", () => {
    const one = setUp();
    one.take([["a", "1"]], [], true);
    const before = one.board.list.etag;
    one.timers.pass(1_000);
    one.take([["b", "2"]]);
    expect(one.board.list.etag).not.toBe(before);
    one.timers.pass(1_000);
    one.take([], ["b"]);
    expect(one.board.list.etag).toBe(before);
    const other = setUp();
    other.take([["a", "1"]], [], true);
    expect(other.board.list.etag).toBe(before);
  });

  test("takes no change of a table that it has not got", () => {
    const { board, take } = setUp();
    take([["a", "1"]]);
    expect(board.state).toBe("empty");
    take([["b", "2"]], [], true);
    expect(board.list.rendering.body.toString()).toBe("[2]\n");
  });

  test("is gone when it is turned off", () => {
    const { board, told, take } = setUp();
    take([["a", "1"]], [], true);
    board.configure(false);
    expect(board.state).toBe("off");
    expect(told).toHaveLength(2);
    take([["b", "2"]], [], true);
    expect(board.state).toBe("off");
  });
});

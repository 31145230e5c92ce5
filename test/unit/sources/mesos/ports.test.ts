import { describe, expect, it } from "vitest";
import { parsePortRanges } from "../../../../src/sources/mesos/ports.js";

describe("the port ranges of a task", () => {
  it.each([
    [
      "[31000-31002, 31005-31005]",
      [
        [31000, 31002],
        [31005, 31005],
      ],
    ],
    ["[31000-31000]", [[31000, 31000]]],
    [
      " [ 1-1 ,65535-65535 ] ",
      [
        [1, 1],
        [65535, 65535],
      ],
    ],
    ["[]", []],
    ["", []],
    [undefined, []],
    [31000, []],
    ["31000-31002", []],
  ])("are read from %j", (text, ranges) => {
    expect(parsePortRanges(text)).toEqual(ranges);
  });

  it.each(["0-5", "5-4", "65535-65536", "5", "-5", "5-", "1-2-3", "0x10-0x20", "1e3-2e3", "a-b", "31000-31001.5"])(
    "leave out %s, and keep the others",
    (range) => {
      expect(parsePortRanges(`[80-80, ${range}, 443-443]`)).toEqual([
        [80, 80],
        [443, 443],
      ]);
    },
  );
});

import { describe, expect, it } from "vitest";
import { waitIn } from "../../../../src/http/catalog/wait.js";
import { parseDuration } from "../../../../src/http/waiting/duration.js";

const read = (query: string, random = 0) => waitIn(new URLSearchParams(query), () => random);

describe("a time to wait", () => {
  it.each([
    ["30s", 30_000],
    ["1m30s", 90_000],
    ["250ms", 250],
    ["1.5h", 5_400_000],
    ["500us", 0.5],
    ["500µs", 0.5],
    ["1000000ns", 1],
    [".5s", 500],
    ["0s", 0],
  ])("%s is %d ms", (text, ms) => {
    expect(parseDuration(text)).toBeCloseTo(ms, 9);
  });

  it.each(["0", "5", "", "s", "1 s", "-5s", "5d", "1e3s", "1m30", "5s5", "1s".repeat(100)])("%j is none", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe("a request's parameters for waiting", () => {
  it.each([
    ["", undefined, 300_000],
    ["index=0", undefined, 300_000],
    ["index=&wait=", undefined, 300_000],
    ["index=1700000000000001", 1_700_000_000_000_001, 300_000],
    ["index=7&wait=30s", 7, 30_000],
    ["index=7&wait=2h", 7, 600_000],
    ["stale=&index=7", 7, 300_000],
  ])("%s", (query, above, waitMs) => {
    expect(read(query)).toEqual({ above, waitMs });
  });

  it("lengthen the time at random by up to a sixteenth", () => {
    expect(read("index=7&wait=160s", 0.5)).toEqual({ above: 7, waitMs: 165_000 });
  });

  it.each([
    ["index=-1", /^index is "-1", not the index of an answer: give /],
    ["index=1.5", /^index is "1\.5"/],
    ["index=abc", /^index is "abc"/],
    ["index=99999999999999999", /^index is "9/],
    ["index=7&wait=5", /^wait is "5", not a time: give numbers with a unit each \(ns, us, ms, s, m, h\)/],
    ["wait=soon", /^wait is "soon"/],
    [`index=${"9".repeat(500)}`, /^index is "9{40}…"/],
  ])("are refused with what is wrong, where, and what to do: %s", (query, reason) => {
    expect(read(query)).toMatch(reason);
  });
});

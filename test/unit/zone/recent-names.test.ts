import { describe, expect, it } from "vitest";
import { RecentNames } from "../../../src/zone/recent-names.js";

describe("recently used names", () => {
  it("are found by their text, whether or not it is the same string object", () => {
    const names = new RecentNames();
    names.add("web.marathon.mesos", 7);
    expect(names.find(["web", "marathon", "mesos"].join("."))).toBe(7);
    expect(names.find("api.marathon.mesos")).toBe(-1);
  });

  it("are the last two of each length", () => {
    const names = new RecentNames();
    const texts = ["a.mesos", "b.mesos", "c.mesos"];
    for (const [number, text] of texts.entries()) names.add(text, number);
    expect(texts.map((text) => names.find(text))).toEqual([-1, 1, 2]);
  });

  it("are removed with their numbers", () => {
    const names = new RecentNames();
    names.add("a.mesos", 1);
    names.clear();
    expect(names.find("a.mesos")).toBe(-1);
  });
});

import { describe, expect, it } from "vitest";
import { RecentNames } from "../../../src/zone/recent-names.js";

describe("names used lately", () => {
  it("are known by their text, however it has come about", () => {
    const names = new RecentNames();
    names.add("web.marathon.mesos", 7);
    expect(names.find(["web", "marathon", "mesos"].join("."))).toBe(7);
    expect(names.find("api.marathon.mesos")).toBe(-1);
  });

  it("are two of one length, the last ones", () => {
    const names = new RecentNames();
    const texts = ["a.mesos", "b.mesos", "c.mesos"];
    for (const [number, text] of texts.entries()) names.add(text, number);
    expect(texts.map((text) => names.find(text))).toEqual([-1, 1, 2]);
  });

  it("are forgotten with their numbers", () => {
    const names = new RecentNames();
    names.add("a.mesos", 1);
    names.clear();
    expect(names.find("a.mesos")).toBe(-1);
  });
});

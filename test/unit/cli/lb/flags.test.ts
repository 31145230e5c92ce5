import { describe, expect, it } from "vitest";
import { parseLbFlags } from "../../../../src/cli/lb/flags.js";

describe("the flags of lb", () => {
  it.each([["--config", "lb.json"], ["-config", "lb.json"], ["--config=lb.json"], ["-config=lb.json"]])(
    "name the configuration as those of the other commands do: %s %s",
    (...words) => {
      expect(parseLbFlags(words).configFile).toBe("lb.json");
    },
  );

  it("keep their short forms", () => {
    const { marathons, needsHealth } = parseLbFlags(["-H", "-m", "http://192.0.2.1:8080", "http://192.0.2.2:8080"]);
    expect(marathons).toEqual(["http://192.0.2.1:8080", "http://192.0.2.2:8080"]);
    expect(needsHealth).toBe(true);
  });

  it("take Marathons with or without a scheme, and none but HTTP's", () => {
    expect(parseLbFlags(["-m", "m1.example.com:8080"]).marathons).toEqual(["m1.example.com:8080"]);
    expect(() => parseLbFlags(["-m", "zk://zk1.example.com:2181"])).toThrow(
      '--marathon is "zk://zk1.example.com:2181", and has to begin with http:// or https://',
    );
  });

  it("are refused where nobody knows them", () => {
    expect(() => parseLbFlags(["-confg=lb.json"])).toThrow("see mesos-dns --help");
  });
});

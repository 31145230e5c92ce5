import { describe, expect, test } from "vitest";
import type { CalculatedCheck, Instance } from "../../../src/config/health.js";
import type { Override, Overrides } from "../../../src/health/overrides.js";
import { unhealthyOf } from "../../../src/health/verdict.js";

function calculated(name: string, checks: readonly string[], healthy: number, inverted = false): Instance {
  const check: CalculatedCheck = { name, type: "calculated", checks, healthy, inverted };
  return { name, check };
}

function target(name: string): Instance {
  const check = { name, type: "tcp", port: 1, interval: 2, timeout: 1, failures: 2, successes: 2 } as const;
  return { name, check, address: "192.0.2.1" };
}

/** The unhealthy ones among these, of which those that `down` names fail. */
function unhealthy(instances: readonly Instance[], down: string, overrides: Overrides = new Map()): string {
  const all = new Map(instances.map((instance) => [instance.name, instance]));
  return [...unhealthyOf(all, (name) => !down.split(" ").includes(name), overrides)].sort().join(" ");
}

const ABC = [target("a"), target("b"), target("c")];

describe("a calculated check", () => {
  test.each([
    [1, "a b", ""],
    [1, "a b c", "site"],
    [2, "a", ""],
    [2, "a b", "site"],
    [3, "", ""],
    [3, "a", "site"],
    [0, "a b c", ""],
    [4, "", "site"],
  ])("that needs %i of three with %j failing", (healthy, down, expected) => {
    const found = unhealthy([...ABC, calculated("site", ["a", "b", "c"], healthy)], down);
    expect(
      found
        .split(" ")
        .filter((name) => name === "site")
        .join(""),
    ).toBe(expected);
  });

  test("that is inverted is healthy when it would not be", () => {
    const site = calculated("site", ["a", "b"], 2, true);
    expect(unhealthy([...ABC, site], "")).toBe("site");
    expect(unhealthy([...ABC, site], "a")).toBe("a");
  });

  test("counts others that are calculated, in whatever order they come", () => {
    const all = [calculated("top", ["middle", "c"], 2), calculated("middle", ["a", "b"], 1), ...ABC];
    expect(unhealthy(all, "a")).toBe("a");
    expect(unhealthy(all, "a b")).toBe("a b middle top");
  });
});

describe("what people say", () => {
  const say = (name: string, force: Override["force"]): Overrides => new Map([[name, { force, until: null }]]);

  test("counts more than checks, both ways", () => {
    expect(unhealthy(ABC, "a", say("a", "up"))).toBe("");
    expect(unhealthy(ABC, "", say("b", "down"))).toBe("b");
  });

  test("counts in calculated checks, and for them", () => {
    const all = [...ABC, calculated("site", ["a", "b"], 2)];
    expect(unhealthy(all, "", say("a", "down"))).toBe("a site");
    expect(unhealthy(all, "a", say("site", "up"))).toBe("a");
  });
});

import { describe, expect, test } from "vitest";
import { keepsCatalog } from "../../../src/config/catalog.js";
import { configOf, faultsOf } from "./support.js";

describe("catalog", () => {
  test.each([
    ["auto", false],
    [true, true],
    [false, false],
  ])("%j is accepted, in the file and in the environment", (catalog, isKept) => {
    const env = { MESOS_DNS_CATALOG: String(catalog) };
    for (const config of [configOf({ catalog }), configOf({}, { env })]) {
      expect(config.catalog).toBe(catalog);
      expect(keepsCatalog(config)).toBe(isKept);
    }
  });

  test.each([["off"], [0], ["true"]])("%j is refused in the file", (catalog) => {
    expect(faultsOf({ catalog })).toEqual([
      `catalog: got ${JSON.stringify(catalog)}; allowed: "auto" or true or false`,
    ]);
  });
});

test("stateDir is the path of a folder", () => {
  const allowed = "the path of a folder, or an empty string for none";
  expect(faultsOf({ stateDir: 1 })).toEqual([`stateDir: got 1; allowed: ${allowed}`]);
});

import { expect, it } from "vitest";
import { REASONS } from "../../../src/explain/finding.js";
import { CASES } from "../explain/cases.js";
import { SERVER_CASES } from "../explain/server-cases.js";
import { quoted, read, tableRows } from "./files.js";

it("docs/explain.md lists every reason with its meaning, and no other", () => {
  const rows = tableRows(read("docs/explain.md"), "Reason").map(([reason = "", meaning]) => [
    quoted(reason)[0],
    meaning,
  ]);
  expect(rows).toEqual(Object.entries(REASONS));
});

it("every reason is given in a test", () => {
  const given = new Set([...CASES, ...SERVER_CASES].map(([, reason]) => reason));
  expect(Object.keys(REASONS).filter((reason) => !given.has(reason as never))).toEqual([]);
});

it("explanations know every reason for which something is left out of the zone", () => {
  const rows = tableRows(read("docs/records.md"), "Reason").map(([reason = ""]) => quoted(reason)[0] ?? "");
  expect(rows.length).toBeGreaterThan(3);
  expect(rows.filter((reason) => !(reason in REASONS))).toEqual([]);
});

import { expect, test } from "vitest";
import { readTopReport } from "../../../src/cli/top-report.js";
import { Minute } from "../../../src/top/minute.js";

const REPORT = new Minute(0).report(5_000, 10, 0);
const counted = { ...REPORT.top, name: [{ key: "web.marathon.mesos.", count: 7 }] };

test("a report of the server is read as it is, without what a later version may add", () => {
  const report = { ...REPORT, queries: 7, top: counted };
  expect(readTopReport(JSON.parse(JSON.stringify({ ...report, later: 1 })))).toEqual(report);
});

test.each([
  ["text", "top"],
  ["a list", []],
  ["lists that are missing", { ...REPORT, top: {} }],
  ["a list that is none", { ...REPORT, top: { ...counted, client: {} } }],
  ["a row that is none", { ...REPORT, top: { ...counted, client: [null] } }],
  ["a name that is none", { ...REPORT, top: { ...counted, name: [{ key: 1, count: 1 }] } }],
  ["a count that is none", { ...REPORT, top: { ...counted, name: [{ key: "a", count: "1" }] } }],
  ["no time at all", { ...REPORT, seconds: 0 }],
  ["numbers that are none", { ...REPORT, queries: null }],
])("%s is no report", (_, value) => {
  expect(readTopReport(value)).toBeUndefined();
});

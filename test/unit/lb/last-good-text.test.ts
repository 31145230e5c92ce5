import { expect, test } from "vitest";
import { goodText, readGood } from "../../../src/lb/last-good-text.js";

test("what is kept is read as it was, maps and names of any kind included", () => {
  const items = [
    { app: { id: "/a", labels: new Map([["__proto__", "{}"]]), env: new Map() }, rule: undefined, tasks: [] },
  ];
  expect(readGood(goodText(items))).toEqual(items);
});

test.each([
  ["damaged", goodText(["a"]).replace("a", "b")],
  ["cut", goodText(["a"]).slice(0, 80)],
  ["empty", ""],
])("what is %s is not believed", (_, text) => {
  expect(() => readGood(text)).toThrow("it is damaged");
});

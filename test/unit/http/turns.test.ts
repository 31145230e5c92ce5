import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Turns } from "../../../src/http/turns.js";

test("however many requests one client sends, another client's request waits for only one of them", async () => {
  const turns = new Turns();
  const begun: string[] = [];
  for (let i = 0; i < 1000; i++) turns.take("192.0.2.66", () => begun.push("many"));
  turns.take("192.0.2.1", () => begun.push("one"));
  await nextTurn();
  expect(begun).toEqual(["many"]);
  await nextTurn();
  expect(begun).toEqual(["many", "one"]);
  turns.take("192.0.2.1", () => begun.push("another"));
  for (let i = 0; i < 2; i++) await nextTurn();
  expect(begun.slice(2)).toContain("another");
  while (begun.length < 1002) await nextTurn();
});

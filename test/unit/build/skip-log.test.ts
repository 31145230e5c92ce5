import { pino } from "pino";
import { expect, test } from "vitest";
import { SkipLog } from "../../../src/build/skip-log.js";
import type { Skipped } from "../../../src/sources/mesos/cluster.js";

/** A log, and its lines. */
function skipLog() {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { log: new SkipLog(log), lines };
}

function skipped(id: string, changes: Partial<Skipped> = {}): Skipped {
  return { kind: "task", id, reason: "no_address", detail: "none of host gives an address", ...changes };
}

test("a skipped task, agent or framework is logged with its id, reason and detail", () => {
  const { log, lines } = skipLog();
  log.note([skipped("web.1")]);
  const detail = "none of host gives an address";
  const msg = "left out of the zone: task web.1";
  expect(lines).toEqual([{ level: 40, kind: "task", id: "web.1", reason: "no_address", detail, msg }]);
});

test("it is logged only once while it stays left out", () => {
  const { log, lines } = skipLog();
  for (let build = 0; build < 3; build++) log.note([skipped("web.1"), skipped("web.1")]);
  expect(lines).toHaveLength(1);
});

test("it is logged again if it was back in between, or for another reason", () => {
  const { log, lines } = skipLog();
  log.note([skipped("web.1")]);
  log.note([]);
  log.note([skipped("web.1")]);
  log.note([skipped("web.1", { reason: "unknown_agent" })]);
  expect(lines.map(({ reason }) => reason)).toEqual(["no_address", "no_address", "unknown_agent"]);
});

test("a task and an agent with the same id are logged separately", () => {
  const { log, lines } = skipLog();
  log.note([skipped("x"), skipped("x", { kind: "agent", reason: "malformed" })]);
  log.note([skipped("x")]);
  expect(lines.map(({ kind }) => kind)).toEqual(["task", "agent"]);
});

test("of very many at once, a hundred are logged and the others are counted", () => {
  const { log, lines } = skipLog();
  const all = Array.from({ length: 5_000 }, (_, index) => skipped(`web.${index}`));
  log.note(all);
  expect(lines).toHaveLength(101);
  expect(lines.at(-1)).toMatchObject({ msg: "left out of the zone: 4900 more", count: 4_900 });
  log.note(all);
  expect(lines).toHaveLength(101);
});

test("long ids and names are shortened", () => {
  const { log, lines } = skipLog();
  log.note([skipped("i".repeat(10_000), { detail: "n".repeat(10_000) })]);
  expect(lines[0]?.detail).toBe(`${"n".repeat(300)}… (10000 characters)`);
  expect(JSON.stringify(lines).length).toBeLessThan(1_500);
});

import { readdirSync } from "node:fs";
import { getPriority } from "node:os";
import { expect, it } from "vitest";
import { startMaster, startServer, webAt } from "../support/scenario.js";

/** Nice values of a process's threads, by their numbers. */
function nicenessOf(pid: number): Map<number, number> {
  const threads = readdirSync(`/proc/${pid}/task`).map(Number);
  return new Map(threads.map((thread) => [thread, getPriority(thread)]));
}

it.skipIf(process.platform !== "linux")("what builds and collects garbage yields to what answers", async () => {
  const usual = getPriority();
  const master = await startMaster(webAt("192.0.2.10"));
  const server = await startServer([master], { dnsThreads: 2 });
  const pid = server.child.pid ?? 0;
  const niceness = nicenessOf(pid);
  // The main thread, two that answer; a builder, and helpers of the engine.
  expect(niceness.get(pid)).toBe(usual);
  expect([...niceness.values()].filter((value) => value === usual)).toHaveLength(3);
  expect([...niceness.values()].every((value) => value === usual || value === usual + 10)).toBe(true);
});

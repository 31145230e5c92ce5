import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { getPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startMaster, startServer, webAt } from "../support/scenario.js";
import { until } from "../support/wait.js";

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

/** Whether this process may raise priorities. */
const mayRaise = process.platform === "linux" && process.getuid?.() === 0;

it.skipIf(!mayRaise)(
  "what ends waits for no processor that others want: all its threads are as urgent as the process",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "mesos-dns-priority-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const socket = join(folder, "dnstap.sock");
    // A reader that never confirms the end, for which the server waits a second.
    const reader = createServer((connection) => {
      connection
        .on("error", () => undefined)
        .on("data", () => connection.write(Buffer.from("000000000000000400000001", "hex")));
    });
    await new Promise<void>((resolve) => reader.listen(socket, resolve));
    onTestFinished(() => void reader.close());
    const server = await startServer([await startMaster(webAt("192.0.2.10"))], {
      queryLog: { format: "dnstap", socket },
    });
    await until("the reader", async () => (await server.metric("mesos_dns_query_log_writable")) === 1);
    const usual = getPriority();
    const pid = server.child.pid ?? 0;
    expect(new Set(nicenessOf(pid).values())).toEqual(new Set([usual, usual + 10]));
    server.signal("SIGTERM");
    await until("other priorities", () => [...nicenessOf(pid).values()].every((value) => value === usual));
    expect(await server.exited).toBe(0);
  },
);

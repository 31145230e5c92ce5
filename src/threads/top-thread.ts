/** The entry point of the thread that counts queries while somebody looks. */
import { parentPort, workerData } from "node:worker_threads";
import { systemTimers } from "../base/timers.js";
import { QueryLogCounts } from "../query-log/counts.js";
import { TopCounter } from "../top/counter.js";
import type { FromTopThread, TopStart, ToTopThread } from "./messages.js";
import { lowerThreadPriority } from "./priority.js";

if (!parentPort) throw new Error("top-thread.js is a worker thread of main.js, not a program");
const port = parentPort;
lowerThreadPriority();
const { rings, counts } = workerData as TopStart;
const overflows = new QueryLogCounts(rings.length, counts);
const counter = new TopCounter({ rings, timers: systemTimers, missed: () => overflows.report.overflows });
counter.start();
port.on("message", (message: ToTopThread) => {
  if (message.kind === "stop") process.exit();
  const { id, limit } = message;
  port.postMessage({ kind: "report", id, report: counter.report(limit) } satisfies FromTopThread);
});

/** The entry point of the thread that writes the query log. */
import { write } from "node:fs";
import files from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { createLogger } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import { VERSION } from "../base/version.js";
import { QueryLogCounts } from "../query-log/counts.js";
import { epochOf } from "../query-log/epoch.js";
import { LogWriter } from "../query-log/log-writer.js";
import { sinkOf } from "../query-log/sinks/sink-of.js";
import { processClock } from "../serving/clock.js";
import type { QueryLogStart, ToQueryLogThread } from "./messages.js";
import { lowerThreadPriority } from "./priority.js";

if (!parentPort) throw new Error("query-log-thread.js is a worker thread of main.js, not a program");
lowerThreadPriority();
const { settings, rings, counts, identity, verbosity } = workerData as QueryLogStart;
const log = createLogger(verbosity, "queries");
const writer = new LogWriter({
  settings,
  own: { identity, version: `mesos-dns ${VERSION}` },
  rings,
  counts: new QueryLogCounts(rings.length, counts),
  makeSink: (events) => sinkOf(settings, { events, timers: systemTimers, files, write }),
  log,
  timers: systemTimers,
  epochMs: epochOf(processClock, Date.now),
});
writer.start();
parentPort.on("message", async (message: ToQueryLogThread) => {
  if (message.kind === "reopen") return writer.reopen();
  await writer.stop();
  process.exit();
});

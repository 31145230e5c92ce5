/** The entry point of the thread that checks targets. */
import files from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { createLogger } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import { probeTarget } from "../health/probes.js";
import { HealthChecks } from "./health-checks.js";
import type { HealthStart, ToHealthThread } from "./messages.js";

if (!parentPort) throw new Error("health-thread.js is a worker thread of main.js, not a program");
const { verbosity, ...start } = workerData as HealthStart;
const checks = new HealthChecks({
  start,
  port: parentPort,
  log: createLogger(verbosity, "health checks"),
  timers: systemTimers,
  wallClock: Date.now,
  probe: probeTarget,
  files,
});
await checks.begin();
parentPort.on("message", async (message: ToHealthThread) => {
  await checks.take(message);
  if (message.kind === "stop") process.exit();
});

/** The entry point of the console's thread. */
import { parentPort, workerData } from "node:worker_threads";
import { systemTimers } from "../base/timers.js";
import { Snapshot } from "../zone/snapshot.js";
import { Console } from "./console.js";
import type { ConsoleStart, ToConsoleThread } from "./console-messages.js";
import { lowerThreadPriority } from "./priority.js";

if (!parentPort) throw new Error("console-thread.js is a worker thread of main.js, not a program");
lowerThreadPriority();
const { current } = workerData as ConsoleStart;
const looked = new Console({
  snapshot: Snapshot.empty(current.apexes).with(current),
  port: parentPort,
  timers: systemTimers,
});
parentPort.on("message", (message: ToConsoleThread) => {
  if (message.kind === "builder") looked.follow(message.snapshots, message.cluster);
  else if (message.kind === "ask") looked.take(message);
  else process.exit();
});

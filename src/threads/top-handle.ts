import { Worker } from "node:worker_threads";
import type { FromTopThread, TopStart, ToTopThread } from "./messages.js";
import type { SupervisedWorker } from "./supervised-thread.js";

/** Starts the thread that counts queries. */
export function spawnTop(start: TopStart): SupervisedWorker<ToTopThread, FromTopThread> {
  return new Worker(new URL("./top-thread.js", import.meta.url), { workerData: start, name: "top" });
}

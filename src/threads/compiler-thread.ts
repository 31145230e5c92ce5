/** The entry point of a compiler thread, which helps the builder with a large first build. */
import { type MessagePort, workerData } from "node:worker_threads";
import { compileTaken, type WholeBuild } from "../zone/whole-build.js";
import { lowerThreadPriority } from "./priority.js";

lowerThreadPriority();
const port = workerData as MessagePort;
port.on("message", (build: WholeBuild) => {
  for (const shard of compileTaken(build)) port.postMessage(shard);
});

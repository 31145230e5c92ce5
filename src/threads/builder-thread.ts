/** The entry point of the builder thread. */
import files from "node:fs/promises";
import { hostname } from "node:os";
import { parentPort } from "node:worker_threads";
import { createLogger } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import { systemLookup } from "../build/host-resolver.js";
import { ownAddresses } from "../build/own-addresses.js";
import { loadCluster } from "../build/saved-zone.js";
import { SkipLog } from "../build/skip-log.js";
import { readsFacts } from "../config/catalog.js";
import { connectWhenOpened } from "../sources/mesos/zookeeper/lazy-connection.js";
import { adviseHugePages } from "../transport/batch/huge-pages.js";
import { loadSystem } from "../transport/batch/system.js";
import { Builder } from "./builder.js";
import { largeColumns } from "./column-memory.js";
import { spawnCompiler, ThreadHelper } from "./compile-helper.js";
import { HeapKeeper, ownHeap } from "./garbage.js";
import type { BuilderStart, ToBuilder } from "./messages.js";
import { lowerThreadPriority } from "./priority.js";

if (!parentPort) throw new Error("builder-thread.js is a worker thread of main.js, not a program");
const port = parentPort;

async function begin({ readers, verbosity, ...start }: BuilderStart): Promise<Builder> {
  lowerThreadPriority();
  const heap = new HeapKeeper(ownHeap(), systemTimers);
  const log = createLogger(verbosity, "builder");
  const { config, isRestored } = start;
  const parts = {
    start,
    port,
    readers,
    log,
    skipLog: new SkipLog(log),
    timers: systemTimers,
    random: Math.random,
    wallClock: Date.now,
    now: () => performance.now(),
    lookup: systemLookup,
    connect: connectWhenOpened,
    files,
    ownAddresses,
    hostname: hostname(),
    makeRoom: () => heap.prepare(),
    helper: new ThreadHelper(spawnCompiler, log),
    memory: largeColumns((memory) => adviseHugePages(loadSystem(), memory)),
  };
  const builder = new Builder(parts, isRestored ? await loadCluster(config, readsFacts(config), log) : undefined);
  builder.start();
  return builder;
}

let builder: Promise<Builder> | undefined;
port.on("message", async (message: ToBuilder) => {
  if (message.kind === "start") builder = begin(message.start);
  else await (await builder)?.take(message);
  // Ends only this thread. Without it, a connection attempt, which cannot be aborted, would keep the thread alive until it fails.
  if (message.kind === "stop") process.exit();
});

/** The entry point of a responder thread. It never blocks for long. */
import { parentPort, workerData } from "node:worker_threads";
import { createLogger } from "../base/log.js";
import { systemTimers } from "../base/timers.js";
import { processClock } from "../serving/clock.js";
import { QueryStats } from "../serving/query-stats.js";
import { DnsStack } from "../serving/stack.js";
import { systemClock } from "../transport/batch/clock.js";
import { loadSystem } from "../transport/batch/system.js";
import { Listeners } from "../transport/listeners.js";
import { Snapshot } from "../zone/snapshot.js";
import type { ResponderStart, ToResponder } from "./messages.js";
import { Responder } from "./responder.js";

if (!parentPort) throw new Error("responder-thread.js is a worker thread of main.js, not a program");
const { config, certificates, tsigKeys, plan, own, share, sockets, ...start } = workerData as ResponderStart;
const log = createLogger(start.verbosity, "responder");
const stats = new QueryStats(start.stats);
const stack = new DnsStack({
  config,
  snapshot: Snapshot.empty(start.apexes),
  stats,
  log,
  own,
  authorities: certificates.resolverAuthorities,
  tsigKeys,
  share,
  usesForwardClient: start.index > 0,
  clock: plan.engine === "batch" ? systemClock(loadSystem()) : processClock,
});
const listeners = new Listeners({ config, stack, stats, certificates, plan, thread: start.index, sockets, log });
const responder = new Responder({
  stack,
  listeners,
  port: parentPort,
  log,
  timers: systemTimers,
  wallClock: Date.now,
});
responder.start();
parentPort.on("message", (message: ToResponder) => responder.take(message));

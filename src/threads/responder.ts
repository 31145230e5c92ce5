/** An answering thread: owns the sockets, reads the snapshot, and does nothing that takes long. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { MesosDnsError, messageOf } from "../base/errors.js";
import { createLogger } from "../base/log.js";
import { processClock } from "../serving/clock.js";
import { QueryStats } from "../serving/query-stats.js";
import { DnsStack } from "../serving/stack.js";
import { systemClock } from "../transport/batch/clock.js";
import { loadSystem } from "../transport/batch/system.js";
import { Listeners } from "../transport/listeners.js";
import { Snapshot, type SnapshotUpdate } from "../zone/snapshot.js";
import type { FromResponder, ResponderStart, ToResponder } from "./messages.js";

const REPORT_MS = 1_000;

if (!parentPort) throw new Error("responder.js is a worker thread of main.js, not a program");
const port = parentPort;
const start = workerData as ResponderStart;
const log = createLogger(start.verbosity, "responder");
const stats = new QueryStats(start.stats);
const stack = new DnsStack({
  config: start.config,
  snapshot: start.restored ? Snapshot.empty(start.apexes).with(start.restored) : Snapshot.empty(start.apexes),
  stats,
  log,
  own: start.own,
  authorities: start.certificates.resolverAuthorities,
  share: start.share,
  isBranch: start.index > 0,
  clock: start.plan.engine === "batch" ? systemClock(loadSystem()) : processClock,
});
stack.answerer.stale = start.restored !== undefined;
const listeners = new Listeners({
  config: start.config,
  stack,
  stats,
  certificate: start.certificates.certificate,
  plan: start.plan,
  thread: start.index,
  sockets: start.sockets,
  log,
});
let reported = "";
let stopping = false;
/** The generation from which on sockets are to be opened. */
let listenFrom = Number.POSITIVE_INFINITY;

function follow(snapshots: MessagePort): void {
  snapshots.on("message", (update: SnapshotUpdate) => {
    stack.answerer.use(stack.answerer.snapshot.with(update));
    listenInTime();
    snapshots.postMessage(update.generation);
  });
}

/** Opens the sockets, once, when there is what to answer from. */
function listenInTime(): void {
  if (stopping) return;
  if (stack.answerer.snapshot.generation < listenFrom) return;
  listenFrom = Number.POSITIVE_INFINITY;
  listen();
}

async function listen(): Promise<void> {
  try {
    await listeners.listen();
    if (stopping) return;
    stack.start();
    post({ kind: "listening" });
  } catch (error) {
    const code = error instanceof MesosDnsError ? error.code : "LISTEN_FAILED";
    post({ kind: "failed", failure: { code, message: messageOf(error), at: Date.now() } });
  }
}

async function stop(): Promise<void> {
  stopping = true;
  await listeners.stop();
  stack.close();
  report();
  post({ kind: "stopped" });
  port.close();
}

/** Resolvers are few: a message when something changed will do. */
function report(): void {
  listeners.count();
  const forwarding = stack.report();
  const text = JSON.stringify(forwarding);
  if (text === reported) return;
  reported = text;
  post({ kind: "forwarding", report: forwarding });
}

function post(message: FromResponder): void {
  port.postMessage(message);
}

port.on("message", (message: ToResponder) => {
  switch (message.kind) {
    case "snapshots":
      follow(message.port);
      break;
    case "requests":
      stack.forwardClient?.connect(message.port);
      stack.forwardServer?.connect(message.port);
      break;
    case "listen":
      listenFrom = message.generation;
      listenInTime();
      break;
    case "configure":
      stack.configure(message.config, message.certificates.resolverAuthorities);
      listeners.configure(message.config, message.certificates.certificate).catch((error: unknown) => {
        const code = error instanceof MesosDnsError ? error.code : "LISTEN_FAILED";
        log.error({ code }, `${messageOf(error)}; DNS over TLS is not served`);
      });
      break;
    case "flush":
      post({ kind: "flushed", id: message.id, answers: stack.flush(message.name) });
      report();
      break;
    case "stale":
      stack.answerer.stale = message.stale;
      break;
    case "stop":
      stop().catch((error: unknown) => log.error({ err: error }, "stopping failed"));
      break;
  }
});
setInterval(report, REPORT_MS).unref();

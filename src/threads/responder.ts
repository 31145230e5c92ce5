/** An answering thread: owns the sockets, reads the snapshot, and does nothing that takes long. */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { MesosDnsError, messageOf } from "../base/errors.js";
import { createLogger } from "../base/log.js";
import { processClock } from "../serving/clock.js";
import { Engine } from "../serving/engine.js";
import { QueryStats } from "../serving/query-stats.js";
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
const engine = new Engine({
  config: start.config,
  snapshot: start.restored ? Snapshot.empty(start.apexes).with(start.restored) : Snapshot.empty(start.apexes),
  stats,
  log,
  own: start.own,
  authorities: start.pems.resolverAuthorities,
  share: start.share,
  isBranch: start.index > 0,
  clock: start.plan.engine === "batch" ? systemClock(loadSystem()) : processClock,
});
engine.answerer.stale = start.restored !== undefined;
const listeners = new Listeners({
  config: start.config,
  engine,
  stats,
  certificate: start.pems.certificate,
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
    engine.answerer.use(engine.answerer.snapshot.with(update));
    listenInTime();
    snapshots.postMessage(update.generation);
  });
}

/** Opens the sockets, once, when there is what to answer from. */
function listenInTime(): void {
  if (stopping) return;
  if (engine.answerer.snapshot.generation < listenFrom) return;
  listenFrom = Number.POSITIVE_INFINITY;
  listen();
}

async function listen(): Promise<void> {
  try {
    await listeners.listen();
    if (stopping) return;
    engine.start();
    post({ kind: "listening" });
  } catch (error) {
    const code = error instanceof MesosDnsError ? error.code : "LISTEN_FAILED";
    post({ kind: "failed", failure: { code, message: messageOf(error), at: Date.now() } });
  }
}

async function stop(): Promise<void> {
  stopping = true;
  await listeners.stop();
  engine.close();
  report();
  post({ kind: "stopped" });
  port.close();
}

/** Resolvers are few: a message when something changed will do. */
function report(): void {
  listeners.count();
  const forwarding = engine.report();
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
    case "errands":
      engine.courier?.connect(message.port);
      engine.desk?.connect(message.port);
      break;
    case "listen":
      listenFrom = message.generation;
      listenInTime();
      break;
    case "configure":
      engine.configure(message.config, message.pems.resolverAuthorities);
      listeners.configure(message.config, message.pems.certificate).catch((error: unknown) => {
        const code = error instanceof MesosDnsError ? error.code : "LISTEN_FAILED";
        log.error({ code }, `${messageOf(error)}; DNS over TLS is not served`);
      });
      break;
    case "flush":
      post({ kind: "flushed", id: message.id, answers: engine.flush(message.name) });
      report();
      break;
    case "stale":
      engine.answerer.stale = message.stale;
      break;
    case "stop":
      stop().catch((error: unknown) => log.error({ err: error }, "stopping failed"));
      break;
  }
});
setInterval(report, REPORT_MS).unref();

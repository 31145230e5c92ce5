/** The entry point of the thread that transfers zones. */
import files from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { createLogger } from "../base/log.js";
import { createSecureRandom16 } from "../base/secure-random.js";
import { systemTimers } from "../base/timers.js";
import { DatagramSender } from "../transfer/notify/sender.js";
import { Snapshot } from "../zone/snapshot.js";
import type { ToTransferThread, TransferStart } from "./messages.js";
import { lowerThreadPriority } from "./priority.js";
import { Transfers } from "./transfers.js";

if (!parentPort) throw new Error("transfer-thread.js is a worker thread of main.js, not a program");
lowerThreadPriority();
const { config, keys, current, isLatest, verbosity } = workerData as TransferStart;
const log = createLogger(verbosity, "transfers");
const sender = new DatagramSender(config, (message, address, port) => transfers.receive(message, address, port), log);
const transfers: Transfers = new Transfers({
  config,
  keys,
  snapshot: Snapshot.empty(current.apexes).with(current),
  port: parentPort,
  log,
  timers: systemTimers,
  wallClock: Date.now,
  random16: createSecureRandom16(),
  files,
  send: (octets, address, port) => sender.send(octets, address, port),
});
if (isLatest) await transfers.restore();
transfers.start();
parentPort.on("message", async (message: ToTransferThread) => {
  if (message.kind === "configure") sender.configure(message.config);
  await transfers.take(message);
  if (message.kind !== "stop") return;
  sender.close();
  process.exit();
});

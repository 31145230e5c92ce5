import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { TransferHandle, type TransferWorker } from "../../../src/threads/transfer-handle.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { silentLog } from "../../support/service.js";
import { ManualTimers } from "../../support/timers.js";
import { APEX } from "../../support/zone.js";
import { configOf } from "../config/support.js";

class ScriptedWorker extends EventEmitter implements TransferWorker {
  postMessage(message: { readonly kind: string }): void {
    if (message.kind === "stop") setImmediate(() => this.emit("exit"));
  }

  terminate(): void {
    this.emit("exit");
  }
}

function setUp() {
  const timers = new ManualTimers();
  const workers: ScriptedWorker[] = [];
  let connected = 0;
  const handle = new TransferHandle({
    log: silentLog,
    timers,
    startOf: () => {
      const current = Snapshot.empty([APEX]).whole;
      return { config: configOf(), keys: [], verbosity: 0, current, isLatest: true };
    },
    connect: () => connected++,
    spawn: () => {
      const worker = new ScriptedWorker();
      workers.push(worker);
      return worker;
    },
  });
  return { handle, timers, workers, connected: () => connected };
}

test("a thread that ends by itself is started again after a pause, in which it does not count as running", () => {
  const { handle, timers, workers, connected } = setUp();
  handle.start();
  expect([handle.isRunning, connected()]).toEqual([true, 1]);
  workers[0].terminate();
  expect([handle.isRunning, connected()]).toEqual([false, 1]);
  timers.pass(1_000);
  expect([handle.isRunning, connected(), workers.length]).toEqual([true, 2, 2]);
});

test("a thread that is stopped, also during the pause, is not started again", async () => {
  const { handle, timers, workers } = setUp();
  handle.start();
  workers[0].terminate();
  await handle.stop();
  timers.pass(60_000);
  expect(workers).toHaveLength(1);
});

test("the pause grows while it ends again and again, and is short again after it has reported", () => {
  const { handle, timers, workers } = setUp();
  handle.start();
  const pauses = [false, false, false, true, false].map((reports) => {
    if (reports) workers.at(-1)?.emit("message", { kind: "report", report: {} });
    const count = workers.length;
    workers.at(-1)?.terminate();
    let seconds = 0;
    for (; workers.length === count; seconds++) timers.pass(1_000);
    return seconds;
  });
  expect(pauses).toEqual([1, 2, 4, 1, 2]);
});

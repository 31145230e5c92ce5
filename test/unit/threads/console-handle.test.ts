import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import type { Change } from "../../../src/console/changes.js";
import { ConsoleHandle, type ConsoleWorker } from "../../../src/threads/console-handle.js";
import type { ToConsoleThread } from "../../../src/threads/console-messages.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { silentLog } from "../../support/service.js";
import { ManualTimers } from "../../support/timers.js";
import { APEX } from "../../support/zone.js";

class ScriptedWorker extends EventEmitter implements ConsoleWorker {
  readonly posted: ToConsoleThread[] = [];

  postMessage(message: ToConsoleThread): void {
    this.posted.push(message);
    if (message.kind === "stop") setImmediate(() => this.emit("exit"));
  }

  terminate(): void {
    this.emit("exit");
  }
}

const QUESTION = { kind: "agent", id: "S0" } as const;

function setUp() {
  const timers = new ManualTimers();
  const workers: ScriptedWorker[] = [];
  const changes: Change[] = [];
  let connected = 0;
  const handle = new ConsoleHandle({
    log: silentLog,
    timers,
    startOf: () => ({ verbosity: 0, current: Snapshot.empty([APEX]).whole }),
    connect: () => connected++,
    onChanges: (told) => changes.push(...told),
    spawn: () => {
      const worker = new ScriptedWorker();
      workers.push(worker);
      return worker;
    },
  });
  return { handle, timers, workers, changes, connected: () => connected };
}

test("a question is answered with the text for it, whatever the order of answers", async () => {
  const { handle, workers } = setUp();
  handle.start();
  const answers = [handle.ask(QUESTION), handle.ask(QUESTION)];
  workers[0]?.emit("message", { kind: "answer", id: 2, text: undefined });
  workers[0]?.emit("message", { kind: "answer", id: 1, text: "{}" });
  expect(await Promise.all(answers)).toEqual(["{}", undefined]);
});

test("a question fails with the thread's words, when the thread ends, and when it takes too long", async () => {
  const { handle, workers, timers } = setUp();
  await expect(handle.ask(QUESTION)).rejects.toThrow("is being started");
  handle.start();
  const failed = handle.ask(QUESTION);
  workers[0]?.emit("message", { kind: "failed", id: 1, message: "no such shard" });
  await expect(failed).rejects.toThrow("no such shard");
  const late = handle.ask(QUESTION);
  timers.pass(10_000);
  await expect(late).rejects.toThrow("took too long");
  const lost = handle.ask(QUESTION);
  workers[0]?.terminate();
  await expect(lost).rejects.toThrow("ended");
});

test("no more than 64 questions wait at a time", async () => {
  const { handle, timers } = setUp();
  handle.start();
  const waiting = Array.from({ length: 64 }, () => handle.ask(QUESTION).catch(() => "late"));
  await expect(handle.ask(QUESTION)).rejects.toThrow("64 questions wait");
  timers.pass(10_000);
  expect(await Promise.all(waiting)).toEqual(Array(64).fill("late"));
});

test("a thread that ends by itself is started again, and connected with the builder", () => {
  const { handle, workers, timers, connected } = setUp();
  handle.start();
  workers[0]?.terminate();
  timers.pass(1_000);
  expect([workers.length, connected()]).toEqual([2, 2]);
});

test("changes are passed on", () => {
  const { handle, workers, changes } = setUp();
  handle.start();
  workers[0]?.emit("message", { kind: "changes", changes: [{ kind: "leader", text: "x leads." }] });
  expect(changes).toEqual([{ kind: "leader", text: "x leads." }]);
});

test("ports for a thread that is not there are closed", () => {
  const { handle, workers } = setUp();
  const { port1: snapshots } = new MessageChannel();
  const { port1: cluster } = new MessageChannel();
  let closed = 0;
  for (const port of [snapshots, cluster]) Object.assign(port, { close: () => closed++ });
  handle.connect({ snapshots, cluster } as never);
  expect([closed, workers.length]).toEqual([2, 0]);
});

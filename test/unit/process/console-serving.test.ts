import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { type ConsoleApp, ConsoleServing } from "../../../src/process/console-serving.js";
import type { ConsoleWorker } from "../../../src/threads/console-handle.js";
import type { BuilderPorts, ToConsoleThread } from "../../../src/threads/console-messages.js";
import { silentLog } from "../../support/service.js";
import { ManualTimers } from "../../support/timers.js";
import { snapshotOf } from "../../support/zone.js";
import { configOf } from "../config/support.js";
import { BUILD, FORWARDING, STATUS } from "../http/support.js";

const FIVE_MINUTES = 300_000;
const QUESTION = { kind: "agent", id: "S0" } as const;

/** Answers every question at once. */
class Worker extends EventEmitter implements ConsoleWorker {
  hasEnded = false;

  postMessage(message: ToConsoleThread): void {
    if (message.kind === "ask")
      setImmediate(() => this.emit("message", { kind: "answer", id: message.id, text: "{}" }));
    if (message.kind === "stop") this.terminate();
  }

  terminate(): void {
    this.hasEnded = true;
    setImmediate(() => this.emit("exit"));
  }
}

function setUp(given: Readonly<Record<string, unknown>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "mesos-dns-console-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of ["a.js", "a.js.gz", "a.css", "a.css.gz"]) writeFileSync(join(folder, name), "");
  const timers = new ManualTimers();
  const workers: Worker[] = [];
  const followed: boolean[] = [];
  const app = {
    config: configOf(given),
    stats: [],
    status: { ...STATUS, build: BUILD },
    forwarding: FORWARDING,
    zone: { snapshot: snapshotOf([]) },
    boards: { consul: { report: undefined } },
    builder: {
      followConsole: (console: ((ports: BuilderPorts) => void) | undefined) => followed.push(console !== undefined),
    },
  } as unknown as ConsoleApp;
  const serving = new ConsoleServing({
    app,
    timers,
    log: silentLog,
    verbosity: 0,
    assets: pathToFileURL(`${folder}/`),
    isShared: () => false,
    spawn: () => {
      const worker = new Worker();
      workers.push(worker);
      return worker;
    },
  });
  return { serving, timers, workers, followed, app };
}

test("nothing runs before somebody looks", () => {
  const { serving, timers, workers, followed } = setUp();
  expect(serving.live.isOn()).toBe(true);
  expect([timers.pending, workers.length, followed.length]).toEqual([0, 0, 0]);
});

test("the first question starts the thread, which ends five minutes after the last one, with all that it needed", async () => {
  const { serving, timers, workers, followed } = setUp();
  expect(await serving.ask(QUESTION)).toBe("{}");
  await timers.advance(FIVE_MINUTES - 1_000);
  expect(await serving.ask(QUESTION)).toBe("{}");
  await timers.advance(FIVE_MINUTES - 1_000);
  expect([workers.length, workers[0]?.hasEnded]).toEqual([1, false]);
  await timers.advance(2_000);
  expect([workers[0]?.hasEnded, followed]).toEqual([true, [true, false]]);
  await timers.advance(60_000);
  expect(timers.pending).toBe(0);
});

test("it stays while somebody reads a stream, and is started again when somebody comes back", async () => {
  const { serving, timers, workers } = setUp();
  serving.live.watched(true);
  await timers.advance(3 * FIVE_MINUTES);
  expect([workers.length, workers[0]?.hasEnded]).toEqual([1, false]);
  serving.live.watched(false);
  await timers.advance(FIVE_MINUTES + 1_000);
  expect(workers[0]?.hasEnded).toBe(true);
  expect(await serving.ask(QUESTION)).toBe("{}");
  expect(workers).toHaveLength(2);
  await serving.close();
});

test.each([
  [true, 1],
  [false, 0],
])("with EnumerationOn %j, %i changes of tasks are told", (EnumerationOn, told) => {
  const { serving, workers } = setUp({ EnumerationOn });
  serving.live.watched(true);
  workers[0]?.emit("message", { kind: "changes", changes: [{ kind: "task-started", text: "web runs." }] });
  expect(serving.live.changesSince(0).text.split("event: change").length - 1).toBe(told);
});

test("a stopped server starts no thread", async () => {
  const { serving, workers } = setUp();
  await serving.close();
  await expect(serving.ask(QUESTION)).rejects.toThrow();
  expect(workers).toEqual([]);
});

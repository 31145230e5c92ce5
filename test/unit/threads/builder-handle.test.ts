import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { BuilderHandle, type BuilderThread, builderThreads } from "../../../src/threads/builder-handle.js";
import type { BuilderStart, FromBuilder, ToBuilder } from "../../../src/threads/messages.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { silentLog } from "../../support/service.js";
import { ManualTimers } from "../../support/timers.js";
import { APEX } from "../../support/zone.js";
import { configOf } from "../config/support.js";

/** A builder thread that the test controls. */
class ScriptedThread extends EventEmitter implements BuilderThread {
  readonly told: ToBuilder[] = [];

  postMessage(message: ToBuilder): void {
    this.told.push(message);
    if (message.kind === "stop") setImmediate(() => this.emit("exit"));
  }

  terminate(): void {
    this.emit("exit");
  }

  say(message: FromBuilder): void {
    this.emit("message", message);
  }
}

function setUp() {
  const timers = new ManualTimers();
  const threads: ScriptedThread[] = [];
  const starts: BuilderStart[] = [];
  const handle = new BuilderHandle({
    verbosity: 0,
    log: silentLog,
    startOf: () => ({
      config: configOf(),
      current: { ...Snapshot.empty([APEX]).whole, generation: threads.length },
      isLatest: true,
      seed: 7,
      isRestored: false,
      unhealthy: [],
      catalogIndex: 0,
      consulIndex: 0,
    }),
    readers: () => [],
    onMessage: () => {},
    timers,
    spawn: (start) => {
      starts.push(start);
      const thread = new ScriptedThread();
      threads.push(thread);
      return thread;
    },
  });
  handle.start();
  const newest = () => threads.at(-1) as ScriptedThread;
  return { handle, timers, threads, starts, newest };
}

const BUILT = { kind: "built", update: undefined, report: {}, fetched: true } as unknown as FromBuilder;

describe("a builder that ends", () => {
  test("is restarted after one second, then two, and so on up to a minute, and after a build from one second again", async () => {
    const { handle, timers, threads, newest } = setUp();
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      const count = threads.length;
      newest().emit("exit");
      let waited = 0;
      while (threads.length === count) {
        await timers.advance(500);
        waited += 500;
      }
      waits.push(waited / 1000);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    newest().say(BUILT);
    newest().emit("exit");
    await timers.advance(999);
    expect(threads).toHaveLength(10);
    await timers.advance(1);
    expect(threads).toHaveLength(11);
    expect(handle.restarts).toBe(10);
    await handle.stop();
  });

  test("is not restarted if it was told to stop, even while a restart is due", async () => {
    const { handle, timers, threads, newest } = setUp();
    newest().emit("exit");
    await handle.stop();
    await timers.advance(100_000);
    expect(threads).toHaveLength(1);
  });
});

test("the builder is told which generation the main thread reads, and which are pinned", async () => {
  const { handle, newest } = setUp();
  handle.reading(9, [4, 6]);
  expect(newest().told).toEqual([{ kind: "reading", generation: 9, pinned: [4, 6] }]);
  await handle.stop();
});

describe("an enumeration", () => {
  test("has the builder's pieces, and is ended in the builder when it is no longer read", async () => {
    const { handle, newest } = setUp();
    const pieces = handle.enumerate();
    const first = pieces.next();
    newest().say({ kind: "piece", id: 1, text: "[" });
    expect(await first).toEqual({ done: false, value: "[" });
    await pieces.return(undefined);
    expect(newest().told).toEqual([
      { kind: "enumerate", id: 1 },
      { kind: "enumerated", id: 1 },
    ]);
    await handle.stop();
  });

  test("breaks off when the builder is restarted, and never continues with pieces of another builder", async () => {
    const { handle, timers, newest } = setUp();
    const [slow, waiting] = [handle.enumerate(), handle.enumerate()];
    const first = slow.next();
    newest().say({ kind: "piece", id: 1, text: "[1," });
    await first;
    const second = waiting.next();
    newest().emit("exit");
    await expect(second).rejects.toThrow("the builder thread ended");
    await timers.advance(1_000);
    await expect(slow.next()).rejects.toThrow("started again");
    expect(newest().told).toEqual([]);
    await handle.stop();
  });

  test("fails while there is no builder", async () => {
    const { handle, newest } = setUp();
    newest().emit("exit");
    await expect(handle.enumerate().next()).rejects.toThrow("started again");
    await handle.stop();
  });
});

describe("threads for builders", () => {
  function setUp(startsEarly = true) {
    const threads: ScriptedThread[] = [];
    const spawn = builderThreads({ startsEarly }, () => {
      const thread = new ScriptedThread();
      threads.push(thread);
      return thread;
    });
    const start: BuilderStart = {
      config: configOf(),
      verbosity: 0,
      seed: 7,
      current: Snapshot.empty([APEX]).whole,
      isLatest: true,
      catalogIndex: 0,
      consulIndex: 0,
      isRestored: false,
      unhealthy: [],
      readers: [],
    };
    return { threads, start, spawn: () => spawn(start) };
  }

  test("the first one is loading before a builder starts, and later ones are started for theirs", () => {
    const { threads, start, spawn } = setUp();
    expect(threads.map(({ told }) => told)).toEqual([[]]);
    expect([spawn(), spawn()]).toEqual(threads);
    expect(threads.map(({ told }) => told)).toEqual([[{ kind: "start", start }], [{ kind: "start", start }]]);
  });

  test("the first one need not be early", () => {
    const { threads, spawn } = setUp(false);
    expect(threads).toEqual([]);
    expect(spawn()).toBe(threads[0]);
  });

  test.each(["error", "exit"])("one that ends before a builder starts is replaced (%s)", (event) => {
    const { threads, spawn } = setUp();
    threads[0]?.emit(event, new Error("out of memory"));
    expect(spawn()).toBe(threads[1]);
  });
});

import { describe, expect, test } from "vitest";
import type { Instance, TcpCheck } from "../../../src/config/health.js";
import type { OverrideFiles } from "../../../src/health/override-file.js";
import type { Override } from "../../../src/health/overrides.js";
import { HealthChecks } from "../../../src/threads/health-checks.js";
import { HealthHandle, type HealthWorker } from "../../../src/threads/health-handle.js";
import type { FromHealthThread, HealthStart, ToHealthThread } from "../../../src/threads/messages.js";
import { ManualTimers } from "../../support/timers.js";

const CHECK: TcpCheck = { name: "edge", type: "tcp", port: 80, interval: 2, timeout: 1, failures: 2, successes: 2 };
const NAMES = ["edge@192.0.2.1", "edge@192.0.2.2"];
const INSTANCES: readonly Instance[] = NAMES.map((name) => ({ name, check: CHECK, address: name.slice(5) }));

/** Files that are kept in memory, or cannot be written. */
function filesWith(text: string | undefined): OverrideFiles {
  const refuse = () => Promise.reject(Object.assign(new Error("read-only file system"), { code: "EROFS" }));
  const readFile = () =>
    text === undefined ? Promise.reject(Object.assign(new Error("none"), { code: "ENOENT" })) : Promise.resolve(text);
  return { readFile, mkdir: refuse, open: refuse, rename: refuse, rm: refuse } as unknown as OverrideFiles;
}

/** The main thread's handle, whose threads run here; they check targets that are all bad, or all good. */
function setUp({ stateDir = "", text, isGood = true }: { stateDir?: string; text?: string; isGood?: boolean } = {}) {
  const timers = new ManualTimers();
  const clock = { ahead: 0 };
  const told: (readonly string[])[] = [];
  const exits: (() => void)[] = [];
  const spawn = (start: HealthStart): HealthWorker => {
    let onMessage: (message: FromHealthThread) => void = () => undefined;
    let isOver = false;
    const checks = new HealthChecks({
      start,
      port: { postMessage: (message: FromHealthThread) => (isOver ? undefined : onMessage(message)) },
      log: { info: () => undefined, warn: () => undefined },
      timers,
      wallClock: () => timers.now() + clock.ahead,
      probe: ({ done }) => {
        done(isGood ? undefined : "connection refused");
        return () => undefined;
      },
      files: filesWith(text),
    });
    const begun = Promise.resolve().then(() => checks.begin());
    return {
      on: (event: string, listener: (message: never) => void) => {
        if (event === "message") onMessage = listener as (message: FromHealthThread) => void;
      },
      once: (_event: "exit", listener: () => void) =>
        exits.push(() => {
          isOver = true;
          void checks.take({ kind: "stop" });
          listener();
        }),
      postMessage: (message: ToHealthThread) => void begun.then(() => checks.take(message)),
      terminate: () => undefined,
    } as HealthWorker;
  };
  const log = { error: () => undefined, info: () => undefined, warn: () => undefined } as never;
  const startOf = () => ({ instances: INSTANCES, stateDir, verbosity: 0 as const });
  const handle = new HealthHandle({ log, timers, startOf, spawn, onUnhealthy: (instances) => told.push(instances) });
  handle.start();
  const crash = () => exits.at(-1)?.();
  return { timers, clock, told, handle, crash };
}

const DOWN: Override = { force: "down", until: null };

describe("the thread that checks targets, started again after it has ended", () => {
  test("does not call a target healthy that was not, before it has checked it often enough", async () => {
    const state = { isGood: false };
    const { timers, told, crash } = setUp(state);
    await timers.advance(6_000);
    expect(told.at(-1)).toEqual(NAMES);
    const count = told.length;
    crash();
    await timers.advance(10_000);
    expect(told.slice(count)).toEqual([]);
  });

  test.each([
    ["without a folder to keep it in", {}],
    ["where its file cannot be written", { stateDir: "/state" }],
  ])("keeps what people have said, %s", async (_where, options) => {
    const { timers, told, handle, crash } = setUp(options);
    await timers.advance(100);
    const said = await Promise.all([handle.override(NAMES[0], DOWN), handle.override(NAMES[1], DOWN)]);
    expect(said.map(({ isKept }) => isKept)).toEqual([false, false]);
    await handle.override(NAMES[1], undefined);
    crash();
    await timers.advance(10_000);
    expect(told.at(-1)).toEqual([NAMES[0]]);
    expect(handle.report?.instances.map(({ override }) => override?.force)).toEqual(["down", undefined]);
  });
});

describe("what people say", () => {
  test("ends by the clock on the wall, even if that is set forward meanwhile", async () => {
    const { timers, clock, told, handle } = setUp();
    await timers.advance(100);
    await handle.override(NAMES[0], { force: "down", until: 3_600_000 });
    expect(told.at(-1)).toEqual([NAMES[0]]);
    clock.ahead = 3_600_000;
    await timers.advance(60_000);
    expect(told.at(-1)).toEqual([]);
  });

  test("is read from its file, but for times that are none", async () => {
    const overrides = { [NAMES[0]]: { force: "down", until: 1e300 }, [NAMES[1]]: { force: "down", until: null } };
    const { timers, handle } = setUp({ stateDir: "/state", text: JSON.stringify({ version: 1, overrides }) });
    await timers.advance(2_000);
    expect(handle.report?.instances.map(({ override }) => override?.until)).toEqual([undefined, null]);
  });
});

import { describe, expect, test } from "vitest";
import type { Instance, TcpCheck } from "../../../src/config/health.js";
import type { OverrideFiles } from "../../../src/health/override-file.js";
import type { Probe } from "../../../src/health/probe.js";
import { HealthChecks } from "../../../src/threads/health-checks.js";
import type { FromHealthThread, HealthStart } from "../../../src/threads/messages.js";
import { ManualTimers } from "../../support/timers.js";

const TCP: TcpCheck = { name: "db", type: "tcp", port: 1, interval: 2, timeout: 1, failures: 2, successes: 2 };
const DB: Instance = { name: "db", check: TCP, address: "192.0.2.30" };
const SITE: Instance = {
  name: "site",
  check: { name: "site", type: "calculated", checks: ["db"], healthy: 1, inverted: false },
};
const FILE = "/state/health-overrides.json";
const T0 = 1_700_000_000_000;

/** The files of a folder in memory; writing fails if the folder is full. */
function memory(contents = new Map<string, string>(), isFull = false) {
  const files = {
    readFile: async (path: string) => {
      const found = contents.get(path);
      if (found === undefined) throw Object.assign(new Error(`no ${path}`), { code: "ENOENT" });
      return found;
    },
    open: async (path: string) => {
      if (isFull) throw new Error("no space left on device");
      contents.set(path, "");
      const writeFile = async (more: string) => void contents.set(path, (contents.get(path) ?? "") + more);
      return { writeFile, sync: async () => {}, stat: async () => ({ ino: 1 }), close: async () => {} };
    },
    rename: async (from: string, to: string) => {
      contents.set(to, contents.get(from) ?? "");
      contents.delete(from);
    },
    rm: async (path: string) => void contents.delete(path),
  };
  return { contents, files: files as unknown as OverrideFiles };
}

interface SetUp extends Partial<HealthStart> {
  readonly isGood?: () => boolean;
  readonly disk?: ReturnType<typeof memory>;
}

/** Checks without a thread, and all that they have said. */
async function setUp({ isGood = () => true, disk = memory(), ...start }: SetUp = {}) {
  const timers = new ManualTimers();
  const said: FromHealthThread[] = [];
  const logged: string[] = [];
  const probe: Probe = ({ done }) => {
    done(isGood() ? undefined : "connection refused");
    return () => undefined;
  };
  const note = (line: string) => void logged.push(line);
  const checks = new HealthChecks({
    start: { instances: [DB, SITE], stateDir: "", known: [], unhealthy: [], overrides: undefined, ...start },
    port: { postMessage: (message) => void said.push(message) },
    log: { info: note, warn: note } as never,
    timers,
    wallClock: () => T0 + timers.now(),
    probe,
    files: disk.files,
  });
  await checks.begin();
  const unhealthy = () => said.flatMap((each) => (each.kind === "unhealthy" ? [each.instances.join(" ")] : []));
  return { timers, said, logged, checks, unhealthy };
}

describe("a change of health", () => {
  test("is told at once, with what is calculated from it", async () => {
    let isGood = true;
    const { timers, unhealthy, logged } = await setUp({ isGood: () => isGood });
    timers.pass(3_000);
    expect(unhealthy()).toEqual([]);
    isGood = false;
    timers.pass(4_000);
    expect(unhealthy()).toEqual(["db site"]);
    isGood = true;
    timers.pass(4_000);
    expect(unhealthy()).toEqual(["db site", ""]);
    expect(logged).toEqual([
      "health check db fails: connection refused",
      "health check site fails: too few of its checks are healthy",
      "health check db is good again",
      "health check site is good again",
    ]);
  });

  test("outlives the thread: what the one before knew counts on, until there is news", async () => {
    const first = await setUp({ isGood: () => false });
    first.timers.pass(3_000);
    const report = first.said.at(-1)?.report;
    const known = report?.instances.flatMap(({ name, state }) => (state ? [[name, state] as const] : [])) ?? [];
    const { timers, unhealthy, said } = await setUp({ known, unhealthy: ["db", "site"] });
    expect(unhealthy()).toEqual([]);
    timers.pass(1_000);
    expect(said.at(-1)?.report.instances.map(({ isHealthy }) => isHealthy)).toEqual([false, false]);
    timers.pass(2_000);
    expect(unhealthy()).toEqual([""]);
  });

  test("of a target that is not checked any more is told too", async () => {
    const { timers, checks, unhealthy } = await setUp({ isGood: () => false });
    timers.pass(3_000);
    await checks.take({ kind: "configure", instances: [] });
    expect(unhealthy()).toEqual(["db site", ""]);
  });
});

describe("what people say", () => {
  const say = (force: "up" | "down", until: number | null = null) =>
    ({ kind: "override", id: 1, instance: "db", override: { force, until } }) as const;

  test("counts until its time is over, or until it is taken back", async () => {
    const { timers, checks, unhealthy } = await setUp();
    await checks.take(say("down", T0 + 10_000));
    timers.pass(9_999);
    expect(unhealthy()).toEqual(["db site"]);
    timers.pass(1);
    expect(unhealthy()).toEqual(["db site", ""]);
    await checks.take(say("down"));
    timers.pass(86_400_000);
    await checks.take({ kind: "override", id: 2, instance: "db", override: undefined });
    expect(unhealthy()).toEqual(["db site", "", "db site", ""]);
  });

  test("is kept over a restart, but not longer than it was meant to be", async () => {
    const disk = memory();
    const first = await setUp({ stateDir: "/state", disk });
    await first.checks.take(say("down", T0 + 10_000));
    expect(first.said.at(-1)).toMatchObject({ kind: "overridden", id: 1, isKept: true });
    const second = await setUp({ stateDir: "/state", disk });
    expect(second.unhealthy()).toEqual(["db site"]);
    const text = disk.contents.get(FILE) ?? "";
    const old = memory(new Map([[FILE, text.replaceAll(String(T0 + 10_000), String(T0 - 1))]]));
    expect((await setUp({ stateDir: "/state", disk: old })).unhealthy()).toEqual([]);
  });

  test("counts even if it cannot be kept, and says so", async () => {
    const { checks, said, unhealthy, logged } = await setUp({ stateDir: "/state", disk: memory(new Map(), true) });
    await checks.take(say("down"));
    expect(unhealthy()).toEqual(["db site"]);
    expect(said.at(-1)).toMatchObject({ kind: "overridden", isKept: false });
    expect(logged.at(-1)).toBe(
      "cannot keep health overrides in /state: no space left on device; they end with this process",
    );
  });

  test.each(['{"version": 2}', "[]", "{", '{"version": 1, "overrides": 7}'])(
    "is lost with a warning if its file is %s",
    async (text) => {
      const { logged } = await setUp({ stateDir: "/state", disk: memory(new Map([[FILE, text]])) });
      expect(logged).toEqual([
        `the health overrides of before are lost: ${FILE} is damaged; set them again where they are needed`,
      ]);
    },
  );
});

test("nothing goes on after the end", async () => {
  const { timers, checks } = await setUp();
  await checks.take({ kind: "override", id: 1, instance: "db", override: { force: "up", until: T0 + 60_000 } });
  await checks.take({ kind: "stop" });
  expect(timers.pending).toBe(0);
});

import { describe, expect, test } from "vitest";
import { HaproxyDriver } from "../../../../src/lb/haproxy/driver.js";
import type { DriverEvent } from "../../../../src/lb/haproxy/driver-parts.js";
import { renderBalancer, structureFor } from "../../../../src/lb/haproxy/render.js";
import type { Json } from "../../../support/json.js";
import { MemoryHaproxy } from "../../../support/memory-haproxy.js";
import { app, task } from "../../../support/scripted-marathon.js";
import { ManualTimers } from "../../../support/timers.js";
import { build, buildOptions, HEAD, web } from "./support.js";

const COALESCE_MS = 250;
const INTERVAL_MS = 5_000;

function setUp({ drainMs = 30_000, taken = new Set<number>(), haproxy = new MemoryHaproxy() } = {}) {
  const timers = new ManualTimers();
  const events: DriverEvent[] = [];
  const lines: string[] = [];
  const line = (...words: unknown[]) => void lines.push(String(words.at(-1)));
  const { hostsMap: hosts, appsMap: apps } = buildOptions();
  const driver = new HaproxyDriver({
    host: haproxy,
    ask: haproxy.ask,
    isThere: async () => haproxy.pid > 0,
    timers,
    log: { info: line, warn: line },
    writeFile: haproxy.writeFile,
    files: { hosts, apps },
    render: (balancer) => renderBalancer(balancer, HEAD),
    structureOf: (balancer) => structureFor(balancer, HEAD),
    cookieKey: "key",
    coalesceMs: COALESCE_MS,
    minIntervalMs: INTERVAL_MS,
    drainMs,
    refusalOf: async ({ port }) => (taken.has(port) ? "somebody listens there" : undefined),
    onReport: (event) => void events.push(event),
  });
  driver.start();
  const want = async (apps: readonly Json[], ms = 100) => {
    driver.want(build(apps).balancer, timers.now());
    await timers.advance(ms);
  };
  return { timers, haproxy, events, lines, driver, want, kinds: () => events.map(({ kind }) => kind) };
}

const several = (id: string, port: number, ...tasks: number[]) =>
  app(id, {
    ports: [port],
    labels: { HAPROXY_GROUP: "external" },
    tasks: tasks.map((at) => task("192.0.2.1", [at], { id: `task.${at}` })),
  });
const name = (port: number) => `192_0_2_1_${port}`;

describe("a HAProxy that is driven", () => {
  test("is started where there is none, with all that is wanted", async () => {
    const { haproxy, want, lines } = setUp();
    await want([several("/web", 10_000, 1, 2)]);
    expect(haproxy.serving("web_10000")).toEqual([name(1), name(2)]);
    expect(haproxy.files.get("servers.state")).toBe("1\n");
    expect(lines).toEqual(["HAProxy was not there: it is started"]);
  });

  test("is not started without a configuration that it takes; who made it is told", async () => {
    const { haproxy, want, events, lines } = setUp();
    haproxy.refuses = (config) => (config.includes("bad_10001") ? "unknown balance" : undefined);
    await want([several("/web", 10_000, 1), several("/bad", 10_001, 5)]);
    expect(events).toEqual([{ kind: "refused", faults: "unknown balance" }]);
    expect(lines).toEqual([]);
    expect(haproxy.pid).toBe(0);
    await want([several("/web", 10_000, 1)]);
    expect(haproxy.serving("web_10000")).toEqual([name(1)]);
    expect(lines).toEqual(["HAProxy was not there: it is started"]);
  });

  test("takes servers at once, and lets those go that have no more requests", async () => {
    const { haproxy, want, timers, events } = setUp();
    await want([several("/web", 10_000, 1, 2)]);
    (haproxy.backends.get("web_10000")?.get(name(1)) ?? { sessions: 0 }).sessions = 1;
    await want([several("/web", 10_000, 2, 3)]);
    expect(haproxy.serving("web_10000")).toEqual([name(2), name(3)]);
    await timers.advance(10_000);
    expect(haproxy.backends.get("web_10000")?.has(name(1))).toBe(true);
    (haproxy.backends.get("web_10000")?.get(name(1)) ?? { sessions: 0 }).sessions = 0;
    await timers.advance(2_000);
    expect(haproxy.backends.get("web_10000")?.has(name(1))).toBe(false);
    expect(haproxy.reloads).toBe(0);
    expect(events.filter(({ kind }) => kind === "applied")).not.toEqual([]);
  });

  test("takes servers of a backend that has long had none without a reload", async () => {
    const { haproxy, want, driver, timers } = setUp();
    const apps = [several("/web", 10_000, 1)];
    await want(apps);
    const { balancer } = build(apps);
    const empty = balancer.backends.map((backend) => ({ ...backend, servers: [] }));
    driver.want({ ...balancer, backends: empty }, timers.now());
    // It is read again meanwhile.
    await timers.advance(65_000);
    expect(haproxy.backends.get("web_10000")?.size).toBe(0);
    await want(apps);
    expect(haproxy.serving("web_10000")).toEqual([name(1)]);
    await timers.advance(30_000);
    expect(haproxy.reloads).toBe(0);
  });

  test("cuts what a server still has once its time is over", async () => {
    const { haproxy, want, timers } = setUp({ drainMs: 5_000 });
    await want([several("/web", 10_000, 1, 2)]);
    (haproxy.backends.get("web_10000")?.get(name(1)) ?? { sessions: 0 }).sessions = 1;
    await want([several("/web", 10_000, 2)]);
    await timers.advance(4_000);
    expect(haproxy.commands).not.toContain(`shutdown sessions server web_10000/${name(1)}`);
    await timers.advance(3_000);
    expect(haproxy.commands).toContain(`shutdown sessions server web_10000/${name(1)}`);
  });

  test("reads its configuration again for what only that can change, once for changes that come together", async () => {
    const { haproxy, want, timers, events } = setUp();
    await want([several("/web", 10_000, 1)]);
    await timers.advance(INTERVAL_MS);
    await want([several("/web", 10_000, 1), several("/a", 10_001, 5)]);
    await want([several("/web", 10_000, 1, 2), several("/a", 10_001, 5), several("/b", 10_002, 6)]);
    expect(haproxy.serving("web_10000")).toEqual([name(1), name(2)]);
    expect(haproxy.reloads).toBe(0);
    await timers.advance(COALESCE_MS);
    expect(haproxy.reloads).toBe(1);
    expect(haproxy.serving("b_10002")).toEqual([name(6)]);
    await want([several("/web", 10_000, 1, 2), several("/a", 10_001, 5)]);
    await timers.advance(INTERVAL_MS - 1_000);
    expect(haproxy.reloads).toBe(1);
    await timers.advance(1_000);
    expect(haproxy.reloads).toBe(2);
    expect(events).toContainEqual({ kind: "reloaded", cause: "structure" });
  });

  test("is asked no reload with a configuration that it refuses; who made it is told", async () => {
    const { haproxy, want, timers, events } = setUp();
    await want([several("/web", 10_000, 1)]);
    haproxy.refuses = (config) => (config.includes("bad_10001") ? "unable to load certificate" : undefined);
    await want([several("/web", 10_000, 1, 2), several("/bad", 10_001, 5)], INTERVAL_MS + COALESCE_MS);
    await timers.advance(1_000);
    expect(events).toContainEqual({ kind: "refused", faults: "unable to load certificate" });
    expect(haproxy.reloads).toBe(0);
    expect(haproxy.serving("web_10000")).toEqual([name(1), name(2)]);
  });

  test("listens at more or fewer addresses of a port that it has itself", async () => {
    const { haproxy, want } = setUp({ taken: new Set([10_000]) });
    for (const address of ["127.0.0.1", "*", "127.0.0.1"]) {
      await want([web("/web", 10_000, { HAPROXY_0_BIND_ADDR: address })], 3 * INTERVAL_MS);
      expect(await haproxy.installed()).toContain(`bind ${address}:10000`);
    }
  });

  test("is asked no reload for a port that somebody else has; who wants it is told", async () => {
    const { haproxy, want, timers, events } = setUp({ taken: new Set([10_001]) });
    await want([several("/web", 10_000, 1)]);
    await want([several("/web", 10_000, 1), several("/a", 10_001, 5)], INTERVAL_MS + COALESCE_MS);
    await timers.advance(1_000);
    expect(events).toContainEqual({ kind: "unbindable", ports: new Map([[10_001, "somebody listens there"]]) });
    expect(haproxy.reloads).toBe(0);
  });

  test.each(["install", "reload", "silence"] as const)(
    "goes on as it is when a reload fails (%s), and is tried again",
    async (failing) => {
      const { haproxy, want, timers, lines, kinds } = setUp();
      await want([several("/web", 10_000, 1)]);
      const before = await haproxy.installed();
      haproxy.failing = failing;
      await want([several("/web", 10_000, 1), several("/a", 10_001, 5)], INTERVAL_MS + COALESCE_MS);
      await timers.advance(12_000);
      expect(kinds()).toContain("failed");
      expect(await haproxy.installed()).toBe(before);
      expect(haproxy.serving("web_10000")).toEqual([name(1)]);
      haproxy.failing = undefined;
      await timers.advance(400_000);
      expect(haproxy.serving("a_10001")).toEqual([name(5)]);
      expect(lines.filter((line) => line === "HAProxy goes on with what it has")).toHaveLength(1);
      expect(lines).toContain("HAProxy follows again");
    },
  );

  test("is started again within seconds when it is gone", async () => {
    const { haproxy, want, timers } = setUp();
    await want([several("/web", 10_000, 1)]);
    haproxy.kill();
    await timers.advance(2_500);
    expect(haproxy.serving("web_10000")).toEqual([name(1)]);
  });

  test("is put right when somebody has changed it", async () => {
    const { haproxy, want, timers } = setUp();
    await want([several("/web", 10_000, 1, 2)]);
    haproxy.backends.get("web_10000")?.delete(name(1));
    await timers.advance(31_000);
    expect(haproxy.serving("web_10000")).toEqual([name(2), name(1)]);
    haproxy.backends.delete("web_10000");
    await timers.advance(40_000);
    expect(haproxy.serving("web_10000")).toEqual([name(1), name(2)]);
  });

  test("is read every 30 s, however often something is wanted in between", async () => {
    const { haproxy, want, timers, lines } = setUp();
    await want([several("/web", 10_000, 1, 2)]);
    const server = haproxy.backends.get("web_10000")?.get(name(1));
    if (server) server.isInMaintenance = true;
    for (let second = 0; second < 30; second++) await want([several("/web", 10_000, 1, 2)], 1_000);
    expect(haproxy.serving("web_10000")).toEqual([name(1), name(2)]);
    expect(lines).toContain(`somebody else has changed what HAProxy has: server web_10000/${name(1)}`);
    lines.length = 0;
    await timers.advance(61_000);
    expect(lines).toEqual([]);
  });

  test("is put right when somebody has a server drain or be elsewhere, or has closed a frontend", async () => {
    const { haproxy, want, timers } = setUp();
    await want([several("/web", 10_000, 1, 2)], INTERVAL_MS);
    const [first, second] = [...(haproxy.backends.get("web_10000")?.values() ?? [])];
    if (!first || !second) throw new Error("no servers");
    first.isDraining = true;
    second.address = "192.0.2.9:9";
    haproxy.closed.set("web_10000:in", "PAUSED");
    await timers.advance(31_000);
    expect([first.isDraining, second.address, haproxy.closed.size]).toEqual([false, "192.0.2.1:2", 0]);
    expect(haproxy.reloads).toBe(0);
    haproxy.closed.set("web_10000:in", "STOP");
    await timers.advance(31_000);
    expect([haproxy.closed.size, haproxy.reloads]).toEqual([0, 1]);
  });

  test("gets its own configuration again when somebody has had it read another one", async () => {
    const { haproxy, want, timers, events, lines } = setUp();
    await want([several("/web", 10_000, 1)], INTERVAL_MS);
    const own = await haproxy.installed();
    await haproxy.install(own.replace("default_backend web_10000", "default_backend other"));
    await haproxy.reload();
    await timers.advance(31_000 + COALESCE_MS);
    expect(await haproxy.installed()).toBe(own);
    expect(events).toContainEqual({ kind: "reloaded", cause: "drift" });
    expect(lines).toContain("HAProxy has read a configuration of somebody else's: it gets its own again");
    expect(haproxy.reloads).toBe(2);
  });

  test("reads what the program before this one has written, and was killed before it could say so", async () => {
    const { haproxy, driver, want } = setUp();
    await want([several("/web", 10_000, 1)]);
    await driver.stop();
    const apps = [web("/web", 10_000, { HAPROXY_0_TIMEOUT_CLIENT: "7s" })];
    await haproxy.install(renderBalancer(build(apps).balancer, HEAD));
    const next = setUp({ haproxy });
    await next.want(apps, COALESCE_MS + 100);
    expect(haproxy.reloads).toBe(1);
  });

  test("is started with what it had where nothing can be written", async () => {
    const { haproxy, want, timers, lines } = setUp();
    await want([several("/web", 10_000, 1)]);
    haproxy.isFull = true;
    haproxy.kill();
    await want([several("/web", 10_000, 1), several("/a", 10_001, 5)], 2_500);
    expect(haproxy.serving("web_10000")).toEqual([name(1)]);
    haproxy.isFull = false;
    await timers.advance(60_000);
    expect(haproxy.serving("a_10001")).toEqual([name(5)]);
    expect(lines.at(-1)).toBe("HAProxy follows again");
  });

  test("is started again within seconds when it ends while it reads its configuration", async () => {
    const { haproxy, want } = setUp();
    await want([several("/web", 10_000, 1)], INTERVAL_MS);
    haproxy.failing = "end";
    await want([several("/web", 10_000, 1), several("/a", 10_001, 5)], COALESCE_MS + 100);
    expect(haproxy.pid).toBe(0);
    haproxy.failing = undefined;
    await want([several("/web", 10_000, 1), several("/a", 10_001, 5)], 2_500);
    expect(haproxy.serving("a_10001")).toEqual([name(5)]);
  });

  test("takes a server though one that is still there for its last requests has its id", async () => {
    const { haproxy, want } = setUp();
    await want([several("/web", 10_000, 1)]);
    const [going] = [...(haproxy.backends.get("web_10000")?.values() ?? [])];
    const { id = 0 } = build([several("/web", 10_000, 2)]).balancer.backends[0]?.servers[0] ?? {};
    if (going) Object.assign(going, { id, sessions: 1 });
    await want([several("/web", 10_000, 2)], 31_000);
    expect(haproxy.serving("web_10000")).toContain(name(2));
  });

  test("is adopted as it is by the program after this one", async () => {
    const { haproxy, driver, want } = setUp();
    await want([several("/web", 10_000, 1)]);
    await driver.stop();
    haproxy.commands.length = 0;
    const next = setUp({ haproxy });
    await next.want([several("/web", 10_000, 1)]);
    expect([haproxy.commands, haproxy.reloads, haproxy.pid]).toEqual([[], 0, 1]);
  });
});

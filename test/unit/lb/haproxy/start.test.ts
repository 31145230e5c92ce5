import { describe, expect, test } from "vitest";
import { conflictNotices } from "../../../../src/lb/haproxy/claims.js";
import { LbController } from "../../../../src/lb/haproxy/controller.js";
import { NO_MEMORY } from "../../../../src/lb/haproxy/memory.js";
import { renderBalancer, structureFor } from "../../../../src/lb/haproxy/render.js";
import type { Json } from "../../../support/json.js";
import { MemoryHaproxy } from "../../../support/memory-haproxy.js";
import { ManualTimers } from "../../../support/timers.js";
import { servicesIn } from "../support.js";
import { buildOptions, HEAD, web } from "./support.js";

/** Where one app's port cannot be had while HAProxy has to be started, only that app is without it. */

const AGAIN_MS = 15_000;
const WEB = web("/web", 10_000);
const OTHER = web("/other", 10_001);
const SERVER = ["192_0_2_1_31000"];
const OTHER_SERVER = ["192_0_2_1_31001"];

function setUp() {
  const timers = new ManualTimers();
  const haproxy = new MemoryHaproxy();
  const lines: string[] = [];
  const line = (...words: unknown[]) => void lines.push(String(words.at(-1)));
  const log = { info: line, warn: line };
  const { hostsMap: hosts, appsMap: apps, ...rest } = buildOptions();
  const controller = new LbController({
    driver: {
      host: haproxy,
      ask: haproxy.ask,
      isThere: async () => haproxy.pid > 0,
      timers,
      log,
      writeFile: haproxy.writeFile,
      files: { hosts, apps },
      render: (balancer) => renderBalancer(balancer, HEAD),
      structureOf: (balancer) => structureFor(balancer, HEAD),
      cookieKey: "key",
      coalesceMs: 250,
      minIntervalMs: 5_000,
      drainMs: 30_000,
      refusalOf: async ({ port }) => (haproxy.taken.has(port) ? "somebody listens there" : undefined),
    },
    model: { ...rest, hostsMap: hosts, appsMap: apps },
    ownPorts: new Set([80, 9_091]),
    lingerMs: 60_000,
    memory: NO_MEMORY,
    remember: async () => true,
    timers,
    log,
  });
  controller.start();
  const carry = async (apps: readonly Json[], ms = 2_500) => {
    controller.take(async () => servicesIn(apps, { allowsTemplates: false }), timers.now());
    await timers.advance(ms);
  };
  const notices = () => controller.report.built?.conflicts.flatMap(conflictNotices).map(({ appId }) => appId);
  return { timers, haproxy, lines, controller, carry, notices };
}

describe("a HAProxy that has to be started while a port is taken", () => {
  test("carries all other apps at once, and that one when its port is free", async () => {
    const { timers, haproxy, lines, controller, carry, notices } = setUp();
    haproxy.taken.add(10_001);
    await carry([WEB, OTHER]);
    expect(haproxy.serving("web_10000")).toEqual(SERVER);
    expect(controller.report).toMatchObject({
      trouble: undefined,
      unbindable: new Map([[10_001, "somebody listens there"]]),
    });
    expect(notices()).toEqual(["/other"]);
    expect(lines).toContain("nobody can listen at port 10001: somebody listens there");
    expect(await haproxy.installed()).not.toContain("bind *:10001");
    haproxy.taken.clear();
    await timers.advance(AGAIN_MS + 5_000);
    expect(await haproxy.installed()).toContain("bind *:10001");
    expect(controller.report.unbindable.size).toBe(0);
    expect([haproxy.failedStarts, haproxy.reloads]).toEqual([1, 1]);
    await controller.stop();
  });

  test("comes back after it was killed, without the app whose port is taken meanwhile", async () => {
    const { timers, haproxy, controller, carry, notices } = setUp();
    await carry([WEB, OTHER], 10_000);
    haproxy.taken.add(10_001);
    haproxy.kill();
    await timers.advance(2_500);
    expect([haproxy.serving("web_10000"), haproxy.serving("other_10001")]).toEqual([SERVER, OTHER_SERVER]);
    expect(await haproxy.installed()).not.toContain("bind *:10001");
    expect(notices()).toEqual(["/other"]);
    await controller.stop();
  });

  test("is started with what it had where what is wanted cannot be started for another reason", async () => {
    const { timers, haproxy, lines, controller, carry } = setUp();
    await carry([WEB], 10_000);
    const before = await haproxy.installed();
    const { start } = haproxy;
    haproxy.start = async () => {
      if ((await haproxy.installed()).includes(":10001")) throw new Error("out of memory");
      await start();
    };
    haproxy.kill();
    await carry([WEB, OTHER]);
    expect(haproxy.serving("web_10000")).toEqual(SERVER);
    expect(await haproxy.installed()).toBe(before);
    expect(controller.report.trouble).toBe("out of memory");
    await timers.advance(60_000);
    expect(haproxy.serving("other_10001")).toEqual(OTHER_SERVER);
    expect(lines.at(-1)).toBe("HAProxy follows again");
    await controller.stop();
  });

  test("keeps the last good configuration, and its trouble, while a port of all apps is taken as well", async () => {
    const { timers, haproxy, lines, controller, carry } = setUp();
    await carry([WEB], 10_000);
    const before = await haproxy.installed();
    haproxy.taken.add(80).add(10_001);
    haproxy.kill();
    await carry([WEB, OTHER], 60_000);
    expect(await haproxy.installed()).toBe(before);
    expect(controller.report.trouble).toContain(":80");
    expect(lines).not.toContain("HAProxy follows again");
    // At most two for each time that it is tried again.
    expect(haproxy.failedStarts).toBeLessThan(30);
    haproxy.taken.delete(80);
    await timers.advance(60_000);
    expect(haproxy.serving("web_10000")).toEqual(SERVER);
    expect(lines).toContain("HAProxy follows again");
    await controller.stop();
  });
});

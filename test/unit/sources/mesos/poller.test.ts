import { describe, expect, it } from "vitest";
import type { Cluster } from "../../../../src/sources/mesos/cluster.js";
import type { LeaderState, StateReader } from "../../../../src/sources/mesos/leader.js";
import { StatePoller } from "../../../../src/sources/mesos/poller.js";
import { ManualTimers, settle } from "../../../support/timers.js";

const LEADER = { host: "192.0.2.1", port: 5050 };
const CLUSTER: Cluster = { leader: LEADER, agents: new Map(), frameworks: [], skipped: [] };
const REGISTRY = {
  id: "",
  registered: new Set<string>(),
  recoveredFrameworks: new Set<string>(),
  completedFrameworks: [],
  unreported: [],
  starting: [],
  ended: [],
};
const INFO = { registry: REGISTRY, leader: LEADER, masters: [LEADER], bytes: 10, fetchMs: 1, parseMs: 2 };

/** A poller with an interval of 60 s, whose fetches take `fetchMs` and fail while `failing`. Everything that happens is in `log`. */
function setUp({ fetchMs = 0, buildMs = 0, random = 0 } = {}) {
  const timers = new ManualTimers();
  const log: string[] = [];
  const note = (what: string) => log.push(`${timers.now() / 1000} ${what}`);
  const wait = (ms: number) => new Promise<void>((resolve) => timers.after(ms, resolve));
  const script = { fetchMs, buildMs, failing: false, buildFails: false, random };
  const readerCalled = (name: string): StateReader => ({
    read: async (signal): Promise<LeaderState> => {
      note(name);
      const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      if (script.fetchMs > 0) await Promise.race([wait(script.fetchMs), aborted]);
      signal.throwIfAborted();
      if (script.failing) throw new Error("no master");
      return { cluster: CLUSTER, ...INFO };
    },
    close: async () => {
      note(`close ${name}`);
    },
  });
  const poller = new StatePoller({
    reader: readerCalled("fetch"),
    refreshSeconds: 60,
    timers,
    random: () => script.random,
    onCluster: async (cluster, info) => {
      expect([cluster, info]).toEqual([CLUSTER, INFO]);
      if (script.buildMs > 0) await wait(script.buildMs);
      if (script.buildFails) throw new Error("cannot build");
      note("cluster");
    },
    onFailure: (error) => note(`failure: ${error instanceof Error ? error.message : ""}`),
  });
  return { poller, timers, log, script, readerCalled };
}

const fetches = (log: readonly string[]) =>
  log.filter((line) => line.endsWith("fetch")).map((line) => Number.parseFloat(line));

describe("polling", () => {
  it("fetches at once and then every refreshSeconds, from start to start", async () => {
    const { poller, timers, log } = setUp({ fetchMs: 5_000, buildMs: 3_000 });
    poller.start();
    poller.start();
    await timers.advance(130_000);
    expect(log).toEqual(["0 fetch", "8 cluster", "60 fetch", "68 cluster", "120 fetch", "128 cluster"]);
  });

  it("is slowed down by a slow master, and never asks it twice at a time", async () => {
    const { poller, timers, log } = setUp({ fetchMs: 70_000 });
    poller.start();
    await timers.advance(200_000);
    expect(fetches(log)).toEqual([0, 85, 170]);
  });

  it("waits until a state has been processed before it fetches the next one", async () => {
    const { poller, timers, log } = setUp({ buildMs: 100_000 });
    poller.start();
    await timers.advance(120_000);
    expect(log).toEqual(["0 fetch", "100 cluster", "115 fetch"]);
  });
});

describe("a failure", () => {
  it("is reported, and retried after pauses that double each time, up to refreshSeconds", async () => {
    const { poller, timers, log, script } = setUp();
    script.failing = true;
    poller.start();
    await timers.advance(190_000);
    expect(fetches(log)).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183]);
    expect(log.filter((line) => line.endsWith("failure: no master"))).toHaveLength(9);
  });

  it("is retried up to half the pause earlier, at random, so that servers do not storm the masters", async () => {
    const { poller, timers, log, script } = setUp({ random: 0.999 });
    script.failing = true;
    poller.start();
    await timers.advance(4_000);
    expect(fetches(log).map((time) => time.toFixed(1))).toEqual(["0.0", "0.5", "1.5", "3.5"]);
  });

  it("does not lengthen later pauses after a success", async () => {
    const { poller, timers, log, script } = setUp();
    script.failing = true;
    poller.start();
    await timers.advance(2_000);
    script.failing = false;
    await timers.advance(2_000);
    script.failing = true;
    await timers.advance(61_000);
    expect(fetches(log)).toEqual([0, 1, 3, 63, 64]);
  });

  it("may come from processing the state", async () => {
    const { poller, timers, log, script } = setUp();
    script.buildFails = true;
    poller.start();
    await timers.advance(1_500);
    expect(log).toEqual(["0 fetch", "0 failure: cannot build", "1 fetch", "1 failure: cannot build"]);
  });
});

describe("a changed configuration", () => {
  it("is polled with at once, and aborts a fetch in progress, which does not count as failed", async () => {
    const { poller, timers, log, readerCalled } = setUp({ fetchMs: 5_000 });
    poller.start();
    await timers.advance(2_000);
    await poller.updateConfig(readerCalled("new fetch"), 10);
    await timers.advance(13_000);
    expect(log).toEqual(["0 fetch", "2 close fetch", "2 new fetch", "7 cluster", "12 new fetch"]);
  });

  it("is polled with at once, and ends a pause", async () => {
    const { poller, timers, log, readerCalled } = setUp();
    poller.start();
    await timers.advance(20_000);
    await poller.updateConfig(readerCalled("new fetch"), 60);
    await timers.advance(60_000);
    expect(log).toEqual([
      "0 fetch",
      "0 cluster",
      "20 close fetch",
      "20 new fetch",
      "20 cluster",
      "80 new fetch",
      "80 cluster",
    ]);
    expect(timers.pending).toBe(1);
  });

  it("waits until the former state has been processed", async () => {
    const { poller, timers, log, readerCalled } = setUp({ buildMs: 5_000 });
    poller.start();
    await timers.advance(1_000);
    await poller.updateConfig(readerCalled("new fetch"), 60);
    await timers.advance(5_000);
    expect(log).toEqual(["0 fetch", "1 close fetch", "5 cluster", "5 new fetch"]);
  });
});

describe("news of the masters", () => {
  it("about another leader have the state fetched at once, and abort a fetch in progress, which does not count as failed", async () => {
    const { poller, timers, log } = setUp({ fetchMs: 5_000 });
    poller.start();
    await timers.advance(2_000);
    poller.restart();
    await timers.advance(18_000);
    poller.restart();
    await timers.advance(10_000);
    expect(log).toEqual(["0 fetch", "2 fetch", "7 cluster", "20 fetch", "25 cluster"]);
  });

  it("about other masters end a pause, so that the state is fetched at once", async () => {
    const { poller, timers, log } = setUp({ fetchMs: 5_000 });
    poller.start();
    await timers.advance(2_000);
    poller.hurry();
    await timers.advance(18_000);
    poller.hurry();
    await timers.advance(10_000);
    expect(log).toEqual(["0 fetch", "5 cluster", "20 fetch", "25 cluster"]);
  });

  it("after stopping have no effect", async () => {
    const { poller, timers, log } = setUp();
    poller.start();
    await timers.advance(1_000);
    await poller.stop();
    poller.restart();
    poller.hurry();
    await timers.advance(60_000);
    expect(log).toEqual(["0 fetch", "0 cluster", "1 close fetch"]);
  });
});

describe("stopping", () => {
  it.each([
    ["a pause", 0, 0, ["0 fetch", "0 cluster", "1 close fetch"]],
    ["a fetch", 5_000, 0, ["0 fetch", "1 close fetch"]],
  ])("ends %s, and nothing happens after that", async (_, fetchMs, buildMs, expected) => {
    const { poller, timers, log } = setUp({ fetchMs, buildMs });
    poller.start();
    await timers.advance(1_000);
    await poller.stop();
    await timers.advance(600_000);
    expect(log).toEqual(expected);
  });

  it("waits until a state has been processed", async () => {
    const { poller, timers, log } = setUp({ buildMs: 5_000 });
    poller.start();
    await settle();
    const stopped = poller.stop().then(() => log.push("stopped"));
    await timers.advance(5_000);
    await stopped;
    expect(log).toEqual(["0 fetch", "0 close fetch", "5 cluster", "stopped"]);
  });

  it("may come before starting", async () => {
    const { poller, log } = setUp();
    await poller.stop();
    poller.start();
    expect(log).toEqual(["0 close fetch"]);
  });
});

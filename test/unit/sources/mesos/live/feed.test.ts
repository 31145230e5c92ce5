import { describe, expect, it } from "vitest";
import { taskAdded, taskUpdated } from "../../../../support/operator-api.js";
import { agent, cluster, framework, task } from "../../../../support/scripted-master.js";
import { CONFIG, setUp, times } from "./feed-support.js";
import { API, CHRONOS, FULL, MARATHON, networkOf, S0, S1, stateFrom, WEB } from "./support.js";

describe("a change", () => {
  it("is served at once, whatever refreshSeconds is", async () => {
    const { feed, timers, log, say } = setUp(FULL, { refreshSeconds: 3600 });
    feed.start();
    await timers.advance(10_000);
    await say(taskUpdated(WEB, "TASK_KILLED"));
    await timers.advance(1_000);
    expect(log.at(-1)).toBe("10.02 chronos:; marathon: api");
    await feed.stop();
  });

  it("waits while the one before is being served, and includes later changes", async () => {
    const { feed, timers, log, script, say } = setUp();
    feed.start();
    await timers.advance(10_000);
    script.serveMs = 4_000;
    await say(taskUpdated(WEB, "TASK_KILLED"));
    await timers.advance(1_000);
    await say(taskAdded(task("b", { agent: "S0" })), taskAdded(task("c", { agent: "S0" })));
    await timers.advance(10_000);
    expect(log.slice(-2)).toEqual(["14.02 chronos:; marathon: api", "18.04 chronos:; marathon: api b c"]);
    await feed.stop();
  });

  it("of an unknown task has the state fetched, but not again and again", async () => {
    const { feed, timers, log, say } = setUp();
    feed.start();
    await timers.advance(10_000);
    for (let i = 0; i < 10; i++) {
      await say(taskUpdated(task(`who${i}`, { agent: "S0" }), "TASK_RUNNING"));
      await timers.advance(500);
    }
    expect(times(log, "fetch")).toEqual([0, 0.02, 10, 15]);
    await feed.stop();
  });

  it("of a running task that is unreported has the state fetched until it is reported, with growing pauses", async () => {
    const { feed, timers, log, script, say } = setUp(FULL, { refreshSeconds: 3600 });
    feed.start();
    await timers.advance(10_000);
    const starting = { state: "TASK_STARTING", container_status: networkOf("203.0.113.9") };
    const early = task("new", { agent: "S0", extra: { statuses: [{ ...starting, timestamp: 1 }] } });
    script.state = cluster({ agents: [S0, S1], frameworks: [{ ...MARATHON, tasks: [WEB, API, early] }, CHRONOS] });
    await say(taskAdded(task("new", { agent: "S0", state: "TASK_STARTING" })));
    await say(taskUpdated(task("new", { agent: "S0" }), "TASK_RUNNING", starting));
    await timers.advance(60_000);
    expect(log.filter((line) => line.includes("new"))).toEqual([]);
    expect(times(log, "fetch")).toEqual([0, 0.02, 10, 15, 25, 45]);
    const reported = task("new", { agent: "S0", ip: "203.0.113.10" });
    script.state = cluster({ agents: [S0, S1], frameworks: [{ ...MARATHON, tasks: [WEB, API, reported] }, CHRONOS] });
    await timers.advance(600_000);
    expect(times(log, "fetch")).toEqual([0, 0.02, 10, 15, 25, 45, 85]);
    expect(log.filter((line) => line.includes("new"))).toEqual(["85.02 chronos:; marathon: api new web"]);
    await feed.stop();
  });

  it("during a fetch is not undone by a state that is older than it", async () => {
    const { feed, timers, log, script, say, report } = setUp();
    feed.start();
    await timers.advance(59_000);
    script.fetchMs = 5_000;
    await timers.advance(2_000);
    await say(taskUpdated(WEB, "TASK_KILLED"));
    await timers.advance(20_000);
    expect(log.slice(-3)).toEqual(["60.02 fetch", "61.02 chronos:; marathon: api", "65.04 chronos:; marathon: api"]);
    expect(report().differences.task).toBe(0);
    await feed.stop();
  });
});

describe("the stream", () => {
  it("begins after a state has been read, and is counted", async () => {
    const { feed, timers, log, report } = setUp();
    feed.start();
    await timers.advance(1_000);
    expect(log.slice(0, 2)).toEqual(["0 fetch", "0 subscribe"]);
    expect(report().stream).toMatchObject({
      status: "connected",
      master: "192.0.2.1:5050",
      subscriptions: 1,
      events: { SUBSCRIBED: 1, HEARTBEAT: 1 },
    });
    await feed.stop();
    expect(timers.pending).toBe(0);
  });

  it("has a state fetched as it begins: what happened before that is nowhere else", async () => {
    const { feed, timers, log, script, say } = setUp();
    script.fetchMs = 3_000;
    feed.start();
    await timers.advance(10_000);
    expect(times(log, "fetch")).toEqual([0, 3.02]);
    script.state = cluster({ agents: [S0, S1], frameworks: [MARATHON] });
    await say("no count of octets");
    await timers.advance(2_000);
    expect(times(log, "subscribe")).toEqual([3, 10.25]);
    await timers.advance(3_000);
    expect(log.at(-1)).toBe("13.27 marathon: api web");
    await feed.stop();
  });

  it("that begins while a state is fetched has it fetched once more, when that is through", async () => {
    const { feed, timers, log, script, say } = setUp();
    feed.start();
    await timers.advance(59_000);
    script.fetchMs = 5_000;
    await timers.advance(2_000);
    await say("no count of octets");
    await timers.advance(30_000);
    expect(times(log, "fetch").slice(-2)).toEqual([60.02, 65.04]);
    await feed.stop();
  });

  it("that the leader does not support leaves polling, and is requested again when another master leads", async () => {
    const { feed, timers, log, script, report } = setUp();
    script.noEvents = true;
    feed.start();
    await timers.advance(130_000);
    expect(times(log, "fetch")).toEqual([0, 60, 120]);
    expect(times(log, "subscribe")).toEqual([0]);
    expect(report().stream.status).toBe("unsupported");
    script.leader = "m2";
    await timers.advance(60_000);
    expect(times(log, "subscribe")).toEqual([0, 180]);
    await feed.stop();
  });

  it("is not opened if the configuration wants only polling", async () => {
    const { feed, timers, log } = setUp(FULL, { updates: "poll" });
    feed.start();
    await timers.advance(120_000);
    expect(times(log, "subscribe")).toEqual([]);
    await feed.stop();
  });

  it("of another master has the state fetched at once", async () => {
    const { feed, timers, log, script } = setUp();
    feed.start();
    await timers.advance(10_000);
    script.leader = "m2";
    feed.leaderChanged();
    await timers.advance(1_000);
    expect(times(log, "subscribe")).toEqual([0, 10]);
    expect(times(log, "fetch").length).toBeGreaterThanOrEqual(2);
    await feed.stop();
  });

  it("is opened anew with a new configuration, over its connections", async () => {
    const { feed, timers, log, access } = setUp();
    feed.start();
    await timers.advance(10_000);
    await feed.configure({ ...access, close: async () => {} }, CONFIG);
    await timers.advance(1_000);
    expect(log.filter((line) => /close|subscribe/.test(line))).toEqual(["0 subscribe", "10 close", "10 subscribe"]);
    await feed.configure(access, { ...CONFIG, updates: "poll" });
    await timers.advance(120_000);
    expect(times(log, "subscribe")).toHaveLength(2);
    await feed.stop();
  });
});

describe("a state", () => {
  it("corrects what events have left wrong, and counts it", async () => {
    const { feed, timers, log, script, report } = setUp();
    feed.start();
    await timers.advance(10_000);
    script.state = cluster({ agents: [S0, S1], frameworks: [MARATHON] });
    await timers.advance(60_000);
    expect(log.at(-1)).toBe("60.04 marathon: api web");
    expect(report().differences).toEqual({ task: 0, agent: 0, framework: 1 });
    await feed.stop();
  });

  it("never overlaps another, however much happens", async () => {
    const { feed, timers, log, script, say } = setUp();
    script.fetchMs = 20_000;
    feed.start();
    await timers.advance(25_000);
    for (let i = 0; i < 5; i++) {
      feed.mastersChanged();
      await say(taskUpdated(task(`who${i}`, { agent: "S0" }), "TASK_RUNNING"));
      await timers.advance(1_000);
    }
    expect(times(log, "fetch")).toEqual([0, 20.02]);
    await feed.stop();
  });
});

describe("a state that removes too much", () => {
  const many = Array.from({ length: 20 }, (_, i) => task(`t${i}`, { agent: "S0", ports: [31000 + i] }));
  const busy = cluster({ agents: [agent("S0")], frameworks: [framework("marathon", { tasks: many })] });
  const idle = cluster({ agents: [agent("S0")], frameworks: [framework("marathon")] });

  it.each(["stream", "poll"] as const)(
    "is served when a fetch five seconds later confirms it (%s)",
    async (updates) => {
      const { feed, timers, log, script, report } = setUp(busy, { updates });
      feed.start();
      await timers.advance(59_000);
      script.state = idle;
      await timers.advance(2_000);
      // With a stream, the second state was asked for as soon as that had begun.
      const begun = updates === "stream" ? 0.02 : 0;
      expect(report().heldState).toMatchObject({
        leader: "192.0.2.1:5050",
        since: 1_700_000_060_020 + begun * 1000,
      });
      expect(log.at(-1)).toBe(`${60 + begun} fetch`);
      await timers.advance(10_000);
      expect(log.slice(-2)).toEqual(
        updates === "stream" ? ["65.04 fetch", "65.06 marathon:"] : ["65.02 fetch", "65.04 marathon:"],
      );
      expect(report()).toMatchObject({ heldState: undefined, heldStates: 1 });
      await feed.stop();
    },
  );

  it("is confirmed only by a state requested later, even while a slow master is being asked", async () => {
    const { feed, timers, log, script } = setUp(busy, { updates: "poll", refreshSeconds: 4 });
    feed.start();
    await timers.advance(3_900);
    script.state = idle;
    script.fetchMs = 3_000;
    await timers.advance(30_000);
    expect(times(log, "marathon:")[0]).toBeGreaterThanOrEqual(7.02 + 5 + 3);
    await feed.stop();
  });

  it("is served at once when a new maxShrink allows it, even if the master no longer answers", async () => {
    const { feed, timers, log, script, access } = setUp(busy, { updates: "poll" });
    feed.start();
    await timers.advance(10_000);
    script.state = idle;
    await timers.advance(53_000);
    script.fetchMs = 3_600_000;
    await feed.configure(access, { ...CONFIG, maxShrink: 100, updates: "poll" });
    await timers.advance(10_000);
    expect(log.at(-1)).toBe("63.02 marathon:");
    await feed.stop();
  });

  it("because of events is confirmed by a fetch of its own", async () => {
    const { feed, timers, log, script, say } = setUp(busy, { refreshSeconds: 3600 });
    feed.start();
    await timers.advance(10_000);
    script.state = idle;
    await say(...many.map((each) => taskUpdated(each, "TASK_KILLED")));
    await timers.advance(10_000);
    expect(log.slice(-2)).toEqual(["15.02 fetch", "15.04 marathon:"]);
    await feed.stop();
  });
});

it("what is kept after a failover is removed when the grace time is over, without any event", async () => {
  const { feed, timers, log, script, report } = setUp(FULL, { refreshSeconds: 3600, maxShrink: 100, updates: "poll" });
  feed.start();
  await timers.advance(10_000);
  script.leader = "m2";
  script.state = cluster({});
  feed.leaderChanged();
  await timers.advance(10_000);
  expect(log.at(-1)).toBe("10.02 chronos:; marathon: api web");
  expect(report().held).toMatchObject({ agents: 2, frameworks: 2, tasks: 2, until: 1_700_000_610_020 });
  await timers.advance(600_000);
  expect(log.at(-1)).toBe("610.04 ");
  await feed.stop();
});

describe("what was served before the start", () => {
  const { cluster: restored } = stateFrom(FULL);

  it("stays while a new leader has not heard of it, and is removed when that reports otherwise", async () => {
    const { feed, timers, log, script, report } = setUp(cluster({}), { updates: "poll" }, restored);
    feed.start();
    await timers.advance(1_000);
    expect(log.at(-1)).toBe("0.02 chronos:; marathon: api web");
    expect(report().held).toMatchObject({ agents: 2, frameworks: 2, tasks: 2 });
    script.state = cluster({ agents: [S0], frameworks: [framework("marathon")] });
    await timers.advance(60_000);
    expect(log.at(-1)).toBe("60.02 chronos:; marathon: api");
    script.state = FULL;
    await timers.advance(60_000);
    expect(report().held).toMatchObject({ agents: 0, frameworks: 0, tasks: 0 });
    expect(log.at(-1)).toBe("120.02 chronos:; marathon: api web");
    await feed.stop();
  });

  it("is removed when no agent has registered within failoverGrace", async () => {
    const { feed, timers, log } = setUp(cluster({}), { updates: "poll", maxShrink: 100 }, restored);
    feed.start();
    await timers.advance(599_000);
    expect(log.some((line) => line.endsWith(" chronos:; marathon: api web"))).toBe(true);
    await timers.advance(2_000);
    expect(times(log, "").at(-1)).toBeGreaterThanOrEqual(600);
    await feed.stop();
  });

  it("is removed when a shorter failoverGrace is configured, even if the master no longer answers", async () => {
    const { feed, timers, log, script, access } = setUp(cluster({}), { updates: "poll", maxShrink: 100 }, restored);
    feed.start();
    await timers.advance(10_000);
    script.fetchMs = 3_600_000;
    await feed.configure(access, { ...CONFIG, updates: "poll", maxShrink: 100, failoverGrace: 60 });
    await timers.advance(600_000);
    expect(Number.parseFloat(log.at(-1) ?? "")).toBeCloseTo(60, 0);
    await feed.stop();
  });

  it("counts for how much one state may remove", async () => {
    const { feed, timers, log, script } = setUp(
      cluster({ agents: [S0, S1], frameworks: [framework("marathon"), framework("chronos")] }),
      { updates: "poll", maxShrink: 20 },
      restored,
    );
    feed.start();
    await timers.advance(4_000);
    expect(log).toEqual(["0 fetch"]);
    expect(script.leader).toBe("m1");
    await timers.advance(4_000);
    expect(log.at(-1)).toMatch(/^5\.04 chronos:; marathon:$/);
    await feed.stop();
  });
});

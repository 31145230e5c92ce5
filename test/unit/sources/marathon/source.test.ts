import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { systemTimers, type Timers } from "../../../../src/base/timers.js";
import type { MarathonSetting } from "../../../../src/config/lb.js";
import { MarathonClient } from "../../../../src/sources/marathon/client.js";
import { type AppsNews, MarathonSource } from "../../../../src/sources/marathon/source.js";
import { app, ScriptedMarathon, task } from "../../../support/scripted-marathon.js";
import { ManualTimers } from "../../../support/timers.js";
import { until } from "../../../support/wait.js";
import { settingOf } from "./support.js";

const ONE = app("/one", { tasks: [task("192.0.2.10", [31_000])] });
const TWO = app("/two", { tasks: [task("192.0.2.11", [31_000]), task("192.0.2.12", [31_000])] });
const THREE = app("/three", { tasks: [task("192.0.2.13", [31_000])] });
const EPOCH = Date.UTC(2030, 0, 1);

let marathon: ScriptedMarathon;
let standby: ScriptedMarathon;

beforeEach(async () => {
  [marathon, standby] = await Promise.all([ScriptedMarathon.start(), ScriptedMarathon.start()]);
  marathon.apps = [ONE, TWO];
});

afterEach(() => Promise.all([marathon.stop(), standby.stop()]));

/** A source that has started, and what it has said. */
function follow(
  marathons: readonly MarathonSetting[] = [settingOf([marathon.url])],
  timers: Timers = new ManualTimers(),
) {
  const wallClock = () => EPOCH + timers.now();
  const news: AppsNews[] = [];
  const said: string[] = [];
  const logged: string[] = [];
  const note = (...words: unknown[]) => void logged.push(String(words.at(-1)));
  const source = new MarathonSource({
    settings: { marathons, refreshSeconds: 60 },
    accessTo: (setting) => new MarathonClient(setting, { timers, wallClock, env: {} }),
    timers,
    wallClock,
    random: () => 0,
    log: { info: note, warn: note },
    onApps: (each) => news.push(each),
    onCurrent: (name) => said.push(`${name} is current`),
    onTrouble: (reason, name) => said.push(`${name}: ${reason}`),
  });
  onTestFinished(() => source.stop());
  source.start();
  const pass = (ms: number) => (timers instanceof ManualTimers ? timers.advance(ms) : Promise.resolve());
  return {
    source,
    news,
    said,
    logged,
    pass,
    ids: () => news.at(-1)?.apps.map(({ id }) => id),
    /** Lets time pass a little at a time until something is so. */
    passing: (what: string, isSo: () => unknown) =>
      until(what, async () => {
        await pass(10);
        return Boolean(isSo());
      }),
    report: () => source.reports[0] as (typeof source.reports)[number],
  };
}

/** The same, once it has read its lists and reads events, and has nothing left to do. */
async function followed(...args: Parameters<typeof follow>) {
  const following = follow(...args);
  const { source, pass, passing } = following;
  await passing("the first list and the events", () =>
    source.reports.every(({ fetches, stream }) => fetches.good > 0 && stream.events.event_stream_attached),
  );
  let asked: number;
  do {
    asked = marathon.requests.length + standby.requests.length;
    await pass(200);
    await new Promise((resolve) => setTimeout(resolve, 30));
  } while (marathon.requests.length + standby.requests.length > asked);
  return following;
}

describe("a Marathon", () => {
  it("is read at the start, after each event, and every refreshSeconds; what has not changed is told once", async () => {
    const { news, ids, passing, pass, report } = await followed();
    expect(news).toHaveLength(1);
    expect(news[0]).toMatchObject({ source: "marathon", unheard: [] });
    expect(ids()).toEqual(["/one", "/two"]);
    marathon.apps = [ONE, TWO, THREE];
    marathon.emit("status_update_event", { taskStatus: "TASK_RUNNING" });
    await passing("the third app", () => news.length === 2);
    expect(ids()).toEqual(["/one", "/two", "/three"]);
    const before = marathon.fetches;
    await pass(59_000);
    expect(marathon.fetches).toBe(before);
    marathon.apps = [ONE];
    await passing("the first app alone", () => news.length === 3);
    expect(report()).toMatchObject({
      url: marathon.url,
      leader: marathon.url,
      apps: 1,
      tasks: 1,
      stream: { from: marathon.url, begun: 1, events: { event_stream_attached: 1, status_update_event: 1 } },
    });
  });

  it("is not asked for what it does not tell of, nor for heartbeats", async () => {
    const { passing, report } = await followed();
    const before = marathon.fetches;
    marathon.say("\r\n:\r\n");
    marathon.emit("scheduler_registered_event");
    marathon.emit("group_change_success");
    await passing("the events", () => report().stream.events.other === 2);
    await passing("nothing", () => true);
    expect(marathon.fetches).toBe(before);
  });

  it("that tells of 10,000 changes of tasks is asked ten times a second at most, and last after the last of them", async () => {
    const { news, source } = await followed(undefined, systemTimers);
    const before = marathon.fetches;
    const started = performance.now();
    for (let at = 0; at < 10; at++) {
      for (let event = 0; event < 1_000; event++) marathon.emit("status_update_event", { taskId: `${at}.${event}` });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    marathon.apps = [ONE, TWO, THREE];
    marathon.emit("status_update_event");
    await until("the last change", () => news.at(-1)?.apps.length === 3);
    const tenths = Math.ceil((performance.now() - started) / 100);
    expect(source.reports[0]?.stream.events.status_update_event).toBe(10_001);
    expect(marathon.fetches - before).toBeGreaterThan(2);
    expect(marathon.fetches - before).toBeLessThanOrEqual(tenths + 1);
  });

  it("has each app that cannot be read named once, and each pod", async () => {
    marathon.apps = [ONE, { instances: 3 }];
    marathon.pods = [{ id: "/pods/one" }, { id: "/pods/two" }];
    const { logged, passing, pass, ids, report } = await followed();
    await passing("the pods", () => report().pods === 2);
    expect(ids()).toEqual(["/one"]);
    expect(report()).toMatchObject({ leftOut: 1 });
    const lines = [
      "marathon: the app at place 2 of Marathon's answer has no id",
      "marathon: the pod /pods/one is not carried: pods have no service ports",
      "marathon: the pod /pods/two is not carried: pods have no service ports",
    ];
    expect(logged).toEqual(lines);
    const { good } = report().fetches;
    await pass(60_000);
    await passing("another reading", () => report().fetches.good > good);
    expect(logged).toEqual(lines);
  });
});

describe("a Marathon that does not tell what it has", () => {
  it.each([
    ["answers 500", { status: 500 }, "MARATHON_STATUS"],
    ["sends half of it", { body: '{"apps":[{"id":"/one"' }, "MARATHON_INVALID"],
    ["cuts the connection", { cutAfter: 30 }, "MARATHON_UNREACHABLE"],
    ["sends a page", { body: "<html>", contentType: "text/html" }, "MARATHON_INVALID"],
    ["sends an error as if it were apps", { state: { message: "no" } }, "MARATHON_INVALID"],
  ])("and %s leaves what it told last, for days, and is tried again", async (_, fault, code) => {
    const timers = new ManualTimers();
    const { news, said, passing, pass, report } = await followed(undefined, timers);
    said.length = 0;
    marathon.fault = fault;
    marathon.emit("status_update_event");
    await passing("the first failure", () => said.length === 1);
    expect(report()).toMatchObject({ trouble: { code }, apps: 2, currentAt: expect.any(Number) });
    for (let day = 0; day < 3; day++) {
      const failed = report().fetches.failed;
      await timers.block(86_400_000);
      await passing("another failure", () => report().fetches.failed > failed);
    }
    expect(news).toHaveLength(1);
    expect(said.every((line) => line.startsWith("marathon: Marathon at "))).toBe(true);
    said.length = 0;
    marathon.fault = undefined;
    await pass(60_000);
    await passing("an answer", () => said.includes("marathon is current"));
    expect(report().trouble).toBeUndefined();
    expect(news).toHaveLength(1);
  });

  it("and is silent is given up after 46 s", async () => {
    const { said, passing, pass } = await followed();
    said.length = 0;
    marathon.fault = { silent: true };
    marathon.emit("status_update_event");
    const before = marathon.fetches;
    await passing("the question", () => marathon.fetches > before);
    await pass(46_000);
    await passing("the failure", () => said.length > 0);
    expect(said).toEqual([`marathon: Marathon at ${marathon.url} did not answer within 46 s`]);
  });

  it("is not asked ten times a second because it tells of events", async () => {
    const { passing, pass, report } = await followed();
    marathon.fault = { status: 500 };
    marathon.emit("status_update_event");
    await passing("the first failure", () => report().fetches.failed === 1);
    marathon.emit("status_update_event");
    await passing("the event", () => report().stream.events.status_update_event === 2);
    await pass(500);
    expect(report().fetches.failed).toBe(1);
  });

  it("and is away at the start is waited for", async () => {
    const { url } = marathon;
    await marathon.stop();
    const { news, said, passing, ids } = follow();
    await passing("the first failure", () => said.length > 0);
    expect(said[0]).toBe(`marathon: Marathon at ${url} cannot be reached: the connection was refused`);
    expect(news).toEqual([]);
    marathon = await ScriptedMarathon.start({ port: Number(new URL(url).port) });
    marathon.apps = [ONE];
    await passing("its apps", () => news.length > 0);
    expect(ids()).toEqual(["/one"]);
  });
});

describe("a list that lacks too much", () => {
  it("is held, said to be so, and counts after it has stayed", async () => {
    const { news, logged, ids, passing, pass, report } = await followed();
    marathon.apps = [];
    marathon.emit("app_terminated_event");
    await passing("the empty list", () => report().held !== undefined);
    expect(ids()).toEqual(["/one", "/two"]);
    expect(report()).toMatchObject({ held: { apps: 2, tasks: 3, since: expect.any(Number) }, heldLists: 1, apps: 2 });
    expect(report().held?.since).toBeGreaterThanOrEqual(EPOCH);
    expect(logged).toEqual([
      "marathon: its list lacks so much that it has to be confirmed; 2 apps with 3 tasks stay meanwhile",
    ]);
    const fetches = marathon.fetches;
    for (let at = 0; at < 12; at++) {
      await pass(5_000);
      await passing("another look", () => marathon.fetches > fetches + at);
    }
    await pass(5_000);
    await passing("the empty list to count", () => news.at(-1)?.apps.length === 0);
    expect(report()).toMatchObject({ held: undefined, heldLists: 1, apps: 0 });
    expect(logged).toContain("marathon: its list counts again as it is");
  });

  it("from a new leader leaves the tasks that it does not know yet", async () => {
    const { ids, passing, report, logged } = await followed(
      [settingOf([standby.url])].map((setting) => setting),
      undefined,
    );
    expect([ids(), logged, report().held]).toEqual([
      undefined,
      expect.anything(),
      { since: expect.any(Number), apps: 0, tasks: 0 },
    ]);
    standby.apps = [ONE, TWO, THREE];
    standby.emit("deployment_success");
    await passing("the apps", () => ids()?.length === 3);
    marathon.apps = [{ ...ONE, tasks: [] }, { ...TWO, tasks: [] }, THREE, app("/new")];
    standby.leader = marathon;
    standby.cut();
    await passing("the new leader", () => report().leader === marathon.url);
    expect(report()).toMatchObject({ held: { apps: 2, tasks: 3 } });
    expect(ids()).toEqual(["/three", "/new", "/one", "/two"]);
  });
});

describe("events", () => {
  it("are followed at the next node as soon as they end, and what was missed is looked at", async () => {
    standby.leader = marathon;
    const { passing, report, ids, logged } = await followed([settingOf([standby.url, marathon.url])]);
    expect(report().stream).toMatchObject({ from: marathon.url, begun: 1 });
    marathon.apps = [ONE, TWO, THREE];
    marathon.greets = false;
    marathon.cut();
    await passing("the events again", () => report().stream.begun === 2);
    await passing("what was missed", () => ids()?.length === 3);
    const eventRequests = standby.requests.filter(({ path }) => path === "/v2/events");
    expect(eventRequests).toHaveLength(1);
    expect(logged).toEqual([
      expect.stringMatching(/^marathon: the events of Marathon at .*; its list is read every 60 s$/),
      `marathon: its events are followed again, from ${marathon.url}`,
    ]);
  });

  it("of a Marathon that is silent for 60 s are asked for anew, and heartbeats are not silence", async () => {
    const { passing, pass, report } = await followed();
    for (let at = 0; at < 10; at++) {
      marathon.say(at % 2 === 0 ? "\r\n" : ":\r\n\r\n");
      await until("the heartbeat to have gone", () => new Promise((resolve) => setTimeout(() => resolve(true), 20)));
      await pass(30_000);
    }
    expect(report().stream.begun).toBe(1);
    await pass(61_000);
    await passing("another stream", () => report().stream.begun === 2);
  });

  it("that nobody gives are tried for with longer and longer pauses, and the apps are read all the same", async () => {
    marathon.streamFault = { status: 404 };
    const { passing, pass, report, ids, logged } = follow();
    await passing("the apps", () => ids() !== undefined);
    await passing("the first failure", () => report().stream.trouble !== undefined);
    for (let at = 0; at < 20; at++) {
      const asked = marathon.requests.length;
      await pass(15_000);
      await until("another attempt", () => marathon.requests.length > asked);
    }
    const attempts = marathon.requests.filter(({ path }) => path === "/v2/events").length;
    expect(attempts).toBeGreaterThan(15);
    expect(attempts).toBeLessThan(35);
    expect(logged).toHaveLength(1);
    marathon.streamFault = undefined;
    await pass(15_000);
    await passing("the events", () => report().stream.begun === 1);
  });
});

describe("several Marathons", () => {
  it("are followed each by itself, and one that is away takes nothing from the other", async () => {
    standby.apps = [app("/one"), app("/mail")];
    const { news, said, ids, passing, source } = await followed([
      settingOf([marathon.url], { name: "main" }),
      settingOf([standby.url], { name: "second" }),
    ]);
    const [first, last] = news.map(({ source: name, unheard }) => ({ name, unheard }));
    expect(first?.unheard).toEqual(["main", "second"].filter((name) => name !== first?.name));
    expect(last?.unheard).toEqual([]);
    expect(ids()).toEqual(["/one", "/two", "/second/one", "/mail"]);
    said.length = 0;
    await standby.stop();
    source.look();
    await passing("the failure", () => said.some((line) => line.startsWith("second: ")));
    marathon.apps = [ONE];
    marathon.emit("app_terminated_event");
    await passing("the change", () => ids()?.length === 3);
    expect(ids()).toEqual(["/one", "/second/one", "/mail"]);
    expect(source.reports.map(({ name, trouble }) => [name, trouble?.code])).toEqual([
      ["main", undefined],
      ["second", "MARATHON_UNREACHABLE"],
    ]);
    standby = await ScriptedMarathon.start();
  });
});

describe("a source that has been stopped", () => {
  it("has no connection open, and says nothing more", async () => {
    const { source, said, news, pass } = await followed();
    marathon.fault = { silent: true };
    source.look();
    await pass(200);
    await source.stop();
    const before = [said.length, news.length, marathon.requests.length];
    await pass(1_000_000);
    expect([said.length, news.length, marathon.requests.length]).toEqual(before);
    await until("no stream", () => marathon.streams === 0);
  });
});

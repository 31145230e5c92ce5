import { describe, expect, it } from "vitest";
import { Journal } from "../../../../../src/sources/mesos/live/journal.js";
import type { LiveCluster } from "../../../../../src/sources/mesos/live/live-cluster.js";
import { WaitingTasks } from "../../../../../src/sources/mesos/live/waiting-tasks.js";
import type { Json } from "../../../../support/json.js";
import { subscribed, taskAdded, taskUpdated } from "../../../../support/operator-api.js";
import { cluster, task } from "../../../../support/scripted-master.js";
import {
  API,
  event,
  FULL,
  liveOf,
  MARATHON,
  networkOf,
  outline,
  S0,
  S1,
  stateFrom,
  statusAt,
  taskNamed,
  WEB,
} from "./support.js";

/** A status from before a task ran, with an address that the task later does not have. */
const STARTING: Json = { state: "TASK_STARTING", container_status: networkOf("192.0.2.10") };
const NEW = task("new", { agent: "S0", ports: [31007] });
const EARLY: Json = { ...NEW, statuses: [{ ...STARTING, timestamp: 1 }] };
const withTasks = (...tasks: Json[]) =>
  cluster({ agents: [S0, S1], frameworks: [{ ...MARATHON, tasks: [WEB, API, ...tasks] }] });

/** The addresses of a task in the cluster; `undefined` if it is not there. */
const addressesOf = (live: LiveCluster, name: string) => taskNamed(name, live.observed.cluster)?.addresses;

describe("an unreported task, which runs without a TASK_RUNNING status", () => {
  it.each([
    [
      "an update with an older status",
      (live: LiveCluster) => {
        live.apply(event(taskAdded({ ...NEW, state: "TASK_STARTING", statuses: [] })));
        return live.apply(event(taskUpdated(NEW, "TASK_RUNNING", STARTING)));
      },
    ],
    ["an event that adds it", (live: LiveCluster) => live.apply(event(taskAdded(EARLY)))],
    ["a state", (live: LiveCluster) => live.applyState(stateFrom(withTasks(EARLY)))],
  ])("is not in the cluster after %s, until it is reported", (_, tell) => {
    const live = liveOf();
    tell(live);
    expect(live.lacksReports).toBe(true);
    expect(addressesOf(live, "new")).toBeUndefined();
    live.apply(event(taskUpdated(NEW, "TASK_RUNNING", statusAt("203.0.113.9"))));
    expect(addressesOf(live, "new")).toEqual({ netinfo: ["203.0.113.9"] });
    expect(taskNamed("new", live.observed.cluster)?.ports).toEqual([[31007, 31007]]);
    expect(live.lacksReports).toBe(false);
  });

  it("stays as it was if it was running before, over events and states", () => {
    const live = liveOf();
    const early = { ...WEB, statuses: [{ ...STARTING, timestamp: 1 }] };
    const before = taskNamed("web", live.observed.cluster);
    const others = cluster({ agents: [S0, S1], frameworks: [{ ...MARATHON, tasks: [early, API] }] });
    live.apply(event(taskUpdated(WEB, "TASK_RUNNING", STARTING)));
    expect(taskNamed("web", live.observed.cluster)).toBe(before);
    live.apply(event(taskAdded(early)));
    expect(taskNamed("web", live.observed.cluster)).toBe(before);
    live.applyState(stateFrom(others));
    expect(taskNamed("web", live.observed.cluster)).toBe(before);
  });

  it("does not keep the addresses of another agent", () => {
    const live = liveOf();
    live.apply(event(taskAdded({ ...EARLY, id: WEB.id, name: "web", slave_id: API.slave_id })));
    live.applyState(
      stateFrom(
        cluster({
          agents: [S0, S1],
          frameworks: [{ ...MARATHON, tasks: [{ ...EARLY, id: WEB.id, name: "web", slave_id: API.slave_id }, API] }],
        }),
      ),
    );
    expect(addressesOf(live, "web")).toBeUndefined();
  });

  it("is dropped when it ends, with its framework, or when a state does not have it", () => {
    const ended = liveOf();
    ended.apply(event(taskAdded(EARLY)));
    ended.apply(event(taskUpdated(NEW, "TASK_FAILED")));
    expect(ended.lacksReports).toBe(false);
    const elsewhere = liveOf();
    elsewhere.apply(event(taskAdded(EARLY)));
    elsewhere.applyState(stateFrom(FULL));
    expect(elsewhere.lacksReports).toBe(false);
  });

  it("without any status, as from old masters, counts as reported", () => {
    const live = liveOf(withTasks({ ...NEW, statuses: [] }));
    expect(addressesOf(live, "new")).toEqual({});
    expect(live.lacksReports).toBe(false);
  });
});

describe("tasks that are about to run", () => {
  it("are kept up to a limit: the latest ones", () => {
    const waiting = new WaitingTasks();
    const task = taskNamed("web", liveOf().observed.cluster);
    if (!task) throw new Error("there is no such task");
    const live = { frameworkId: "f", state: "TASK_RUNNING", task, since: 0, unreported: true };
    for (let i = 0; i < 100_005; i++) waiting.add(`f\n${i}`, live);
    expect([waiting.get("f\n4"), waiting.get("f\n5"), waiting.unreported.size]).toEqual([undefined, live, 100_000]);
  });
});

describe("the events during a fetch", () => {
  it("are applied to a state that is older than they are, including those of a lost stream", () => {
    const live = liveOf();
    live.beginState();
    live.apply(event(taskUpdated(API, "TASK_KILLED")));
    live.apply(event(subscribed(FULL)));
    live.apply(event(taskAdded(NEW)));
    live.applyState(stateFrom(FULL));
    expect(outline(live.observed.cluster)).toEqual(["agents: S0 S1", "chronos:", "marathon: new web"]);
  });

  it("make the state useless if they are more than can be kept", () => {
    const journal = new Journal();
    const update = event(taskUpdated(WEB, "TASK_KILLED"));
    journal.begin();
    for (let i = 0; i < 200_001; i++) journal.note(update);
    journal.begin();
    expect(journal.take()).toEqual([]);
    journal.begin();
    for (let i = 0; i < 200_001; i++) journal.note(update);
    expect(journal.take()).toBeUndefined();
  });
});

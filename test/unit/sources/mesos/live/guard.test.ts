import { describe, expect, it } from "vitest";
import { FailoverGuard } from "../../../../../src/sources/mesos/live/guard.js";
import { LiveCluster } from "../../../../../src/sources/mesos/live/live-cluster.js";
import type { Json } from "../../../../support/json.js";
import {
  agentAdded,
  agentRemoved,
  frameworkAdded,
  frameworkRemoved,
  subscribed,
  taskAdded,
  taskUpdated,
} from "../../../../support/operator-api.js";
import { agent, cluster, framework, recoveredAgent, task } from "../../../../support/scripted-master.js";
import {
  API,
  agentNamed,
  CHRONOS,
  event,
  FULL,
  frameworkNamed,
  LEADER,
  MARATHON,
  NEXT_LEADER,
  outline,
  S0,
  S1,
  stateFrom,
  taskNamed,
  WEB,
} from "./support.js";

const GRACE = 600;

/** A server that has served `state`, and what it serves after further states and messages. Times are in seconds. */
function setUp(state: Json = FULL, grace = GRACE) {
  const live = new LiveCluster();
  const guard = new FailoverGuard(grace);
  let now = 0;
  const serve = () => {
    const cluster = guard.propose(live.observed, live.marks, now * 1000);
    guard.commit(cluster);
    live.forgetMarks();
    return cluster;
  };
  const read = (next: Json, master = LEADER) => {
    live.applyState(stateFrom(next, master));
    return serve();
  };
  const hear = (...messages: Json[]) => {
    for (const message of messages) live.apply(event(message));
    return serve();
  };
  const wait = (seconds: number) => {
    now += seconds;
    return serve();
  };
  read({ id: "m1", ...state });
  return { guard, live, read, hear, wait, serve };
}

const EMPTY = cluster({});
const ALL = ["agents: S0 S1", "chronos:", "marathon: api web"];
const recovered = [recoveredAgent("S0", { hostname: "agent0.example" }), recoveredAgent("S1")];
const elsewhere = (state: Json) => ({ id: "m2", ...state });
const marathonWith = (...tasks: Json[]) => ({ ...MARATHON, tasks });

describe("after a failover", () => {
  it("nothing is missed, from an empty state to a full one", () => {
    const { read, guard } = setUp();
    expect(outline(read(elsewhere(EMPTY), NEXT_LEADER))).toEqual(ALL);
    expect(guard.held).toEqual({ agents: 2, frameworks: 2, tasks: 2, until: 600_000 });
    expect(outline(read(elsewhere(cluster({ recovered })), NEXT_LEADER))).toEqual(ALL);
    const half = cluster({ agents: [S0], recovered: [recoveredAgent("S1")], frameworks: [marathonWith(WEB)] });
    expect(outline(read(elsewhere(half), NEXT_LEADER))).toEqual(ALL);
    expect(guard.held).toMatchObject({ agents: 1, frameworks: 1, tasks: 1 });
    expect(outline(read(elsewhere(FULL), NEXT_LEADER))).toEqual(ALL);
    expect(guard.held).toEqual({ agents: 0, frameworks: 0, tasks: 0, until: undefined });
  });

  it("the same holds for a master that has restarted at the same address", () => {
    const { read } = setUp();
    expect(outline(read(elsewhere(EMPTY)))).toEqual(ALL);
  });

  it("the same holds for a stream of the new leader that begins before its state has been read", () => {
    const { hear, read, guard } = setUp();
    expect(outline(hear(subscribed(EMPTY)))).toEqual(ALL);
    expect(outline(hear(taskAdded(WEB), frameworkAdded(MARATHON, true)))).toEqual(ALL);
    expect(outline(hear(agentAdded(S0)))).toEqual(ALL);
    const half = cluster({ agents: [S0], recovered: [recoveredAgent("S1")], frameworks: [marathonWith(WEB)] });
    expect(outline(read(elsewhere(half), NEXT_LEADER))).toEqual(ALL);
    expect(guard.held).toMatchObject({ agents: 1, tasks: 1 });
  });

  it("a second failover before all agents are back changes nothing", () => {
    const { read } = setUp();
    read(elsewhere(cluster({ recovered })), NEXT_LEADER);
    expect(outline(read({ id: "m3", ...EMPTY }))).toEqual(ALL);
  });

  it("tasks and agents are the same objects as before, and frameworks that have not changed", () => {
    const { read, serve } = setUp();
    const before = serve();
    const now = read(elsewhere(cluster({ recovered })), NEXT_LEADER);
    expect(taskNamed("web", now)).toBe(taskNamed("web", before));
    expect(agentNamed("S0", now)).toBe(agentNamed("S0", before));
    expect(frameworkNamed("marathon", now)).toBe(frameworkNamed("marathon", before));
  });

  it("an agent that is listed as recovered keeps its address, whatever its host name resolves to", () => {
    const { read } = setUp();
    const now = read(elsewhere(cluster({ recovered })), NEXT_LEADER);
    expect(agentNamed("S0", now)?.endpoint).toEqual({ host: "192.0.2.10", port: 5051 });
  });

  it("a framework that is recovered keeps its scheduler's address until that has registered", () => {
    const { read } = setUp();
    const { pid: _, ...http } = MARATHON;
    const state = cluster({ agents: [S0, S1], frameworks: [{ ...http, recovered: true }] });
    expect(frameworkNamed("marathon", read(elsewhere(state), NEXT_LEADER))?.pid?.port).toBe(15101);
    const back = cluster({ agents: [S0, S1], frameworks: [http as Json] });
    expect(frameworkNamed("marathon", read(elsewhere(back), NEXT_LEADER))).not.toHaveProperty("pid");
  });

  it("a framework without tasks stays until it is back", () => {
    const { read, wait } = setUp();
    const without = elsewhere(cluster({ agents: [S0, S1], frameworks: [MARATHON] }));
    expect(outline(read(without, NEXT_LEADER))).toContain("chronos:");
    expect(outline(wait(GRACE))).not.toContain("chronos:");
  });

  it("an agent without tasks stays until it is back", () => {
    const { read } = setUp(cluster({ agents: [S0, S1, agent("S2")], frameworks: [MARATHON] }));
    expect(outline(read(elsewhere(EMPTY), NEXT_LEADER))).toContain("agents: S0 S1 S2");
  });
});

describe("what the guard keeps is removed", () => {
  it("when the grace time is over, and not before", () => {
    const { read, wait, guard } = setUp();
    read(elsewhere(cluster({ recovered })), NEXT_LEADER);
    expect(outline(wait(GRACE - 1))).toEqual(ALL);
    expect(guard.held.until).toBe(GRACE * 1000);
    expect(outline(wait(1))).toEqual(["agents: S0 S1"]);
    expect(guard.held.tasks).toBe(0);
    expect(outline(wait(GRACE))).toEqual(["agents: S0 S1"]);
  });

  it("when the agent is removed", () => {
    const { read, hear } = setUp();
    read(elsewhere(cluster({ recovered })), NEXT_LEADER);
    expect(outline(hear(agentRemoved(S1)))).toEqual(["agents: S0", "chronos:", "marathon: web"]);
  });

  it.each(["TASK_LOST", "TASK_UNREACHABLE", "TASK_GONE"])("when one of its tasks is listed as %s", (state) => {
    const two = [API, task("second", { agent: "S1" })];
    const { read } = setUp(cluster({ agents: [S0, S1], frameworks: [marathonWith(WEB, ...two)] }));
    const list = state === "TASK_UNREACHABLE" ? "unreachable_tasks" : "completed_tasks";
    const left = { ...marathonWith(WEB), [list]: [{ ...API, state }] };
    expect(outline(read({ id: "m1", ...cluster({ agents: [S0], frameworks: [left] }) }))).toEqual([
      "agents: S0",
      "marathon: web",
    ]);
  });

  it("when the master that listed it as recovered no longer does", () => {
    const { read } = setUp();
    read(elsewhere(cluster({ recovered })), NEXT_LEADER);
    const now = read(elsewhere(cluster({ recovered: [recoveredAgent("S0")] })), NEXT_LEADER);
    expect(outline(now)).toEqual(["agents: S0", "chronos:", "marathon: web"]);
  });

  it("when its framework is removed or listed as completed", () => {
    const { read, hear } = setUp();
    read(elsewhere(cluster({ recovered })), NEXT_LEADER);
    expect(outline(hear(frameworkRemoved(CHRONOS)))).toEqual(["agents: S0 S1", "marathon: api web"]);
    const completed = elsewhere({ ...cluster({ recovered }), completed_frameworks: [MARATHON] });
    expect(outline(read(completed, NEXT_LEADER))).toEqual(["agents: S0 S1"]);
  });

  it("when there is no grace time at all", () => {
    const { read } = setUp(FULL, 0);
    expect(outline(read(elsewhere(EMPTY), NEXT_LEADER))).toEqual(["agents:"]);
  });

  it("when a new configuration has no grace time", () => {
    const { read, guard, serve } = setUp();
    read(elsewhere(EMPTY), NEXT_LEADER);
    guard.configure(0);
    expect(outline(serve())).toEqual(["agents:"]);
  });
});

describe("a deliberate kill", () => {
  const half = cluster({ agents: [S0], recovered: [recoveredAgent("S1")], frameworks: [marathonWith(WEB)] });

  it("on an agent that is back takes effect at once, while other agents are missing", () => {
    const { read, hear } = setUp();
    read(elsewhere(half), NEXT_LEADER);
    expect(outline(hear(taskUpdated(WEB, "TASK_KILLED")))).toContain("marathon: api");
  });

  it("that a state reports takes effect too", () => {
    const { read } = setUp();
    read(elsewhere(half), NEXT_LEADER);
    const killed = {
      ...half,
      frameworks: [{ ...marathonWith(), completed_tasks: [{ ...WEB, state: "TASK_KILLED" }] }],
    };
    expect(outline(read(elsewhere(killed), NEXT_LEADER))).toContain("marathon: api");
  });

  it("of everything takes effect if the agents stay", () => {
    const { read } = setUp();
    expect(outline(read({ id: "m1", ...cluster({ agents: [S0, S1] }) }))).toEqual(["agents: S0 S1"]);
  });

  it("of a framework takes effect at once under the leader it was registered with", () => {
    const { read } = setUp();
    expect(outline(read({ id: "m1", ...cluster({ agents: [S0, S1], frameworks: [CHRONOS] }) }))).toEqual([
      "agents: S0 S1",
      "chronos:",
    ]);
  });
});

describe("without a failover", () => {
  const WITHOUT_S1 = cluster({ agents: [S0], frameworks: [marathonWith(WEB), CHRONOS] });

  it("an agent that is missing from a state of the master that it registered with is gone with its tasks", () => {
    const { read, guard } = setUp();
    expect(outline(read({ id: "m1", ...WITHOUT_S1 }))).toEqual(["agents: S0", "chronos:", "marathon: web"]);
    expect(guard.held.agents).toBe(0);
  });

  it("an agent without tasks that is missing is gone", () => {
    const { read } = setUp(cluster({ agents: [S0, S1, agent("S2")], frameworks: [MARATHON] }));
    expect(outline(read({ id: "m1", ...cluster({ agents: [S0, S1], frameworks: [MARATHON] }) }))).toEqual([
      "agents: S0 S1",
      "marathon: api web",
    ]);
  });

  it("an agent that is missing keeps its tasks if the master does not give its id", () => {
    const { read } = setUp({ ...FULL, id: "" });
    expect(outline(read({ ...WITHOUT_S1, id: "" }))).toEqual(ALL);
  });

  it("an agent that is missing at the beginning of a stream keeps its tasks until a state names the master", () => {
    const { read, live, serve } = setUp();
    live.apply(event(subscribed(WITHOUT_S1)));
    expect(outline(serve())).toEqual(ALL);
    expect(outline(read({ id: "m1", ...WITHOUT_S1 }))).toEqual(["agents: S0", "chronos:", "marathon: web"]);
  });

  it("a master that restarts at the same address removes no agent, neither by its stream nor by its states", () => {
    const { read, live, serve } = setUp();
    live.apply(event(subscribed(EMPTY)));
    expect(outline(serve())).toEqual(ALL);
    expect(outline(read({ id: "m1 again", ...EMPTY }))).toEqual(ALL);
    expect(outline(read({ id: "m1 again", ...EMPTY }))).toEqual(ALL);
  });

  it("a master whose stream comes first, and which restarts before it gives its id, removes no agent", () => {
    const { read, hear } = setUp();
    expect(outline(hear(subscribed(FULL)))).toEqual(ALL);
    expect(outline(read(elsewhere(EMPTY), NEXT_LEADER))).toEqual(ALL);
  });

  it("an agent that has been away since a failover and comes back is gone when it is missing after that", () => {
    const { read } = setUp();
    read(elsewhere(EMPTY), NEXT_LEADER);
    read(elsewhere(FULL), NEXT_LEADER);
    expect(outline(read(elsewhere(WITHOUT_S1), NEXT_LEADER))).toEqual(["agents: S0", "chronos:", "marathon: web"]);
  });

  it("a task that comes back with its agent, but is unreported, stays as it was", () => {
    const { read } = setUp();
    read(elsewhere(EMPTY), NEXT_LEADER);
    const statuses = [{ state: "TASK_STARTING", timestamp: 1 }];
    const back = cluster({
      agents: [S0, S1],
      frameworks: [marathonWith({ ...WEB, statuses }, API), CHRONOS],
    });
    const served = read(elsewhere(back), NEXT_LEADER);
    expect(outline(served)).toEqual(ALL);
    expect(taskNamed("web", served)?.addresses).toEqual({ netinfo: ["203.0.113.1"] });
  });

  it("an agent that becomes unreachable is removed with its tasks, which return with it", () => {
    const { hear } = setUp();
    expect(outline(hear(taskUpdated(API, "TASK_UNREACHABLE", { reason: "REASON_AGENT_REMOVED" })))).toEqual([
      "agents: S0",
      "chronos:",
      "marathon: web",
    ]);
    expect(outline(hear(taskAdded(API), agentAdded(S1)))).toEqual(ALL);
  });

  it("what is served is what the master reports, and nothing is copied", () => {
    const { guard, live } = setUp();
    expect(guard.propose(live.observed, live.marks, 0)).toBe(live.observed.cluster);
  });

  it("a task that has moved has its new address", () => {
    const { read } = setUp();
    const moved = { ...API, slave_id: S0.id };
    const now = read({
      id: "m1",
      ...cluster({ agents: [S0], frameworks: [marathonWith(WEB, moved), framework("chronos")] }),
    });
    expect(taskNamed("api", now)?.agentId).toBe(S0.id);
    expect(frameworkNamed("marathon", now)?.tasks).toHaveLength(2);
  });
});

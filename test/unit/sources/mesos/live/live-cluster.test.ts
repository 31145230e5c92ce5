import { describe, expect, it } from "vitest";
import { LiveCluster } from "../../../../../src/sources/mesos/live/live-cluster.js";
import { taskKey } from "../../../../../src/sources/mesos/live/observed-cluster.js";
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
  agentNamed,
  CHRONOS,
  event,
  FULL,
  frameworkNamed,
  liveOf,
  MARATHON,
  outline,
  S0,
  S1,
  stateFrom,
  statusAt,
  taskNamed,
  WEB,
} from "./support.js";

/** A LiveCluster that has received the state, and then these messages. */
function after(...messages: Json[]): LiveCluster {
  const live = liveOf();
  for (const message of messages) live.apply(event(message));
  return live;
}

const staging = task("cache", { agent: "S0", state: "TASK_STAGING", ports: [31005] });

describe("an event", () => {
  it("before the first state is ignored", () => {
    const live = new LiveCluster();
    expect(live.apply(event(taskAdded(WEB)))).toBe("unchanged");
    expect(live.ready).toBe(false);
  });

  it.each([
    ["a task that runs adds it", [taskAdded(task("new", { agent: "S0" }))], "marathon: api new web"],
    ["a task that is staged adds nothing", [taskAdded(staging)], "marathon: api web"],
    [
      "that such a task runs adds it",
      [taskAdded(staging), taskUpdated(staging, "TASK_RUNNING")],
      "marathon: api cache web",
    ],
    ["that a task was killed removes it", [taskUpdated(WEB, "TASK_KILLED")], "marathon: api"],
    ["that a task is being killed removes it", [taskUpdated(WEB, "TASK_KILLING")], "marathon: api"],
    ["that a task is unreachable removes it", [taskUpdated(WEB, "TASK_UNREACHABLE")], "marathon: api"],
    ["that it is back adds it again", [taskUpdated(WEB, "TASK_UNREACHABLE"), taskAdded(WEB)], "marathon: api web"],
    ["that an agent was removed takes its tasks along", [agentRemoved(S0)], "marathon: api"],
    [
      "that a task went with its agent takes all of them",
      [taskUpdated(WEB, "TASK_LOST", { reason: "REASON_AGENT_REMOVED" })],
      "agents: S1",
    ],
    ["that a framework was removed takes its tasks along", [frameworkRemoved(MARATHON)], "chronos:"],
    ["an agent adds it", [agentAdded(agent("S2"))], "agents: S0 S1 S2"],
  ])("%s", (_, messages, line) => {
    expect(outline(after(...messages).observed.cluster)).toContain(line);
  });

  it("about a task may come before its framework and its agent, and counts when they are known", () => {
    const late = task("late", { agent: "S9" });
    const live = after(taskAdded(late, "frameworks-late"));
    expect(outline(live.observed.cluster)).toEqual(["agents: S0 S1", "chronos:", "marathon: api web"]);
    live.apply(event(frameworkAdded(framework("late"))));
    live.apply(event(agentAdded(agent("S9"))));
    expect(outline(live.observed.cluster)).toEqual(["agents: S0 S1 S9", "chronos:", "late: late", "marathon: api web"]);
  });

  it("about a running task of which nothing else is known has the effect `unknown`", () => {
    expect(liveOf().apply(event(taskUpdated(task("who", { agent: "S0" }), "TASK_RUNNING")))).toBe("unknown");
  });

  it("moves a task to the address of its latest status", () => {
    const live = after(taskUpdated(WEB, "TASK_RUNNING", statusAt("203.0.113.9")));
    expect(taskNamed("web", live.observed.cluster)?.addresses).toEqual({ netinfo: ["203.0.113.9"] });
    expect(live.apply(event(taskUpdated(WEB, "TASK_RUNNING", statusAt("203.0.113.8", 1_700_000_150))))).toBe(
      "unchanged",
    );
    expect(live.apply(event(taskUpdated(WEB, "TASK_RUNNING", statusAt("203.0.113.9"))))).toBe("unchanged");
  });

  it("makes a task unhealthy and healthy again, with nothing else changed", () => {
    const live = liveOf();
    const update = (status: Json) => live.apply(event(taskUpdated(WEB, "TASK_RUNNING", status)));
    const web = () => taskNamed("web", live.observed.cluster);
    const before = web();
    expect(update({ ...statusAt("203.0.113.1", 1_700_000_201), healthy: false })).toBe("changed");
    expect(web()).toEqual({ ...before, unhealthy: true });
    expect(update({ ...statusAt("203.0.113.1", 1_700_000_202), healthy: false })).toBe("unchanged");
    expect(update({ ...statusAt("203.0.113.1", 1_700_000_150), healthy: true })).toBe("unchanged");
    expect(update({ ...statusAt("203.0.113.1", 1_700_000_203), healthy: true })).toBe("changed");
    expect(web()).toEqual(before);
  });

  it("says that the network maps ports, and later that it no longer does", () => {
    const live = liveOf();
    const update = (timestamp: number, port_mappings: readonly Json[]) => {
      const network_infos = [{ ip_addresses: [{ ip_address: "203.0.113.1" }], port_mappings }];
      live.apply(event(taskUpdated(WEB, "TASK_RUNNING", { timestamp, container_status: { network_infos } })));
      return taskNamed("web", live.observed.cluster);
    };
    expect(update(1_700_000_201, [{ host_port: 31000, container_port: 80 }])).toHaveProperty("networkMapsPorts", true);
    expect(update(1_700_000_202, [])).not.toHaveProperty("networkMapsPorts");
  });

  it("keeps the port mappings of a task's container through its updates", () => {
    const container = { type: "DOCKER", docker: { port_mappings: [{ host_port: 31000, container_port: 80 }] } };
    const mapped = task("mapped", { agent: "S0", extra: { container } });
    const live = after(taskAdded(mapped), taskUpdated(mapped, "TASK_RUNNING", statusAt("203.0.113.5")));
    expect(taskNamed("mapped", live.observed.cluster)).toHaveProperty("mapsPorts", true);
  });

  it("that adds an unhealthy task marks it as unhealthy", () => {
    const sick = task("sick", { agent: "S0", healthy: false });
    expect(taskNamed("sick", after(taskAdded(sick)).observed.cluster)).toHaveProperty("unhealthy", true);
  });

  it("keeps a scheduler's pid until its hostname changes", () => {
    const pid = { host: "192.0.2.20", port: 15101 };
    const live = after(frameworkAdded(MARATHON));
    expect(frameworkNamed("marathon", live.observed.cluster)?.pid).toEqual(pid);
    live.apply(event(frameworkAdded({ ...MARATHON, hostname: "192.0.2.99" })));
    expect(frameworkNamed("marathon", live.observed.cluster)).toMatchObject({ hostname: "192.0.2.99" });
    expect(frameworkNamed("marathon", live.observed.cluster)).not.toHaveProperty("pid");
  });
});

describe("what has not changed is the same object", () => {
  it("when something else has", () => {
    const live = liveOf();
    const before = live.observed.cluster;
    live.apply(event(taskUpdated(WEB, "TASK_KILLED")));
    const { cluster: now } = live.observed;
    expect(taskNamed("api", now)).toBe(taskNamed("api", before));
    expect(frameworkNamed("chronos", now)).toBe(frameworkNamed("chronos", before));
    expect(frameworkNamed("marathon", now)).not.toBe(frameworkNamed("marathon", before));
    expect(agentNamed("S0", now)).toBe(agentNamed("S0", before));
    expect(frameworkNamed("marathon", before)?.tasks).toHaveLength(2);
  });

  it("when nothing has", () => {
    const live = liveOf();
    const { observed } = live;
    expect(live.apply(event(taskAdded(WEB)))).toBe("unchanged");
    expect(live.apply(event(agentAdded(S0)))).toBe("unchanged");
    expect(live.observed).toBe(observed);
  });

  it("after a state with the same content", () => {
    const live = liveOf();
    const before = live.observed.cluster;
    live.applyState(stateFrom(FULL));
    const { cluster: now } = live.observed;
    expect(now).not.toBe(before);
    expect(now).toEqual(before);
    for (const name of ["marathon", "chronos"]) expect(frameworkNamed(name, now)).toBe(frameworkNamed(name, before));
    for (const name of ["S0", "S1"]) expect(agentNamed(name, now)).toBe(agentNamed(name, before));
  });
});

describe("a state", () => {
  it("corrects what events have left wrong, and counts it", () => {
    const live = after(taskUpdated(WEB, "TASK_KILLED"), agentAdded(agent("S7")), frameworkAdded(framework("ghost")));
    expect(live.applyState(stateFrom(FULL))).toEqual({ tasks: 1, agents: 1, frameworks: 1 });
    expect(outline(live.observed.cluster)).toEqual(["agents: S0 S1", "chronos:", "marathon: api web"]);
    expect(live.applyState(stateFrom(FULL))).toEqual({ tasks: 0, agents: 0, frameworks: 0 });
  });

  it("does not undo events that came while it was fetched", () => {
    const live = liveOf();
    live.beginState();
    live.apply(event(taskUpdated(WEB, "TASK_KILLED")));
    live.apply(event(taskAdded(task("new", { agent: "S0" }))));
    expect(live.applyState(stateFrom(FULL))).toEqual({ tasks: 0, agents: 0, frameworks: 0 });
    expect(outline(live.observed.cluster)).toContain("marathon: api new");
  });

  it("does not forget a task that is about to run", () => {
    const live = after(taskAdded(staging));
    live.applyState(stateFrom(FULL));
    expect(live.apply(event(taskUpdated(staging, "TASK_RUNNING", statusAt("203.0.113.5"))))).toBe("changed");
    expect(taskNamed("cache", live.observed.cluster)).toMatchObject({
      ports: [[31005, 31005]],
      addresses: { netinfo: ["203.0.113.5"] },
    });
  });

  it("keeps tasks that are about to run, as an update to TASK_RUNNING does not describe them again", () => {
    const state = cluster({ agents: [S0], frameworks: [framework("marathon", { tasks: [staging] })] });
    const live = liveOf(state);
    expect(taskNamed("cache", live.observed.cluster)).toBeUndefined();
    expect(live.apply(event(taskUpdated(staging, "TASK_RUNNING", statusAt("203.0.113.5"))))).toBe("changed");
    expect(taskNamed("cache", live.observed.cluster)?.addresses).toEqual({ netinfo: ["203.0.113.5"] });
  });

  it("says what has registered, what is only known from before, and what has ended", () => {
    const ended = { ...framework("done", { tasks: [] }), completed_tasks: [{ ...WEB, state: "TASK_LOST" }] };
    const state = cluster({ agents: [S0], recovered: [recoveredAgent("S1")], frameworks: [ended] });
    const live = liveOf({ ...state, completed_frameworks: [framework("old")] });
    expect([...live.observed.registered]).toEqual(["agents-S0"]);
    expect([...live.observed.cluster.agents.keys()].sort()).toEqual(["agents-S0", "agents-S1"]);
    expect(live.marks.tasks.get(taskKey("frameworks-done", "web.S0"))).toBe("TASK_LOST");
    expect([...live.marks.frameworks]).toEqual(["frameworks-old"]);
    live.forgetMarks();
    expect(live.marks.tasks.size).toBe(0);
  });
});

describe("a stream that begins", () => {
  it("changes nothing: the state that is fetched then contains more", () => {
    const live = liveOf();
    const before = live.observed;
    live.apply(event(subscribed(cluster({ agents: [S1] }))));
    expect(live.observed).toBe(before);
  });
});

it("knows frameworks whose schedulers have not come back", () => {
  const live = liveOf();
  live.apply(event(frameworkAdded(CHRONOS, true)));
  expect([...live.observed.recoveredFrameworks]).toEqual(["frameworks-chronos"]);
  live.apply(event(frameworkAdded(CHRONOS)));
  expect(live.observed.recoveredFrameworks.size).toBe(0);
});

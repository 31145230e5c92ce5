import { describe, expect, it } from "vitest";
import { FactsReader } from "../../../../../src/sources/mesos/facts/reader.js";
import { KnownTasks } from "../../../../../src/sources/mesos/known-tasks.js";
import { FailoverGuard } from "../../../../../src/sources/mesos/live/guard.js";
import { LiveCluster } from "../../../../../src/sources/mesos/live/live-cluster.js";
import { readMasterState } from "../../../../../src/sources/mesos/state.js";
import type { Json } from "../../../../support/json.js";
import { cluster, recoveredAgent, stateOf } from "../../../../support/scripted-master.js";
import { bytes } from "../reading.js";
import { API, LEADER, MARATHON, NEXT_LEADER, S0, S1, WEB } from "./support.js";

const ENDING = { ...WEB, id: "ending", state: "TASK_KILLING" };
const marathonWith = (...tasks: Json[]) => ({ ...MARATHON, tasks });
const stateWith = (id: string, agents: Json[], ...frameworks: Json[]) => ({ id, ...cluster({ agents, frameworks }) });

/** The tasks being killed that are served after these states, which come from the same master or another one. */
function served(...states: readonly (readonly [Json, { readonly address: string }])[]) {
  const live = new LiveCluster();
  const guard = new FailoverGuard(600);
  const clusters = states.map(([state, master]) => {
    live.applyState(readMasterState(bytes(stateOf(master, state)), new KnownTasks(), new FactsReader()));
    const cluster = guard.propose(live.observed, live.marks, 0);
    guard.commit(cluster);
    live.forgetMarks();
    return cluster;
  });
  return clusters.map(({ frameworks }) => frameworks.flatMap(({ killing = [] }) => killing.map(({ id }) => id)));
}

const BEFORE = [stateWith("m1", [S0, S1], marathonWith(WEB, API, ENDING)), LEADER] as const;

describe("a task that is being killed, after a failover", () => {
  it("stays while neither its agent nor its framework is back", () => {
    const recovered = [recoveredAgent("S0"), recoveredAgent("S1")];
    const next = { id: "m2", ...cluster({ recovered }) };
    expect(served(BEFORE, [next, NEXT_LEADER])).toEqual([["ending"], ["ending"]]);
  });

  it("stays while its agent is not back", () => {
    const next = stateWith("m2", [S1], marathonWith(API));
    expect(served(BEFORE, [next, NEXT_LEADER])).toEqual([["ending"], ["ending"]]);
  });

  it("is gone when its agent is back without it", () => {
    const next = stateWith("m2", [S0, S1], marathonWith(WEB, API));
    expect(served(BEFORE, [next, NEXT_LEADER])).toEqual([["ending"], []]);
  });

  it("is gone when the new leader says that it has ended", () => {
    const ended = { ...marathonWith(API), completed_tasks: [{ id: "ending", state: "TASK_KILLED" }] };
    expect(served(BEFORE, [stateWith("m2", [S1], ended), NEXT_LEADER])).toEqual([["ending"], []]);
  });
});

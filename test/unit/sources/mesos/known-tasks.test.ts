import { describe, expect, it } from "vitest";
import { KnownTasks } from "../../../../src/sources/mesos/known-tasks.js";
import { readMasterState } from "../../../../src/sources/mesos/state.js";
import type { Json } from "../../../support/json.js";
import { agent, cluster, framework, stateOf, task } from "../../../support/scripted-master.js";
import { bytes, MASTER } from "./reading.js";

const WEB = task("web", { id: "web.1", agent: "S0", ip: "192.0.2.1" });
const API = task("api", { id: "api.1", agent: "S0", ip: "192.0.2.2" });

function readerOf(known: KnownTasks) {
  return (...frameworks: Json[]) => {
    const state = stateOf(MASTER, cluster({ agents: [agent("S0")], frameworks }));
    return readMasterState(bytes(state), known).cluster.frameworks;
  };
}

describe("a task that is in two successive states", () => {
  it("is the same object if it has not changed, and another one if it has", () => {
    const read = readerOf(new KnownTasks());
    const [before] = read(framework("marathon", { tasks: [WEB, API] }));
    const moved = task("api", { id: "api.1", agent: "S0", ip: "192.0.2.3" });
    const [after] = read(framework("marathon", { tasks: [moved, WEB] }));
    expect(after.tasks[1]).toBe(before.tasks[0]);
    expect(after.tasks[0]).not.toBe(before.tasks[1]);
    expect(after.tasks[0]?.addresses).toEqual({ netinfo: ["192.0.2.3"] });
  });

  it("is another one in another framework, even with the same id", () => {
    const read = readerOf(new KnownTasks());
    const [before] = read(framework("marathon", { tasks: [WEB] }), framework("chronos", { tasks: [] }));
    const [marathon, chronos] = read(framework("marathon", { tasks: [] }), framework("chronos", { tasks: [WEB] }));
    expect(marathon.tasks).toEqual([]);
    expect(chronos.tasks).toEqual(before.tasks);
    expect(chronos.tasks[0]).not.toBe(before.tasks[0]);
  });

  it("is still known after a state that could not be read to its end", () => {
    const known = new KnownTasks();
    const read = readerOf(known);
    const [before] = read(framework("marathon", { tasks: [WEB] }));
    const state = bytes(
      stateOf(MASTER, cluster({ agents: [agent("S0")], frameworks: [framework("marathon", { tasks: [API] })] })),
    );
    expect(() => readMasterState(state.subarray(0, -10), known)).toThrow();
    const [after] = read(framework("marathon", { tasks: [WEB] }));
    expect(after.tasks[0]).toBe(before.tasks[0]);
  });
});

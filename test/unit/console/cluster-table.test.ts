import { describe, expect, it } from "vitest";
import { ClusterTable } from "../../../src/console/cluster-table.js";
import { AGENT, ALL, piece, taskRow } from "./support.js";

function tableOf(...tasks: ReturnType<typeof taskRow>[]) {
  const table = new ClusterTable();
  table.take(
    piece({ isFirst: true, tasks, agents: [AGENT], frameworks: [{ id: "F0", name: "marathon", hostname: "m" }] }),
  );
  return table;
}

describe("the table of the cluster", () => {
  it("is loaded with the last piece of a whole cluster, and tells of no change before", () => {
    const table = new ClusterTable();
    const steps = table.take(piece({ isFirst: true, isLast: false, tasks: [taskRow("web.1")] }));
    expect([table.isLoaded, steps.tasks]).toEqual([false, []]);
    expect(table.take(piece({ tasks: [taskRow("web.2")] })).tasks).toEqual([]);
    expect([table.isLoaded, table.counts.tasks]).toEqual([true, 2]);
  });

  it("tells what has come, has changed and has gone", () => {
    const table = tableOf(taskRow("web.1"), taskRow("web.2"));
    const sick = taskRow("web.2", { health: "unhealthy" });
    const steps = table.take(
      piece({ gone: [{ frameworkId: "F0", id: "web.1" }], tasks: [sick, taskRow("api.1")], goneAgents: ["S0"] }),
    );
    expect(steps.tasks).toEqual([
      { before: taskRow("web.1"), after: undefined },
      { before: taskRow("web.2"), after: sick },
      { before: undefined, after: taskRow("api.1") },
    ]);
    expect(steps.agents).toEqual([{ before: AGENT, after: undefined }]);
  });

  it("counts the tasks of each service, and forgets one without any", () => {
    const table = tableOf(
      taskRow("web.1", { health: "healthy" }),
      taskRow("web.2", { health: "unhealthy" }),
      taskRow("api.1"),
    );
    expect(table.findServices(ALL).rows).toEqual([
      { framework: "marathon", name: "api", tasks: 1, healthy: 0, unhealthy: 0 },
      { framework: "marathon", name: "web", tasks: 2, healthy: 1, unhealthy: 1 },
    ]);
    table.take(piece({ gone: [{ frameworkId: "F0", id: "api.1" }], tasks: [taskRow("web.2", { health: "healthy" })] }));
    expect(table.findServices(ALL).rows).toEqual([
      { framework: "marathon", name: "web", tasks: 2, healthy: 2, unhealthy: 0 },
    ]);
  });

  it("follows a task that changes its place in the list", () => {
    const table = tableOf(taskRow("a.1"), taskRow("m.1"));
    table.take(piece({ tasks: [taskRow("a.1", { service: "z" })] }));
    expect(table.findTasks(ALL).rows.map(({ service }) => service)).toEqual(["m", "z"]);
    expect(table.counts.tasks).toBe(2);
  });

  it("finds tasks by id, name, framework, agent and address", () => {
    const table = tableOf(
      taskRow("web.1"),
      taskRow("api.7", { agent: "other.example.com", addresses: ["2001:db8::7"] }),
    );
    for (const text of ["API.7", "api", "other.exa", "db8::7"]) {
      expect(
        table.findTasks({ ...ALL, text }).rows.map(({ id }) => id),
        text,
      ).toEqual(["api.7"]);
    }
    expect(table.findTasks({ ...ALL, text: "marathon" }).total).toBe(2);
  });

  it("narrows tasks down by what they are", () => {
    const table = tableOf(
      taskRow("web.1", { health: "unhealthy" }),
      taskRow("web.2"),
      taskRow("api.1", { agentId: "S1" }),
    );
    const ids = (filter: Parameters<typeof table.findTasks>[1]) =>
      table.findTasks(ALL, filter).rows.map(({ id }) => id);
    expect(ids({ health: "unhealthy" })).toEqual(["web.1"]);
    expect(ids({ service: "web" })).toEqual(["web.1", "web.2"]);
    expect(ids({ agentId: "S1", framework: "marathon" })).toEqual(["api.1"]);
  });

  it("begins anew with a whole cluster", () => {
    const table = tableOf(taskRow("web.1"));
    table.take(piece({ isFirst: true, tasks: [taskRow("api.1")], hasFacts: true }));
    expect(table.counts).toEqual({ tasks: 1, services: 1, agents: 0, frameworks: 0 });
    expect([table.hasFacts, table.task("F0", "web.1")]).toEqual([true, undefined]);
  });

  it("keeps tasks of the same id in two frameworks apart", () => {
    const table = tableOf(taskRow("web.1"), taskRow("web.1", { frameworkId: "F1", framework: "other" }));
    expect(table.counts.tasks).toBe(2);
    expect(table.task("F1", "web.1")?.framework).toBe("other");
  });
});

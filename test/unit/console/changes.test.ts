import { describe, expect, it } from "vitest";
import { changesOf, MAX_CHANGES } from "../../../src/console/changes.js";
import type { TaskRow } from "../../../src/console/model.js";
import { AGENT, taskRow } from "./support.js";

const step = (before: TaskRow | undefined, after: TaskRow | undefined) => ({ before, after });
const told = (...tasks: ReturnType<typeof step>[]) =>
  changesOf({ tasks, agents: [] }).map(({ kind, text }) => `${kind}: ${text}`);

const ELSEWHERE = { agentId: "S1", agent: "node-1.example.com" };

describe("changes", () => {
  it("say what has started and what has ended", () => {
    expect(told(step(undefined, taskRow("web.1")), step(taskRow("api.1"), undefined))).toEqual([
      "task-started: web of marathon runs on node-0.example.com.",
      "task-ended: api of marathon no longer runs on node-0.example.com.",
    ]);
  });

  it("say that a task has moved if another one of its service has started elsewhere", () => {
    const [change, ...others] = changesOf({
      tasks: [step(taskRow("web.1"), undefined), step(undefined, taskRow("web.2", ELSEWHERE))],
      agents: [],
    });
    expect(others).toEqual([]);
    expect(change).toMatchObject({ kind: "task-moved", task: "web.2", from: "node-0.example.com" });
    expect(change?.text).toBe("web of marathon moved from node-0.example.com to node-1.example.com.");
  });

  it("take a restart on the same agent, and another service's task, for no move", () => {
    const kinds = (...tasks: ReturnType<typeof step>[]) => changesOf({ tasks, agents: [] }).map(({ kind }) => kind);
    expect(kinds(step(taskRow("web.1"), undefined), step(undefined, taskRow("web.2")))).toEqual([
      "task-started",
      "task-ended",
    ]);
    expect(kinds(step(taskRow("web.1"), undefined), step(undefined, taskRow("api.2", ELSEWHERE)))).toEqual([
      "task-started",
      "task-ended",
    ]);
  });

  it("say who fails health checks, and who no longer does", () => {
    const sick = taskRow("web.1", { health: "unhealthy" });
    expect(told(step(taskRow("web.1"), sick), step(sick, taskRow("web.1", { health: "healthy" })))).toEqual([
      "task-unhealthy: web of marathon fails its health checks on node-0.example.com.",
      "task-healthy: web of marathon no longer fails its health checks on node-0.example.com.",
    ]);
  });

  it("say that a task is being killed, and nothing of other news of it", () => {
    expect(told(step(taskRow("web.1"), taskRow("web.1", { killing: true })))).toEqual([
      "task-killing: web of marathon is being killed on node-0.example.com.",
    ]);
    expect(told(step(taskRow("web.1"), taskRow("web.1", { addresses: ["203.0.113.2"] })))).toEqual([]);
  });

  it("say who of the agents has come, has gone and is deactivated", () => {
    const agents = [
      { before: undefined, after: AGENT },
      { before: AGENT, after: undefined },
      { before: AGENT, after: { ...AGENT, active: false } },
      { before: AGENT, after: { ...AGENT, port: 1 } },
    ];
    expect(changesOf({ tasks: [], agents }).map(({ text }) => text)).toEqual([
      "Agent node-0.example.com has joined.",
      "Agent node-0.example.com has left.",
      "Agent node-0.example.com has been deactivated by the master.",
    ]);
  });

  it("are counted rather than told when there are very many", () => {
    const tasks = Array.from({ length: MAX_CHANGES + 50 }, (_, i) => step(undefined, taskRow(`web.${i}`)));
    const changes = changesOf({ tasks, agents: [] });
    expect(changes).toHaveLength(MAX_CHANGES + 1);
    expect(changes.at(-1)).toMatchObject({ kind: "more", count: 50 });
  });
});

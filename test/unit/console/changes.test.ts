import { describe, expect, it } from "vitest";
import type { Steps } from "../../../src/console/cluster-table.js";
import { MAX_ID, MAX_TEXT } from "../../../src/console/cut.js";
import type { TaskRow } from "../../../src/console/model.js";
import { MAX_CHANGES, UpdateChanges } from "../../../src/console/update-changes.js";
import { AGENT, taskRow } from "./support.js";

const step = (before: TaskRow | undefined, after: TaskRow | undefined) => ({ before, after });
/** The changes of an update that comes in these pieces. */
const changesOf = (...pieces: Steps[]) => {
  const update = new UpdateChanges();
  for (const piece of pieces) update.add(piece);
  return update.end();
};
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

  it("are counted once for all pieces of an update", () => {
    const pieces = Array.from({ length: 20 }, (_, piece) => ({
      tasks: Array.from({ length: 100 }, (_, i) => step(taskRow(`web.${piece}-${i}`), undefined)),
      agents: [{ before: AGENT, after: undefined }],
    }));
    const changes = changesOf(...pieces);
    expect(changes).toHaveLength(MAX_CHANGES + 1);
    expect(changes.at(-1)).toMatchObject({ kind: "more", count: 20 * 101 - MAX_CHANGES });
  });

  it("say that a task has moved when its end and its start are in different pieces", () => {
    const [end, start] = [step(taskRow("web.1"), undefined), step(undefined, taskRow("web.2", ELSEWHERE))];
    const changes = changesOf({ tasks: [end], agents: [] }, { tasks: [start], agents: [] });
    expect(changes.map(({ kind, from }) => [kind, from])).toEqual([["task-moved", "node-0.example.com"]]);
  });

  it("take each task that has ended for one move, and none to where it was", () => {
    const ended = ["a", "b", "c"].map((id) => step(taskRow(`web.${id}`), undefined));
    const started = ["d", "e"].map((id) => step(undefined, taskRow(`web.${id}`, ELSEWHERE)));
    const back = step(undefined, taskRow("web.f"));
    const kinds = changesOf({ tasks: [...ended, ...started, back], agents: [] }).map(({ kind }) => kind);
    expect(kinds).toEqual(["task-moved", "task-moved", "task-started", "task-ended"]);
  });

  it("take no longer when a service of very many tasks falls and comes back", () => {
    const rows = (from: number) => Array.from({ length: 50_000 }, (_, i) => taskRow(`web.${from + i}`));
    const started = performance.now();
    const changes = changesOf({
      tasks: [...rows(0).map((row) => step(row, undefined)), ...rows(50_000).map((row) => step(undefined, row))],
      agents: [],
    });
    expect(changes.at(-1)).toMatchObject({ kind: "more", count: 100_000 - MAX_CHANGES });
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it("have names that are cut where they are too long, with no half of a character", () => {
    const service = `${"x".repeat(MAX_TEXT - 2)}🚀${"y".repeat(400_000)}`;
    const [change] = changesOf({ tasks: [step(undefined, taskRow("web.1", { service }))], agents: [] });
    const shown = `${"x".repeat(MAX_TEXT - 2)}…`;
    expect(change).toMatchObject({
      task: "web.1",
      service: shown,
      text: expect.stringContaining(`${shown} of marathon`),
    });
    const hostname = "h".repeat(1_000_000);
    const [joined] = changesOf({ tasks: [], agents: [{ before: undefined, after: { ...AGENT, hostname } }] });
    expect(joined?.agent).toHaveLength(MAX_TEXT);
    expect(JSON.stringify([change, joined]).length).toBeLessThan(2_000);
  });

  it("have ids that are whole, or none", () => {
    const [most, more] = ["i".repeat(MAX_ID), "i".repeat(MAX_ID + 1)];
    const changes = changesOf({
      tasks: [step(undefined, taskRow(most)), step(undefined, taskRow(more, { frameworkId: more, agentId: more }))],
      agents: [],
    });
    expect(changes.map(({ task, frameworkId, agentId }) => [task, frameworkId, agentId])).toEqual([
      [most, "F0", "S0"],
      [undefined, undefined, undefined],
    ]);
  });
});

import type { Step } from "./cluster-table.js";
import { cut, MAX_ID } from "./cut.js";
import type { AgentRow, TaskRow } from "./model.js";

export const CHANGE_KINDS = [
  "task-started",
  "task-ended",
  "task-moved",
  "task-killing",
  "task-unhealthy",
  "task-healthy",
  "agent-joined",
  "agent-left",
  "agent-changed",
  "names",
  "leader",
  "stream",
  "guard",
  "stale",
  "resolver",
  "more",
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/**
 * Something that has changed. Members that do not belong to its kind are absent. Names are cut where they are too long. Ids lead to
 * what they name, so they are whole, or absent.
 */
export interface Change {
  readonly kind: ChangeKind;
  /** A sentence. */
  readonly text: string;
  /** The task's id; its name, and more of it. */
  readonly task?: string;
  readonly service?: string;
  readonly framework?: string;
  readonly frameworkId?: string;
  /** Host names of agents: where it is, and where it was. */
  readonly agent?: string;
  readonly agentId?: string;
  readonly from?: string;
  /** DNS names with the final dot, at most NAMES of each. */
  readonly names?: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly string[];
  };
  /** How many there are that are not told one by one. */
  readonly count?: number;
}

/** What happened to a task that runs before and after. */
export function stayed(before: TaskRow, after: TaskRow): Change[] {
  const changes: Change[] = [];
  if (after.killing && !before.killing) {
    changes.push({ kind: "task-killing", ...about(after), text: `${nameOf(after)} is being killed${on(after)}.` });
  }
  if (before.health !== after.health && after.health === "unhealthy") {
    const text = `${nameOf(after)} fails its health checks${on(after)}.`;
    changes.push({ kind: "task-unhealthy", ...about(after), text });
  }
  if (before.health === "unhealthy" && after.health !== "unhealthy") {
    const text = `${nameOf(after)} no longer fails its health checks${on(after)}.`;
    changes.push({ kind: "task-healthy", ...about(after), text });
  }
  return changes;
}

export function startedOf(task: TaskRow): Change {
  return { kind: "task-started", ...about(task), text: `${nameOf(task)} runs${on(task)}.` };
}

export function endedOf(task: TaskRow): Change {
  return { kind: "task-ended", ...about(task), text: `${nameOf(task)} no longer runs${on(task)}.` };
}

export function moved(before: TaskRow, after: TaskRow): Change {
  const from = placeOf(before);
  const text = `${nameOf(after)} moved from ${from} to ${placeOf(after)}.`;
  return { kind: "task-moved", ...about(after), from, text };
}

export function agentChanges({ before, after }: Step<AgentRow>): Change[] {
  const agent = after ?? before;
  if (!agent) return [];
  const hostname = cut(agent.hostname);
  const who = { agent: hostname, ...idsOf({ agentId: agent.id }) };
  const title = `Agent ${hostname}`;
  if (!before) return [{ kind: "agent-joined", ...who, text: `${title} has joined.` }];
  if (!after) return [{ kind: "agent-left", ...who, text: `${title} has left.` }];
  if (before.active === after.active) return [];
  return [
    {
      kind: "agent-changed",
      ...who,
      text: `${title} has been ${after.active ? "activated again" : "deactivated"} by the master.`,
    },
  ];
}

function about({ id, service, framework, frameworkId, agent, agentId }: TaskRow) {
  const names = { service: cut(service), framework: cut(framework), agent: cut(agent) };
  return { ...names, ...idsOf({ task: id, frameworkId, agentId }) };
}

function idsOf(ids: Readonly<Record<string, string>>): Pick<Change, "task" | "frameworkId" | "agentId"> {
  return Object.fromEntries(Object.entries(ids).filter(([, id]) => id.length <= MAX_ID));
}

function nameOf({ service, framework }: TaskRow): string {
  return `${cut(service)} of ${cut(framework)}`;
}

function on(task: TaskRow): string {
  return ` on ${placeOf(task)}`;
}

function placeOf({ agent, agentId }: TaskRow): string {
  return cut(agent || agentId);
}

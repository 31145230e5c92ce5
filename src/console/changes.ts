import type { Step, Steps } from "./cluster-table.js";
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

/** Something that has changed. Members that do not belong to its kind are absent. */
export interface Change {
  readonly kind: ChangeKind;
  /** A sentence. */
  readonly text: string;
  /** The task's id, and more of it. */
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

/** At most this many changes of one update are told one by one. */
export const MAX_CHANGES = 200;

/** The changes that these steps are: a task that ends on one agent while another one of its service starts elsewhere has moved. */
export function changesOf({ tasks, agents }: Steps): Change[] {
  const ended = new Map<string, TaskRow[]>();
  const started: TaskRow[] = [];
  const changes: Change[] = agents.flatMap(agentChange);
  for (const { before, after } of tasks) {
    if (before && after) changes.push(...stayed(before, after));
    else if (after) started.push(after);
    else if (before) ended.set(serviceOf(before), [...(ended.get(serviceOf(before)) ?? []), before]);
  }
  for (const task of started) {
    const former = ended.get(serviceOf(task));
    const at = former?.findIndex(({ agentId }) => agentId !== task.agentId) ?? -1;
    changes.push(former && at >= 0 ? moved(former.splice(at, 1)[0], task) : startedOf(task));
  }
  for (const rest of ended.values()) for (const task of rest) changes.push(endedOf(task));
  return bounded(changes);
}

function bounded(changes: Change[]): Change[] {
  if (changes.length <= MAX_CHANGES) return changes;
  const count = changes.length - MAX_CHANGES;
  return [
    ...changes.slice(0, MAX_CHANGES),
    { kind: "more", count, text: `${count} more tasks or agents changed at the same time.` },
  ];
}

function stayed(before: TaskRow, after: TaskRow): Change[] {
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

function startedOf(task: TaskRow): Change {
  return { kind: "task-started", ...about(task), text: `${nameOf(task)} runs${on(task)}.` };
}

function endedOf(task: TaskRow): Change {
  return { kind: "task-ended", ...about(task), text: `${nameOf(task)} no longer runs${on(task)}.` };
}

function moved(before: TaskRow, after: TaskRow): Change {
  const from = placeOf(before);
  const text = `${nameOf(after)} moved from ${from} to ${placeOf(after)}.`;
  return { kind: "task-moved", ...about(after), from, text };
}

function agentChange({ before, after }: Step<AgentRow>): Change[] {
  const agent = after ?? before;
  if (!agent) return [];
  const who = { agent: agent.hostname, agentId: agent.id };
  const title = `Agent ${agent.hostname}`;
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
  return { task: id, service, framework, frameworkId, agent, agentId };
}

function serviceOf({ service, frameworkId }: TaskRow): string {
  return `${frameworkId.length}:${frameworkId}${service}`;
}

function nameOf({ service, framework }: TaskRow): string {
  return `${service} of ${framework}`;
}

function on(task: TaskRow): string {
  return ` on ${placeOf(task)}`;
}

function placeOf({ agent, agentId }: TaskRow): string {
  return agent || agentId;
}

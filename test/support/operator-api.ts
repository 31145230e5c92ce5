import { existsSync, readFileSync } from "node:fs";
import type { Json } from "./json.js";

/** Messages of Mesos' operator API for what the scripted master's builders make: agents, frameworks and tasks. */

const value = (text: unknown) => ({ value: String(text) });

/** A task of a state as the operator API writes it. */
export function v1Task(task: Json, frameworkId: string): Json {
  const { id, slave_id, resources, statuses, labels, ...rest } = task;
  const ports = /\[(.*)\]/.exec((resources as { ports?: string }).ports ?? "")?.[1];
  const range = ports?.split(", ").map((text) => {
    const [begin, end] = text.split("-").map(Number);
    return { begin, end };
  });
  return {
    ...rest,
    task_id: value(id),
    framework_id: value(frameworkId),
    agent_id: value(slave_id),
    resources: range ? [{ name: "ports", type: "RANGES", ranges: { range } }] : [],
    statuses,
    ...(labels !== undefined && { labels: { labels } }),
  };
}

export function v1Agent({ id, hostname, port, pid, attributes, active = true }: Json): Json {
  const list = Object.entries((attributes ?? {}) as Json).map(v1Attribute);
  return { agent_info: { id: value(id), hostname, port, attributes: list }, active, pid };
}

/** A state has numbers, and text for the rest: `[1-3]` is of ranges, `{a, b}` of a set. */
function v1Attribute([name, written]: [string, unknown]): Json {
  if (typeof written === "number") return { name, type: "SCALAR", scalar: { value: written } };
  const text = String(written);
  const range = /^\[(\d+)-(\d+)\]$/.exec(text);
  if (range) return { name, type: "RANGES", ranges: { range: [{ begin: Number(range[1]), end: Number(range[2]) }] } };
  const set = /^\{(.*)\}$/.exec(text);
  if (set) return { name, type: "SET", set: { item: set[1]?.split(", ") } };
  return { name, type: "TEXT", text: { value: text } };
}

export function v1Framework({ id, name, hostname }: Json, recovered = false): Json {
  return { framework_info: { id: value(id), name, hostname }, active: true, connected: !recovered, recovered };
}

/** What the stream of a master begins with that would serve `state`. */
export function subscribed(state: Json, heartbeatSeconds = 15): Json {
  const list = (name: string) => (state[name] ?? []) as readonly Json[];
  const frameworks = list("frameworks");
  const tasks = frameworks.flatMap(({ id, tasks = [] }) =>
    (tasks as readonly Json[]).map((task) => v1Task(task, String(id))),
  );
  return {
    type: "SUBSCRIBED",
    subscribed: {
      get_state: {
        get_tasks: { tasks },
        get_frameworks: { frameworks: frameworks.map((framework) => v1Framework(framework)) },
        get_agents: {
          agents: list("slaves").map(v1Agent),
          recovered_agents: list("recovered_slaves").map(({ id, ...info }) => ({ ...info, id: value(id) })),
        },
      },
      heartbeat_interval_seconds: heartbeatSeconds,
    },
  };
}

export const HEARTBEAT: Json = { type: "HEARTBEAT" };

export function taskAdded(task: Json, frameworkId = "frameworks-marathon"): Json {
  return { type: "TASK_ADDED", task_added: { task: v1Task(task, frameworkId) } };
}

/** @param status members of the status, such as where it runs */
export function taskUpdated(task: Json, state: string, status: Json = {}, frameworkId = "frameworks-marathon"): Json {
  const own = { task_id: value(task.id), agent_id: value(task.slave_id), state, timestamp: 1_700_000_100 };
  return {
    type: "TASK_UPDATED",
    task_updated: { framework_id: value(frameworkId), status: { ...own, ...status }, state },
  };
}

export function agentAdded(agent: Json): Json {
  return { type: "AGENT_ADDED", agent_added: { agent: v1Agent(agent) } };
}

export function agentRemoved({ id }: Json): Json {
  return { type: "AGENT_REMOVED", agent_removed: { agent_id: value(id) } };
}

export function frameworkAdded(framework: Json, recovered = false): Json {
  return { type: "FRAMEWORK_ADDED", framework_added: { framework: v1Framework(framework, recovered) } };
}

export function frameworkRemoved({ id, name }: Json): Json {
  return { type: "FRAMEWORK_REMOVED", framework_removed: { framework_info: { id: value(id), name } } };
}

/** A message as RecordIO has it. */
export function recordOf(message: Json | string): string {
  const text = typeof message === "string" ? message : JSON.stringify(message);
  return `${Buffer.byteLength(text)}\n${text}`;
}

/** Captured messages that stand beside this repository; nothing where they are not there. */
export function captured(name: string): Json[] | undefined {
  const file = new URL(`../../../shared/operator-api/${name}.jsonl`, import.meta.url);
  if (!existsSync(file)) return undefined;
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line));
}

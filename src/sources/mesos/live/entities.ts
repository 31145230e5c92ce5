import { isPort } from "../../../base/host-port.js";
import { isObject, type JsonObject, listOf, textOf } from "../../../base/lenient.js";
import type { Agent, Framework, PortRange, Task } from "../cluster.js";
import { discoveryOf } from "../discovery.js";
import { parsePid } from "../endpoint.js";
import type { TaskFacts } from "../facts/facts.js";
import type { FactsReader } from "../facts/reader.js";
import { trimmed } from "../lenient.js";
import { mapsPorts } from "../port-mappings.js";
import { isUnreported, reportedIn, reportedWithFacts, runningSince } from "../statuses.js";

/** Reads tasks, agents and frameworks of the operator API into the same types as those of a state. */

/** A task in any state. */
export interface LiveTask {
  readonly frameworkId: string;
  readonly state: string;
  /** The task as it is while it runs. */
  readonly task: Task;
  /** The time of its latest TASK_RUNNING status, in seconds since 1970; 0 if it has none. */
  readonly since: number;
  /** It runs, but has no TASK_RUNNING status yet, and so no addresses (`isUnreported`). */
  readonly unreported: boolean;
}

export interface LiveFramework {
  /** Never has a pid: the operator API does not give it. */
  readonly info: Omit<Framework, "tasks">;
  /** Known only from agents: its scheduler has not registered again. */
  readonly recovered: boolean;
}

/** The text in `{"value": …}`; "" if there is none. */
export function idOf(holder: unknown): string {
  return isObject(holder) ? textOf(holder.value) : "";
}

/**
 * `undefined` for a task without an id, a name, a framework or an agent.
 * @param facts reads the catalogue's facts, if a catalogue is kept
 */
export function taskIn(value: unknown, facts?: FactsReader): LiveTask | undefined {
  if (!isObject(value) || typeof value.name !== "string") return undefined;
  const id = idOf(value.task_id);
  const agentId = idOf(value.agent_id);
  const frameworkId = idOf(value.framework_id);
  if (id === "" || agentId === "" || frameworkId === "") return undefined;
  const statuses = listOf(value.statuses);
  const discovery = discoveryOf(value.discovery, (text) => text);
  const task: Task = {
    id,
    name: value.name,
    agentId,
    ...(discovery && { discovery }),
    ports: portsIn(listOf(value.resources)),
    ...(facts ? reportedWithFacts(statuses, facts) : reportedIn(statuses)),
    ...(facts && { facts: factsOf(value, facts) }),
    ...(mapsPorts(value.container, value.discovery) && { mapsPorts: true }),
  };
  const since = runningSince(statuses);
  return { frameworkId, state: textOf(value.state), task, since, unreported: isUnreported(statuses) };
}

function factsOf(
  { labels, discovery, health_check: healthCheck, container }: JsonObject,
  facts: FactsReader,
): TaskFacts {
  return facts.ofTask({ labels, discovery, healthCheck, container });
}

/** Reads an Agent, or the bare AgentInfo of an agent known from before a failover. */
export function agentIn(value: unknown, facts?: FactsReader): Agent | undefined {
  if (!isObject(value)) return undefined;
  const info: JsonObject = isObject(value.agent_info) ? value.agent_info : value;
  const id = idOf(info.id);
  const hostname = textOf(info.hostname);
  const port = isPort(info.port) ? info.port : 0;
  const endpoint = parsePid(value.pid) ?? (hostname === "" ? undefined : { host: hostname, port });
  if (id === "" || endpoint === undefined) return undefined;
  return { id, endpoint, hostname, ...(facts && { facts: facts.ofAgent(info.attributes, value.active) }) };
}

export function frameworkIn(value: unknown): LiveFramework | undefined {
  const info = isObject(value) ? value.framework_info : undefined;
  if (!isObject(value) || !isObject(info) || typeof info.name !== "string") return undefined;
  const id = idOf(info.id);
  if (id === "") return undefined;
  return { info: { id, name: info.name, hostname: textOf(info.hostname) }, recovered: value.recovered === true };
}

/** The ranges of all resources named `ports`. Several, such as reserved ones, are sorted and joined, as in a state. */
function portsIn(resources: readonly unknown[]): readonly PortRange[] {
  const ports = resources.filter(isObject).filter(({ name }) => name === "ports");
  const ranges = ports.flatMap((resource) => {
    const list = isObject(resource.ranges) ? listOf(resource.ranges.range) : [];
    return list.flatMap(rangeIn);
  });
  return trimmed(ports.length > 1 ? joined(ranges) : ranges);
}

function rangeIn(value: unknown): PortRange[] {
  if (!isObject(value)) return [];
  const { begin, end } = value;
  return isPort(begin) && isPort(end) && begin <= end ? [[begin, end]] : [];
}

function joined(ranges: readonly PortRange[]): PortRange[] {
  const result: PortRange[] = [];
  for (const [first, last] of ranges.toSorted(([a], [b]) => a - b)) {
    const before = result.at(-1);
    if (before && first <= before[1] + 1) result[result.length - 1] = [before[0], Math.max(before[1], last)];
    else result.push([first, last]);
  }
  return result;
}

import type { Agent, Framework, PortRange, Task } from "../cluster.js";
import { discoveryOf } from "../discovery.js";
import { isPort, parsePid } from "../endpoint.js";
import type { TaskFacts } from "../facts/facts.js";
import type { FactsReader } from "../facts/reader.js";
import { isObject, type JsonObject, listOf, textOf, trimmed } from "../lenient.js";
import { mapsPorts } from "../port-mappings.js";
import { isUnreported, reportedIn, reportedWithFacts, runningSince } from "../statuses.js";

/** Tasks, agents and frameworks as the operator API writes them, read into what a state is read into. */

/** A task in whatever state. */
export interface LiveTask {
  readonly frameworkId: string;
  readonly state: string;
  /** What it is while it runs. */
  readonly task: Task;
  /** The time of its latest status as a running task; 0 for none. */
  readonly since: number;
  /** No status of it says yet that it runs, and where (`isUnreported`). */
  readonly unreported: boolean;
}

export interface LiveFramework {
  /** Never with a pid: the operator API has none. */
  readonly info: Omit<Framework, "tasks">;
  /** Known from what agents say; its scheduler has not come back. */
  readonly recovered: boolean;
}

/** The text in `{"value": …}`; "" where there is none. */
export function idOf(holder: unknown): string {
  return isObject(holder) ? textOf(holder.value) : "";
}

/**
 * `undefined` for what has no id, no name or no place to be.
 * @param facts reads what a catalogue wants to know, where there is one
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

/** Takes an Agent, and the AgentInfo that stands for one known from before a failover. */
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

/** The ranges of all resources called `ports`: of several, such as reserved ones, in order and joined, as a state has them. */
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

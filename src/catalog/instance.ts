import { parseAddress } from "../base/addresses.js";
import type { Task } from "../sources/mesos/cluster.js";
import type { Label, PortMapping } from "../sources/mesos/facts/facts.js";
import type { CatalogNode, Health, Instance, InstancePort } from "./model.js";

/** What an instance comes to, read from its task when it is asked for: a cluster has very many. */

/** A task with more is a load test, or an attack: of 100,000 tasks with as many ports, each takes some 15 KB of text. */
export const MAX_PORTS = 256;

const SOURCES = ["netinfo", "mesos", "docker"] as const;

/** A running task without a word on its health is neither. */
export function healthOf({ statusFacts }: Task): Health {
  if (statusFacts?.healthy === undefined) return "unknown";
  return statusFacts.healthy ? "healthy" : "unhealthy";
}

/** Whether clients should be sent to it: its checks do not fail, and it has not been told to end. */
export function isWell({ task, killing }: Instance): boolean {
  return !killing && healthOf(task) !== "unhealthy";
}

/** Valid addresses of the first source that has any; one that the agent reports itself comes before those of the containerizers. */
export function containerAddresses({ addresses }: Task): readonly string[] {
  for (const source of SOURCES) {
    const found = (addresses[source] ?? []).flatMap((text) => parseAddress(text)?.text ?? []);
    if (found.length > 0) return [...new Set(found)];
  }
  return [];
}

/** Those of its discovery, else those of the agent that it was given; at most MAX_PORTS. */
export function portsOf(task: Task): readonly InstancePort[] {
  const published = task.discovery?.ports ?? [];
  if (published.length === 0) return resourcePorts(task);
  const mappings = [...(task.statusFacts?.mappings ?? []), ...(task.facts?.mappings ?? [])];
  return published.slice(0, MAX_PORTS).map(({ number, name, protocol }, index) => {
    const labels = task.facts?.portLabels[index] ?? [];
    const hostPort = isOnHost(labels) ? number : hostPortOf(number, protocol, mappings);
    return { number, name, protocol, labels, hostPort };
  });
}

/** Things of it that are left out because there are too many, or they are malformed. */
export function droppedOf(task: Task): number {
  const read = (task.facts?.dropped ?? 0) + (task.statusFacts?.dropped ?? 0);
  return read + Math.max(0, countPorts(task) - MAX_PORTS);
}

/** The instance as JSON text. Equal texts are what a client cannot tell apart. */
export function instanceText({ frameworkId, task, node, killing }: Instance): string {
  const { facts, statusFacts } = task;
  const networks = statusFacts?.networks ?? [];
  const container = { type: facts?.containerType ?? "", networks };
  return JSON.stringify({
    task: task.id,
    framework: frameworkId,
    node: node.id,
    addresses: { agent: node.addresses, container: containerAddresses(task) },
    ports: portsOf(task).map(portOf),
    labels: facts?.labels ?? [],
    health: healthOf(task),
    healthCheck: facts?.hasHealthCheck ?? false,
    killing,
    container: container.type === "" && networks.length === 0 ? null : container,
  });
}

/** The node as JSON text; without its index, to be compared. */
export function nodeText({ index, ...node }: CatalogNode, withIndex = true): string {
  return JSON.stringify(withIndex ? { ...node, index } : node);
}

function portOf({ number, name, protocol, labels, hostPort }: InstancePort) {
  return { number, name, protocol, ...(hostPort !== undefined && { hostPort }), ...(labels.length > 0 && { labels }) };
}

function countPorts({ discovery, ports }: Task): number {
  const published = discovery?.ports.length ?? 0;
  return published > 0 ? published : ports.reduce((count, [first, last]) => count + last - first + 1, 0);
}

function resourcePorts({ ports }: Task): readonly InstancePort[] {
  const result: InstancePort[] = [];
  for (const [first, last] of ports) {
    for (let number = first; number <= last && result.length < MAX_PORTS; number++) {
      result.push({ number, name: "", protocol: "", labels: [], hostPort: number });
    }
  }
  return result;
}

/** Marathon labels the ports of tasks in networks of their own. */
function isOnHost(labels: readonly Label[]): boolean {
  return labels.some(({ key, value }) => key === "network-scope" && value === "host");
}

/** Without a protocol, either of them leads there. */
function hostPortOf(number: number, protocol: string, mappings: readonly PortMapping[]): number | undefined {
  const wanted = protocol.toLowerCase();
  const isSame = (other: string) => wanted === "" || other === "" || wanted === other;
  return mappings.find((each) => each.containerPort === number && isSame(each.protocol))?.hostPort;
}

import { parseAddress } from "../base/addresses.js";
import type { Task } from "../sources/mesos/cluster.js";
import type { Label, PortMapping } from "../sources/mesos/facts/facts.js";
import type { CatalogNode, Health, Instance, InstancePort } from "./model.js";

/** Derives an instance's properties from its task on demand: storing them for all instances of a cluster would take much memory. */

/** A task with more ports is a load test or an attack. This many ports take about 15 KB of text. */
export const MAX_PORTS = 256;

const SOURCES = ["netinfo", "mesos", "docker"] as const;

/** The health of a task; "unknown" if its status does not report any. */
export function healthOf({ statusFacts }: Task): Health {
  if (statusFacts?.healthy === undefined) return "unknown";
  return statusFacts.healthy ? "healthy" : "unhealthy";
}

/** Whether clients should be sent to the instance: its health checks do not fail, and it is not being killed. */
export function isWell({ task, killing }: Instance): boolean {
  return !killing && healthOf(task) !== "unhealthy";
}

/**
 * The valid addresses of the first source that has any. Addresses from the agent's network information come before those of the
 * containerizers.
 */
export function containerAddresses({ addresses }: Task): readonly string[] {
  for (const source of SOURCES) {
    const found = (addresses[source] ?? []).flatMap((text) => parseAddress(text)?.text ?? []);
    if (found.length > 0) return [...new Set(found)];
  }
  return [];
}

/** The ports of the task's discovery, or else the agent's ports in its resources; at most MAX_PORTS. */
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

/** How many labels, mappings, addresses and ports of the task are left out because they are malformed or over a limit. */
export function droppedOf(task: Task): number {
  const read = (task.facts?.dropped ?? 0) + (task.statusFacts?.dropped ?? 0);
  return read + Math.max(0, countPorts(task) - MAX_PORTS);
}

/** The instance as JSON text. An instance has changed if its text has. */
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

/** The node as JSON text; without its index for comparing. */
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

/** For tasks with a network of their own, Marathon labels each port with `network-scope`: `host` or `container`. */
function isOnHost(labels: readonly Label[]): boolean {
  return labels.some(({ key, value }) => key === "network-scope" && value === "host");
}

/** The agent's port that is mapped to a container port. An empty protocol matches any. */
function hostPortOf(number: number, protocol: string, mappings: readonly PortMapping[]): number | undefined {
  const wanted = protocol.toLowerCase();
  const isSame = (other: string) => wanted === "" || other === "" || wanted === other;
  return mappings.find((each) => each.containerPort === number && isSame(each.protocol))?.hostPort;
}

import { portsOf } from "../../catalog/instance.js";
import type { InstancePort } from "../../catalog/model.js";
import type { Task } from "../../sources/mesos/cluster.js";
import type { Label, PortMapping } from "../../sources/mesos/facts/facts.js";
import { namesService } from "./labels.js";

/** A port of a task under which an instance can be registered. */
export interface ServicePort {
  /** Where clients connect to. */
  readonly number: number;
  /** The container's number and the agent's, by which labels may speak of it. */
  readonly numbers: readonly number[];
  /** "" if it has none. */
  readonly name: string;
  readonly labels: readonly Label[];
  readonly isUdp: boolean;
}

/** Ports with the same number are one, and UDP only if all of them are. Empty for a task without ports. */
export function servicePortsOf(task: Task): readonly ServicePort[] {
  const isPublished = (task.discovery?.ports.length ?? 0) > 0;
  const mappings = [...(task.statusFacts?.mappings ?? []), ...(task.facts?.mappings ?? [])];
  const ports = new Map<number, ServicePort>();
  for (const port of portsOf(task)) {
    const next = isPublished ? publishedPort(port) : resourcePort(port, mappings);
    const known = ports.get(next.number);
    ports.set(next.number, known ? joined(known, next) : next);
  }
  const all = [...ports.values()];
  const named = all.filter(({ labels }) => namesPort(labels));
  return named.length > 0 ? named : all;
}

function publishedPort({ number, hostPort, name, protocol, labels }: InstancePort): ServicePort {
  const numbers = hostPort === undefined || hostPort === number ? [number] : [number, hostPort];
  return { number: hostPort ?? number, numbers, name, labels, isUdp: protocol.toLowerCase() === "udp" };
}

/** A port of the agent may be mapped to one of the container. */
function resourcePort({ number }: InstancePort, mappings: readonly PortMapping[]): ServicePort {
  const inside = mappings.filter(({ hostPort }) => hostPort === number);
  const numbers = [...inside.map(({ containerPort }) => containerPort), number];
  const isUdp = inside.length > 0 && inside.every(({ protocol }) => protocol === "udp");
  return { number, numbers: [...new Set(numbers)], name: "", labels: [], isUdp };
}

function joined(a: ServicePort, b: ServicePort): ServicePort {
  return {
    number: a.number,
    numbers: [...new Set([...a.numbers, ...b.numbers])],
    name: a.name || b.name,
    labels: [...a.labels, ...b.labels],
    isUdp: a.isUdp && b.isUdp,
  };
}

/** Where a port has a service of its own, as marathon-consul has it, the others have none. */
function namesPort(labels: readonly Label[]): boolean {
  return namesService(labels.filter(({ key }) => key !== "overrideTaskName"));
}

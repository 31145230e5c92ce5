import { hash } from "node:crypto";
import type { Address } from "../../base/addresses.js";
import type { Task } from "../../sources/mesos/cluster.js";
import { agentSuffix, canonicalName, type LabelRules, toLabel } from "../../wire/labels.js";
import type { TaskAddresses } from "../facts.js";
import { onStandby, type RecordSink } from "../sink.js";
import { isStandby, type NamingRules } from "./rules.js";
import { checked, type FrameworkNames, SERVICE_LABEL, type SharedNames } from "./shared-names.js";
import { toZBase32 } from "./zbase32.js";

const BOTH = ["tcp", "udp"] as const;

export interface EmittedTask {
  /** Whether the task has a valid DNS name. */
  readonly named: boolean;
  /** The canonical name of its own addresses, spelled as a label; "" if it has none. */
  readonly canonical: string;
}

/** Emits every record of one task. */
export function emitTask(
  task: Task,
  framework: FrameworkNames,
  addresses: TaskAddresses,
  rules: NamingRules,
  sink: RecordSink,
): EmittedTask {
  const hash = taskHash(task.id);
  const agent = agentSuffix(task.agentId);
  // Records of shared names are on standby for an unhealthy task. Its canonical name belongs to the task alone.
  const shared = isStandby(task, rules) ? onStandby(sink) : sink;
  const targets: string[] = [];
  let named = false;
  for (const names of framework.spellings(task)) {
    const canonical = canonicalName(names.name, hash, agent);
    const own = emitAddresses(names.own, framework.checkedOwn(canonical), addresses.own, sink, shared);
    const host = emitAddresses(names.host, checked(`${canonical}.${framework.host}`), addresses.host, sink, shared);
    targets.push(own.target);
    named ||= own.named || host.named;
    emitPorts(names, task, host.target, shared);
    emitDiscovery(names, task, own.target, rules.labels, shared);
  }
  return { named, canonical: targets[0] };
}

/** The first five characters of the z-base-32 of the SHA-1 of the task id. They distinguish the instances of a task. */
export function taskHash(taskId: string): string {
  // Take the upper 25 of the 28 bits in the digest's first seven hex digits. Node.js makes a hex digest faster than a Buffer.
  return toZBase32(Number.parseInt(hash("sha1", taskId, "hex").slice(0, 7), 16) >>> 3, 5);
}

/**
 * Emits addresses for a shared and a canonical name, each of which may be "". @returns `named`: whether either is a name; `target`: the
 * canonical name, to which services point, or "" if it has no address.
 */
function emitAddresses(
  shared: string,
  target: string,
  addresses: readonly Address[],
  sink: RecordSink,
  sharedSink: RecordSink,
): { readonly named: boolean; readonly target: string } {
  const isShared = shared !== "";
  const isTarget = target !== "";
  for (const address of addresses) {
    if (isShared) sharedSink.address(shared, address);
    if (isTarget) sink.address(target, address);
  }
  return { named: isShared || isTarget, target: isTarget && addresses.length > 0 ? target : "" };
}

/** Emits services for the ports of the task's resources, on its agent. A task without discovery also has them below its own domain. */
function emitPorts(names: SharedNames, task: Task, target: string, sink: RecordSink): void {
  if (target === "" || task.ports.length === 0) return;
  const ports = portsOf(task);
  for (const protocol of BOTH) {
    const { own, host } = names.services(protocol);
    emitServices(host, target, ports, sink);
    if (!task.discovery) emitServices(own, target, ports, sink);
  }
}

/** Emits services for the ports of the task's discovery: by the task's name, and by the port's name if it has one. */
function emitDiscovery(names: SharedNames, task: Task, target: string, labels: LabelRules, sink: RecordSink): void {
  if (target === "") return;
  for (const port of task.discovery?.ports ?? []) {
    const name = toLabel(port.name, labels, SERVICE_LABEL);
    const protocols = port.protocol === "" ? BOTH : [toLabel(port.protocol, labels, SERVICE_LABEL)];
    for (const protocol of protocols.filter((label) => label !== "")) {
      const { own } = names.services(protocol);
      emitServices(own, target, [port.number], sink);
      if (name !== "") emitServices(checked(`_${name}.${own}`), target, [port.number], sink);
    }
  }
}

/** @param name "" emits nothing */
function emitServices(name: string, target: string, ports: Iterable<number>, sink: RecordSink): void {
  if (name !== "") for (const port of ports) sink.service(name, target, port);
}

/** All ports of the task's resources, without duplicates. */
function portsOf(task: Task): readonly number[] {
  const ports: number[] = [];
  for (const [first, last] of task.ports) for (let port = first; port <= last; port++) ports.push(port);
  return task.ports.length === 1 ? ports : [...new Set(ports)];
}

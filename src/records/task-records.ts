import { hash } from "node:crypto";
import type { Task } from "../mesos/cluster.js";
import type { Address } from "./addresses.js";
import type { RecordRules, RecordSink } from "./generate.js";
import { agentSuffix, canonicalName, isDnsName, type LabelRules, MAX_LABEL, toLabel } from "./labels.js";
import { isStandby, onStandby } from "./standby.js";
import { toZBase32 } from "./zbase32.js";

/** `_` takes one octet of a label. */
const SERVICE_LABEL = MAX_LABEL - 1;

const BOTH = ["tcp", "udp"] as const;

/** Where a framework's tasks are named. */
export interface FrameworkZones {
  /** `F.D`, for a task's own addresses. */
  readonly own: string;
  /** `F.slave.D`, for its agent's. */
  readonly host: string;
}

/** Where a task can be reached; each list may be empty, but not both. */
export interface TaskAddresses {
  readonly own: readonly Address[];
  readonly host: readonly Address[];
}

/** How a task's name is written in its records; `service` stands behind the `_` of SRV names. */
interface Spelling {
  readonly name: string;
  readonly service: string;
}

export interface EmittedTask {
  /** Whether any of its names could be one. */
  readonly named: boolean;
  /** Its canonical name, spelled as a label, that its own addresses stand under; "" if they do under none. */
  readonly canonical: string;
}

/** Emits every record of one task. */
export function emitTask(
  task: Task,
  zones: FrameworkZones,
  addresses: TaskAddresses,
  rules: RecordRules,
  sink: RecordSink,
): EmittedTask {
  const hash = taskHash(task.id);
  const agent = agentSuffix(task.agentId);
  // What instances share waits behind the healthy ones; a canonical name is its task's alone.
  const shared = isStandby(task, rules) ? onStandby(sink) : sink;
  const targets: string[] = [];
  let named = false;
  for (const spelling of spellings(task, rules.labels)) {
    const canonical = canonicalName(spelling.name, hash, agent);
    const own = emitAddresses(spelling.name, canonical, zones.own, addresses.own, sink, shared);
    const host = emitAddresses(spelling.name, canonical, zones.host, addresses.host, sink, shared);
    targets.push(own.target);
    named ||= own.named || host.named;
    emitPorts(spelling.service, task, zones, host.target, shared);
    emitDiscovery(spelling.service, task, zones, own.target, rules.labels, shared);
  }
  return { named, canonical: targets[0] };
}

/** First five characters of the z-base-32 of the SHA-1 of the task id: what tells instances of one task apart. */
export function taskHash(taskId: string): string {
  // Of the digest's seven first digits, the upper 25 bits. A text is quicker to be had than octets.
  return toZBase32(Number.parseInt(hash("sha1", taskId, "hex").slice(0, 7), 16) >>> 3, 5);
}

/** As a label, and where the task has a discovery name that is not its own label, as written too. */
function spellings(task: Task, labels: LabelRules): Spelling[] {
  const published = task.discovery?.name ?? task.name;
  const label = toLabel(published, labels);
  const asLabel = {
    name: label,
    service: label.length < MAX_LABEL ? label : toLabel(published, labels, SERVICE_LABEL),
  };
  const written = task.discovery?.name.toLowerCase() ?? label;
  // A label "*" would be a wildcard to every other server that loads the zone (RFC 4592 §2.1.1).
  if (written === label || written.split(".").includes("*")) return [asLabel];
  return [asLabel, { name: written, service: written }];
}

/** The shared and the canonical name in one zone; the latter is what services point to, "" if it has no address. */
function emitAddresses(
  name: string,
  canonical: string,
  zone: string,
  addresses: readonly Address[],
  sink: RecordSink,
  sharedSink: RecordSink,
): { readonly named: boolean; readonly target: string } {
  const shared = `${name}.${zone}`;
  const target = `${canonical}.${zone}`;
  const isShared = isDnsName(shared);
  const isTarget = isDnsName(target);
  for (const address of addresses) {
    if (isShared) sharedSink.address(shared, address);
    if (isTarget) sink.address(target, address);
  }
  return { named: isShared || isTarget, target: isTarget && addresses.length > 0 ? target : "" };
}

/** The ports of the task's resources, on its agent. A task without discovery has them under its own zone too. */
function emitPorts(service: string, task: Task, zones: FrameworkZones, target: string, sink: RecordSink): void {
  if (target === "" || task.ports.length === 0) return;
  const ports = portsOf(task);
  for (const protocol of BOTH) {
    emitServices(`_${service}._${protocol}.${zones.host}`, target, ports, sink);
    if (!task.discovery) emitServices(`_${service}._${protocol}.${zones.own}`, target, ports, sink);
  }
}

/** The ports of the task's discovery, by the service's name and, where they have one, by the port's. */
function emitDiscovery(
  service: string,
  task: Task,
  zones: FrameworkZones,
  target: string,
  labels: LabelRules,
  sink: RecordSink,
): void {
  if (target === "") return;
  for (const port of task.discovery?.ports ?? []) {
    const name = toLabel(port.name, labels, SERVICE_LABEL);
    const protocols = port.protocol === "" ? BOTH : [toLabel(port.protocol, labels, SERVICE_LABEL)];
    for (const protocol of protocols.filter((label) => label !== "")) {
      const shared = `_${service}._${protocol}.${zones.own}`;
      emitServices(shared, target, [port.number], sink);
      if (name !== "") emitServices(`_${name}.${shared}`, target, [port.number], sink);
    }
  }
}

function emitServices(name: string, target: string, ports: Iterable<number>, sink: RecordSink): void {
  if (isDnsName(name)) for (const port of ports) sink.service(name, target, port);
}

/** Every port of the task's resources, once. */
function portsOf(task: Task): readonly number[] {
  const ports: number[] = [];
  for (const [first, last] of task.ports) for (let port = first; port <= last; port++) ports.push(port);
  return task.ports.length === 1 ? ports : [...new Set(ports)];
}

import type { PortRange, Task } from "../sources/mesos/cluster.js";
import type { Label, PortMapping } from "../sources/mesos/facts/facts.js";
import { isVipKey, type Protocol, readOldLabel, readVip, type VipLabel, type VipSkipReason } from "./label.js";

/** A port of a task: the container's, the agent's, or both, and the virtual addresses that lead to it. */
export interface VipPort {
  readonly protocol: Protocol;
  /** The container's. */
  readonly port: number | undefined;
  /** The agent's. */
  readonly hostPort: number | undefined;
  readonly vips: readonly VipLabel[];
  /** By what the backend's weight is multiplied. */
  readonly weight: number;
}

export interface TaskPorts {
  readonly ports: readonly VipPort[];
  readonly skipped: readonly SkippedLabel[];
}

/** A label that names no virtual address, although it should. */
export interface SkippedLabel {
  readonly reason: VipSkipReason;
  readonly label: string;
}

const WEIGHT_KEY = "vip-weight";
const MAX_WEIGHT = 256;
const SCOPE_KEY = "network-scope";

/**
 * The ports of a task that virtual addresses lead to. What the container's mappings, old labels and the task's discovery say of a port is put
 * together as DC/OS does.
 */
export function vipPortsOf(task: Task): TaskPorts {
  const skipped: SkippedLabel[] = [];
  const own = discoveryPorts(task, skipped);
  const old = oldPorts(task, skipped);
  if (own.length === 0 && old.length === 0) return { ports: [], skipped };
  const known = merge(mappedPorts(task), old);
  return { ports: merge(known, own).filter(({ vips }) => vips.length > 0), skipped };
}

/**
 * The same on a container with the agent's own address: there is one port, which is the agent's.
 */
export function onAgent(ports: readonly VipPort[]): readonly VipPort[] {
  const moved = ports.map((each) => ({ ...each, port: each.hostPort ?? each.port }));
  const joined: VipPort[] = [];
  for (const each of moved) {
    const at = joined.findIndex(({ protocol, port }) => protocol === each.protocol && port === each.port);
    if (at < 0) joined.push(each);
    else joined[at] = join(joined[at], each);
  }
  return joined;
}

function discoveryPorts({ discovery, facts }: Task, skipped: SkippedLabel[]): readonly VipPort[] {
  return (discovery?.ports ?? []).flatMap(({ number, protocol: written }, index) => {
    const protocol = protocolOf(written);
    const labels = facts?.portLabels[index] ?? [];
    if (protocol === undefined || number === 0) return [];
    const isHost = labels.some(({ key, value }) => key === SCOPE_KEY && value === "host");
    const place = isHost ? { port: undefined, hostPort: number } : { port: number, hostPort: undefined };
    const vips = labels.flatMap((label) => (isVipKey(label.key) ? read(label, label.value, skipped) : []));
    return [{ protocol, ...place, vips, weight: weightIn(labels) }];
  });
}

function oldPorts({ facts, ports }: Task, skipped: SkippedLabel[]): readonly VipPort[] {
  return (facts?.labels ?? []).flatMap((label) => {
    const old = readOldLabel(label.key, label.value);
    if (!old) return [];
    const hostPort = portAt(ports, old.index);
    if (hostPort === undefined) {
      skipped.push({ reason: "port_index", label: `${label.key}=${label.value}` });
      return [];
    }
    const vips = read(label, old.value, skipped);
    return [{ protocol: old.protocol, port: undefined, hostPort, vips, weight: 1 }];
  });
}

function mappedPorts({ facts, statusFacts }: Task): readonly VipPort[] {
  const reported = (statusFacts?.latest ?? statusFacts)?.mappings ?? [];
  const isNamed = facts?.containerType === "DOCKER" || facts?.hasNetworks === true;
  return (isNamed ? (facts?.mappings ?? []) : reported).flatMap(
    ({ protocol: written, hostPort, containerPort }: PortMapping) => {
      const protocol = protocolOf(written);
      return protocol === undefined ? [] : [{ protocol, port: containerPort, hostPort, vips: [], weight: 1 }];
    },
  );
}

function read(label: Label, value: string, skipped: SkippedLabel[]): readonly VipLabel[] {
  const vip = readVip(value);
  if (vip) return [vip];
  skipped.push({ reason: "value", label: `${label.key}=${label.value}` });
  return [];
}

/** Adds ports to those that are known: two are one if their protocol is the same, and the container's or the agent's port. */
function merge(known: readonly VipPort[], more: readonly VipPort[]): readonly VipPort[] {
  const rest = [...known];
  const merged = more.map((each) => {
    let whole = each;
    for (
      let at = rest.findIndex((other) => isSame(whole, other));
      at >= 0;
      at = rest.findIndex((other) => isSame(whole, other))
    )
      whole = join(whole, rest.splice(at, 1)[0]);
    return whole;
  });
  return [...merged, ...rest];
}

function isSame(a: VipPort, b: VipPort): boolean {
  if (a.protocol !== b.protocol) return false;
  return (a.port !== undefined && a.port === b.port) || (a.hostPort !== undefined && a.hostPort === b.hostPort);
}

function join(a: VipPort, b: VipPort): VipPort {
  return {
    protocol: a.protocol,
    port: a.port ?? b.port,
    hostPort: a.hostPort ?? b.hostPort,
    vips: [...a.vips, ...b.vips],
    weight: Math.max(a.weight, b.weight),
  };
}

function protocolOf(written: string): Protocol | undefined {
  const lower = written.toLowerCase();
  return lower === "tcp" || lower === "udp" ? lower : undefined;
}

function weightIn(labels: readonly Label[]): number {
  const written = labels.find(({ key }) => key === WEIGHT_KEY)?.value ?? "1";
  return /^\d{1,3}$/.test(written) ? Math.min(MAX_WEIGHT, Number(written)) : 1;
}

/** The agent's port with this index, over all ranges in their order. */
function portAt(ranges: readonly PortRange[], index: number): number | undefined {
  let rest = index;
  for (const [first, last] of ranges) {
    if (rest <= last - first) return first + rest;
    rest -= last - first + 1;
  }
  return undefined;
}

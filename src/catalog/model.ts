import type { Task } from "../sources/mesos/cluster.js";
import type { Label } from "../sources/mesos/facts/facts.js";

/** The types of the catalogue. All values are immutable: a change makes a new object. */

/** An agent. */
export interface CatalogNode {
  readonly id: string;
  readonly hostname: string;
  /** As text, in the order of its records. */
  readonly addresses: readonly string[];
  /** 0 if unknown. */
  readonly port: number;
  readonly attributes: readonly Label[];
  /** False while the master has deactivated it. */
  readonly active: boolean;
  /** The index of its last change. */
  readonly index: number;
}

/** A task that is running or being killed. */
export interface Instance {
  /** Identifies it among the instances of its service, and sorts them: the task's id and its framework's id. */
  readonly key: string;
  readonly frameworkId: string;
  readonly task: Task;
  readonly node: CatalogNode;
  /** Whether it is being killed. */
  readonly killing: boolean;
}

export interface ServiceKey {
  /** The framework's name. */
  readonly framework: string;
  /** The name in the tasks' discovery, or else the tasks' name. */
  readonly name: string;
}

export interface Service extends ServiceKey {
  /** The index of its last change. */
  readonly index: number;
  readonly instances: readonly Instance[];
}

export type Health = "healthy" | "unhealthy" | "unknown";

export interface InstancePort {
  readonly number: number;
  readonly name: string;
  /** "" for both tcp and udp. */
  readonly protocol: string;
  readonly labels: readonly Label[];
  /** The agent's port that is mapped to it; `undefined` if unknown. */
  readonly hostPort: number | undefined;
}

/** A service that has gone over a limit. It is reported once until it is within the limits again. */
export interface OverLimit extends ServiceKey {
  /** The number of labels, mappings, addresses and ports of its instances that are left out; 0 if a task itself is left out. */
  readonly dropped: number;
}

/** Sizes of the catalogue, for metrics. */
export interface CatalogCounts {
  readonly services: number;
  readonly instances: number;
  readonly nodes: number;
  /** The number of labels, mappings, addresses and ports that are left out. */
  readonly droppedFacts: number;
  readonly droppedTasks: number;
}

/** What one update has changed. Everything in it has its index. */
export interface CatalogChange {
  readonly index: number;
  /** The services that were added or have changed. */
  readonly services: readonly Service[];
  readonly gone: readonly ServiceKey[];
  readonly nodes: readonly CatalogNode[];
  /** Ids of removed nodes. */
  readonly goneNodes: readonly string[];
}

/** A text that identifies a service. The length prefix makes it unambiguous. */
export function keyOf({ framework, name }: ServiceKey): string {
  return `${framework.length}:${framework}${name}`;
}

/** The order in which services are listed. */
export function compareServices(a: ServiceKey, b: ServiceKey): number {
  return compareTexts(a.framework, b.framework) || compareTexts(a.name, b.name);
}

export function compareNodes(a: Pick<CatalogNode, "id">, b: Pick<CatalogNode, "id">): number {
  return compareTexts(a.id, b.id);
}

/** Compares by UTF-16 code units, which does not depend on the locale. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

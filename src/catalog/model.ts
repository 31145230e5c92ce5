import type { Task } from "../sources/mesos/cluster.js";
import type { Label } from "../sources/mesos/facts/facts.js";

/** What the catalogue holds. All of it is immutable: what changes is another object. */

/** An agent. */
export interface CatalogNode {
  readonly id: string;
  readonly hostname: string;
  /** As text, in the order in which its records have them. */
  readonly addresses: readonly string[];
  /** 0 where it is not known. */
  readonly port: number;
  readonly attributes: readonly Label[];
  /** False while the master has deactivated it. */
  readonly active: boolean;
  /** That of its last change. */
  readonly index: number;
}

/** A task that runs, or has been told to end. */
export interface Instance {
  /** Names it among the instances of its service, which are sorted by it: the task's id, and its framework's. */
  readonly key: string;
  readonly frameworkId: string;
  readonly task: Task;
  readonly node: CatalogNode;
  /** It has been told to end. */
  readonly killing: boolean;
}

export interface ServiceKey {
  /** The framework's name. */
  readonly framework: string;
  /** The name of the tasks' discovery, else their own. */
  readonly name: string;
}

export interface Service extends ServiceKey {
  /** That of its last change. */
  readonly index: number;
  readonly instances: readonly Instance[];
}

export type Health = "healthy" | "unhealthy" | "unknown";

export interface InstancePort {
  readonly number: number;
  readonly name: string;
  /** "" where it stands for both tcp and udp. */
  readonly protocol: string;
  readonly labels: readonly Label[];
  /** The port of the agent that leads to it, where that is known. */
  readonly hostPort: number | undefined;
}

/** Something that was over a limit, told once until it is well again. */
export interface OverLimit extends ServiceKey {
  /** Labels, mappings, addresses and ports of its instances that are left out; 0 where the task itself is. */
  readonly dropped: number;
}

/** Sizes, for those who watch. */
export interface CatalogCounts {
  readonly services: number;
  readonly instances: number;
  readonly nodes: number;
  /** Labels, mappings, addresses and ports that are left out. */
  readonly droppedFacts: number;
  readonly droppedTasks: number;
}

/** What one update has touched. Its index is that of all of it. */
export interface CatalogChange {
  readonly index: number;
  /** Those that came or changed, as they are now. */
  readonly services: readonly Service[];
  readonly gone: readonly ServiceKey[];
  readonly nodes: readonly CatalogNode[];
  /** Ids. */
  readonly goneNodes: readonly string[];
}

/** One text for both; neither part can be taken for some of the other. */
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

/** By code units: the same everywhere. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

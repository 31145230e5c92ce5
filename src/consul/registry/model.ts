import type { Task } from "../../sources/mesos/cluster.js";

/** What of a Mesos cluster is in Consul's catalogue. All values are immutable: a change makes a new object. */

/** How tasks become instances. */
export interface RegistryRules {
  /** All tasks that run, or those alone whose labels name a service. */
  readonly register: "all" | "labelled";
  /** Tags of every instance. */
  readonly tags: readonly string[];
  /** Where a task's addresses come from: the first source that has any. */
  readonly ipSources: readonly ("netinfo" | "mesos" | "docker" | "host")[];
}

/** A host name or address, with the IP addresses that it leads to. */
export interface Place {
  /** Its first IPv4 address, else its first IPv6 address, else the host as it is written. Never "". */
  readonly address: string;
  readonly ipv4: string | undefined;
  readonly ipv6: string | undefined;
}

/** Key and value, as text. */
export type MetaPair = readonly [key: string, value: string];

/** A node: an agent, a master, or this server. */
export interface ConsulNode extends Place {
  /** One label in lower case; no other node has it. */
  readonly name: string;
  /** In the form of a UUID. */
  readonly id: string;
  readonly meta: readonly MetaPair[];
  /** Whether its own check passes. */
  readonly isPassing: boolean;
  readonly indexes: Indexes;
}

/** The indexes of one node or instance. */
export interface Indexes {
  readonly created: number;
  /** Of its last change in the catalogue. */
  readonly modified: number;
  /** Of its check's last change. */
  readonly checked: number;
}

/** What an instance is registered as. */
export interface Registration extends Place {
  /** As its labels want it; another instance of the node may have it already. */
  readonly wishedId: string;
  /** In the spelling of its labels. Services are compared without case. */
  readonly name: string;
  /** Each once. */
  readonly tags: readonly string[];
  readonly meta: readonly MetaPair[];
  /** 0 if the task has no port. */
  readonly port: number;
}

/** Where an instance's registration comes from: a port of a task, or this server's own rules. */
export type Origin =
  | { readonly task: Task; readonly framework: FrameworkName /** Which of the task's. */; readonly slot: number }
  | { readonly fixed: Registration };

export interface FrameworkName {
  readonly id: string;
  readonly name: string;
}

/** One registered instance of a service. */
export interface ConsulInstance {
  readonly origin: Origin;
  readonly node: ConsulNode;
  /** Unique on its node. */
  readonly id: string;
  readonly name: string;
  /** Whether its own check passes; its node's counts too. */
  readonly isPassing: boolean;
  readonly indexes: Indexes;
}

/** What a service looks like in the list of services: its spellings, each with the tags of all its instances. */
export type ServiceListing = readonly (readonly [name: string, tags: readonly string[]])[];

/** A service as a whole. */
export interface ServiceState {
  /** `serviceKey` of its name. */
  readonly key: string;
  /** Of the last change of its instances, and of their nodes, but for checks. */
  readonly catalogIndex: number;
  /** Of the last change of any of that, checks included. */
  readonly healthIndex: number;
  /** Empty if it has no instance any more. */
  readonly listing: ServiceListing;
}

/** A node with what is on it. */
export interface NodeState {
  readonly node: ConsulNode;
  /** Of the last change of the node and of its instances, but for checks. */
  readonly catalogIndex: number;
  /** Of the last change of a check on it. */
  readonly healthIndex: number;
}

/** An instance that is gone, and what is needed to find it. */
export interface GoneInstance {
  readonly node: string;
  readonly id: string;
  /** The key of its service. */
  readonly service: string;
}

/** What one update has changed. */
export interface ConsulChange {
  /** Those that have come or changed. */
  readonly instances: readonly ConsulInstance[];
  readonly gone: readonly GoneInstance[];
  readonly services: readonly ServiceState[];
  readonly nodes: readonly NodeState[];
  /** Names of nodes that are gone. */
  readonly goneNodes: readonly string[];
}

/** The indexes of lists. */
export interface ListIndexes {
  /** Of the last change of anything. */
  readonly all: number;
  /** Of the last change of the list of services with their tags. */
  readonly services: number;
  /** Of the last change of an instance or a node, but for checks. */
  readonly catalog: number;
  /** Of the last change of a node, but for its check. */
  readonly nodes: number;
  /** Of the last change of a check. */
  readonly checks: number;
}

/** Sizes of the registry, for metrics. */
export interface ConsulCounts {
  readonly services: number;
  readonly instances: number;
  /** Those of which a check is critical. */
  readonly critical: number;
  readonly nodes: number;
  /** Ports of tasks that are left out: without a name, or over a limit. */
  readonly skipped: number;
}

/** Services are compared without case. */
export function serviceKey(name: string): string {
  return name.toLowerCase();
}

/** Identifies an instance in the whole cluster. */
export function instanceKey({ node, id }: { readonly node: string; readonly id: string }): string {
  return `${node}\n${id}`;
}

/** By node and then by id, as in all lists; by UTF-16 code units. */
export function compareInstances(a: GoneLike, b: GoneLike): number {
  return compareTexts(a.node, b.node) || compareTexts(a.id, b.id);
}

type GoneLike = Pick<GoneInstance, "node" | "id">;

export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

import type { HostPort } from "../../base/host-port.js";

/**
 * What this server needs to know of a Mesos cluster, distilled from a master's state: no JSON trees, only running tasks.
 * Immutable once built. Host names are still names here: `records/` is given what they resolve to.
 */

import type { AgentFacts, StatusFacts, TaskFacts } from "./facts/facts.js";
export interface Agent {
  readonly id: string;
  /** Port 0 where none was given. From the agent's `pid`; where it has none (an agent recovered after a failover), its `hostname` and `port`. */
  readonly endpoint: HostPort;
  readonly hostname: string;
  /** Only while a catalogue is kept. */
  readonly facts?: AgentFacts;
}

export interface DiscoveryPort {
  readonly number: number;
  /** "" where the port has none. */
  readonly name: string;
  /** "" where the port has none: it then stands for both tcp and udp. */
  readonly protocol: string;
}

export interface Discovery {
  /** Never "": a task whose discovery has no name has no `discovery` here. */
  readonly name: string;
  readonly ports: readonly DiscoveryPort[];
}

/** Inclusive. */
export type PortRange = readonly [first: number, last: number];

/** IP addresses (as text, unvalidated) that the latest TASK_RUNNING status reports, by source; absent where it has none. */
export interface ReportedAddresses {
  readonly netinfo?: readonly string[];
  readonly mesos?: readonly string[];
  readonly docker?: readonly string[];
}

/** A task in state TASK_RUNNING. */
export interface Task {
  readonly id: string;
  readonly name: string;
  readonly agentId: string;
  readonly discovery?: Discovery;
  /** `resources.ports`, valid ranges only. */
  readonly ports: readonly PortRange[];
  readonly addresses: ReportedAddresses;
  /** Its latest TASK_RUNNING status says that its health checks fail; absent where they do not, or nobody knows. */
  readonly unhealthy?: true;
  /** Ports of its agent lead to its container, as its container or its discovery says; absent where neither does. */
  readonly mapsPorts?: true;
  /** The same, as its latest TASK_RUNNING status says of the container's networks. */
  readonly networkMapsPorts?: true;
  /** Only while a catalogue is kept, and then both of every task. */
  readonly facts?: TaskFacts;
  readonly statusFacts?: StatusFacts;
}

export interface Framework {
  readonly id: string;
  readonly name: string;
  /** Host and port of the scheduler's `pid`; absent for HTTP schedulers. */
  readonly pid?: HostPort;
  /** "" where the framework has none. */
  readonly hostname: string;
  readonly tasks: readonly Task[];
  /** Tasks in state TASK_KILLING, which have no records; only while a catalogue is kept, and where there are any. */
  readonly killing?: readonly Task[];
}

export interface Cluster {
  /** The leading master, as the state's `leader` names it. */
  readonly leader: HostPort;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly frameworks: readonly Framework[];
  /** Things left out while reading the state because they were malformed. */
  readonly skipped: readonly Skipped[];
}

/** One thing left out of the zone: it costs only itself, is counted by `reason` and logged once by `id`. */
export interface Skipped {
  readonly kind: "task" | "agent" | "framework";
  /** The Mesos id, or where that is what is broken, a description such as `frameworks[3]`. */
  readonly id: string;
  readonly reason: SkipReason;
  readonly detail: string;
}

export const SKIP_REASONS = ["malformed", "unknown_agent", "no_address", "invalid_name"] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

import type { HostPort } from "../../base/host-port.js";

/**
 * What this server needs to know of a Mesos cluster, extracted from a master's state: no JSON trees, only running tasks.
 * Immutable once built. Host names are not resolved here: the views receive the addresses beside the cluster.
 */

import type { AgentFacts, StatusFacts, TaskFacts } from "./facts/facts.js";
export interface Agent {
  readonly id: string;
  /**
   * From the agent's `pid`, or from its `hostname` and `port` if it has none (an agent recovered after a failover). Port 0 if the
   * port is unknown.
   */
  readonly endpoint: HostPort;
  readonly hostname: string;
  /** Present only while a catalogue is kept. */
  readonly facts?: AgentFacts;
}

export interface DiscoveryPort {
  readonly number: number;
  /** "" if the port has no name. */
  readonly name: string;
  /** "" if the port names no protocol: it then means both tcp and udp. */
  readonly protocol: string;
}

export interface Discovery {
  /** Never "": a task whose discovery has no name has no `discovery` here. */
  readonly name: string;
  readonly ports: readonly DiscoveryPort[];
}

/** Both ends belong to the range. */
export type PortRange = readonly [first: number, last: number];

/** IP addresses (as text, unvalidated) in the latest TASK_RUNNING status, by source. A source without addresses is absent. */
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
  /** The latest TASK_RUNNING status says that the task's health checks fail; absent if they pass, or have no result. */
  readonly unhealthy?: true;
  /** Ports of the agent are mapped to the container, according to the task's container or discovery; absent if neither says so. */
  readonly mapsPorts?: true;
  /** The same, according to the container's networks in the latest TASK_RUNNING status. */
  readonly networkMapsPorts?: true;
  /** Present only while a catalogue is kept: then every task has both. */
  readonly facts?: TaskFacts;
  readonly statusFacts?: StatusFacts;
}

export interface Framework {
  readonly id: string;
  readonly name: string;
  /** Host and port of the scheduler's `pid`; absent for HTTP schedulers. */
  readonly pid?: HostPort;
  /** "" if the framework has none. */
  readonly hostname: string;
  readonly tasks: readonly Task[];
  /** Tasks in state TASK_KILLING, which have no records. Present only while a catalogue is kept, and never empty. */
  readonly killing?: readonly Task[];
}

export interface Cluster {
  /** The leading master, as the state's `leader` names it. */
  readonly leader: HostPort;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly frameworks: readonly Framework[];
  /** Tasks, agents and frameworks of the state that were malformed, and are left out. */
  readonly skipped: readonly Skipped[];
}

/** A task, agent or framework that is left out of the zone. Only it is missing; it is counted by `reason` and logged once by `id`. */
export interface Skipped {
  readonly kind: "task" | "agent" | "framework";
  /** The Mesos id, or if the id itself is missing or malformed, a position such as `frameworks[3]`. */
  readonly id: string;
  readonly reason: SkipReason;
  readonly detail: string;
}

export const SKIP_REASONS = ["malformed", "unknown_agent", "no_address", "invalid_name"] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

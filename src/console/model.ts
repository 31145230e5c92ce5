import type { Label } from "../sources/mesos/facts/facts.js";

/** What the console knows of the cluster, in plain values that travel between threads and, as JSON, to browsers. */

export type TaskHealth = "healthy" | "unhealthy" | "unknown";

/** A task that is running or being killed. */
export interface TaskRow {
  readonly id: string;
  readonly name: string;
  /** The name in its discovery, or else its own. */
  readonly service: string;
  readonly framework: string;
  readonly frameworkId: string;
  readonly agentId: string;
  /** The agent's host name; "" if the agent is unknown. */
  readonly agent: string;
  /** Those that its names have, as text. */
  readonly addresses: readonly string[];
  readonly health: TaskHealth;
  readonly killing: boolean;
}

export interface AgentRow {
  readonly id: string;
  readonly hostname: string;
  readonly addresses: readonly string[];
  /** 0 if unknown. */
  readonly port: number;
  /** False while the master has deactivated it. */
  readonly active: boolean;
  readonly attributes: readonly Label[];
}

export interface FrameworkRow {
  readonly id: string;
  readonly name: string;
  readonly hostname: string;
}

/** The tasks of one framework that have the same name. */
export interface ServiceRow {
  readonly framework: string;
  readonly name: string;
  readonly tasks: number;
  readonly healthy: number;
  readonly unhealthy: number;
}

/** A part of a cluster, or of a change of it. Within a change, what is gone comes before what is there. */
export interface ClusterPiece {
  /** Whether a whole cluster begins, which replaces the one before. */
  readonly isFirst: boolean;
  /** Whether this is the last piece. */
  readonly isLast: boolean;
  readonly gone: readonly TaskKey[];
  readonly tasks: readonly TaskRow[];
  readonly goneAgents: readonly string[];
  readonly agents: readonly AgentRow[];
  /** All frameworks; absent if they are as before. */
  readonly frameworks?: readonly FrameworkRow[];
  /** Whether labels, networks and what statuses say are known. */
  readonly hasFacts: boolean;
}

export interface TaskKey {
  readonly frameworkId: string;
  readonly id: string;
}

/** The names of a framework, and of one of its services. */
export interface ServiceKey {
  readonly framework: string;
  readonly name: string;
}

/** A text that identifies a task. The length in front makes it unambiguous. */
export function taskKey({ frameworkId, id }: TaskKey): string {
  return `${frameworkId.length}:${frameworkId}${id}`;
}

/** A DNS record as text: names end with a dot. */
export interface RecordRow {
  readonly name: string;
  readonly type: string;
  readonly data: string;
  /** Seconds. Absent for the records of a task, which have their zone's. */
  readonly ttl?: number;
}

/** What the builder has said of what is asked for; nothing if it is busy. */
export interface Told {
  readonly detail?: TaskDetail | undefined;
  /** With what the names of a service begin. */
  readonly starts?: readonly string[];
}

/** What the builder says of one task beyond its row. */
export interface TaskDetail {
  readonly records: readonly RecordRow[];
  /** Why it has no names, or not all. */
  readonly problem: { readonly reason: string; readonly detail: string } | null;
  readonly ports: readonly PortRow[];
  /** The addresses that its last status reported, by source. */
  readonly reported: Readonly<Record<string, readonly string[]>>;
  /** The next ones are null while no facts are kept. */
  readonly labels: readonly Label[] | null;
  readonly networks: readonly string[] | null;
  readonly container: string | null;
  readonly hasHealthCheck: boolean | null;
}

export interface PortRow {
  readonly number: number;
  readonly name: string;
  readonly protocol: string;
  /** The agent's port that leads to it; null if unknown. */
  readonly hostPort: number | null;
}

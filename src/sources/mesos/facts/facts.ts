/**
 * What the catalogue of services wants to know of tasks and agents beside their records. Kept only while somebody reads it:
 * otherwise a task has none of it.
 */

export interface Label {
  readonly key: string;
  /** "" where it has none. */
  readonly value: string;
}

export interface PortMapping {
  readonly hostPort: number;
  readonly containerPort: number;
  /** As written, in lower case; "" where it has none. */
  readonly protocol: string;
}

export interface Network {
  /** "" for one without a name. */
  readonly name: string;
  /** As text, unvalidated. */
  readonly addresses: readonly string[];
}

/** What a task says of itself: it stays as it is for as long as the task lives. */
export interface TaskFacts {
  readonly labels: readonly Label[];
  /** Those of each of its discovery's ports, in their order; empty where none of them has any. */
  readonly portLabels: readonly (readonly Label[])[];
  readonly hasHealthCheck: boolean;
  /** `DOCKER` or `MESOS`; "" where the task names no container. */
  readonly containerType: string;
  /** As its container maps them. */
  readonly mappings: readonly PortMapping[];
  /** Labels and mappings that were malformed or over a limit, and are left out. */
  readonly dropped: number;
}

/** What its latest TASK_RUNNING status says. */
export interface StatusFacts {
  /** Absent where no check has said anything. */
  readonly healthy?: boolean;
  readonly networks: readonly Network[];
  /** As its networks say. */
  readonly mappings: readonly PortMapping[];
  readonly dropped: number;
}

export interface AgentFacts {
  /** By name, each once. */
  readonly attributes: readonly Label[];
  /** False while the master has deactivated it. */
  readonly active: boolean;
  readonly dropped: number;
}

/*
 * What one task can make this server keep. Its text is at most
 *
 *     65,536 octets of labels + 16 networks * (256 + 16 * 45) octets + 2 * 256 mappings * 10 octets = 86 KiB
 *
 * and all text together is part of one state, of which no more than `stateMaxBytes` is read.
 */
export const LIMITS = {
  /** Labels of a task and of its ports together. */
  labels: 512,
  keyOctets: 512,
  /** Templates of load balancers are a few thousand octets long. */
  valueOctets: 16_384,
  /** Of all labels of a task and its ports. */
  labelOctets: 65_536,
  /** Of its container, and again of its status. */
  mappings: 256,
  networks: 16,
  addressesPerNetwork: 16,
  networkNameOctets: 256,
  /** The longest text of an IPv6 address. */
  addressOctets: 45,
  protocolOctets: 10,
  /** Of an agent: 128 * (512 + 16,384) octets are 2 MiB, and only who runs the agent can choose them. */
  attributes: 128,
} as const;

/** Whether a text has at most so many octets in UTF-8. Most are settled by their length alone. */
export function fits(text: string, octets: number): boolean {
  return text.length * 3 <= octets || (text.length <= octets && Buffer.byteLength(text) <= octets);
}

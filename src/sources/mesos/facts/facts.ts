/**
 * What the catalogue of services needs to know about tasks and agents beyond what their records need. Kept only while the
 * catalogue is in use: otherwise tasks and agents have no facts.
 */

export interface Label {
  readonly key: string;
  /** "" if it has none. */
  readonly value: string;
}

export interface PortMapping {
  readonly hostPort: number;
  readonly containerPort: number;
  /** In lower case; "" if it has none. */
  readonly protocol: string;
}

export interface Network {
  /** "" if it has none. */
  readonly name: string;
  /** As text, unvalidated. */
  readonly addresses: readonly string[];
}

/** Facts from a task's own definition. They do not change during its life. */
export interface TaskFacts {
  readonly labels: readonly Label[];
  /** The labels of each port of the task's discovery, in the order of the ports; empty if no port has labels. */
  readonly portLabels: readonly (readonly Label[])[];
  readonly hasHealthCheck: boolean;
  /** `DOCKER` or `MESOS`; "" if the task names no container. */
  readonly containerType: string;
  /** From the task's container. */
  readonly mappings: readonly PortMapping[];
  /** The task's container names networks; absent if it does not. */
  readonly hasNetworks?: true;
  /** The number of labels and mappings left out because they were malformed or over a limit. */
  readonly dropped: number;
}

/** Facts from a task's latest TASK_RUNNING status. */
export interface StatusFacts extends Reported {
  /** From the latest status of any state, if it is another one: that of a task which is being killed. */
  readonly latest?: Reported;
}

/** What one status reports. */
export interface Reported {
  /** Absent if no health check has a result. */
  readonly healthy?: boolean;
  readonly networks: readonly Network[];
  /** From the status's networks. */
  readonly mappings: readonly PortMapping[];
  readonly dropped: number;
}

export interface AgentFacts {
  /** Sorted by name, each name once. */
  readonly attributes: readonly Label[];
  /** False while the master has deactivated it. */
  readonly active: boolean;
  readonly dropped: number;
}

/*
 * Limits of what this server keeps for one task. Its text is at most
 *
 *     65,536 bytes of labels + 16 networks * (256 + 16 * 45) bytes + 2 * 256 mappings * 10 bytes = 86 KiB
 *
 * and the text of all tasks comes from one state, of which at most `stateMaxBytes` are read.
 */
export const LIMITS = {
  /** Labels of a task and of its ports together. */
  labels: 512,
  keyBytes: 512,
  /** Load balancers' templates, which are kept in labels, are a few thousand bytes long. */
  valueBytes: 16_384,
  /** All labels of a task and its ports together. */
  labelBytes: 65_536,
  /** For the container, and again for the status. */
  mappings: 256,
  networks: 16,
  addressesPerNetwork: 16,
  networkNameBytes: 256,
  /** The longest textual form of an IPv6 address. */
  addressBytes: 45,
  protocolBytes: 10,
  /** For an agent: 128 * (512 + 16,384) bytes are 2 MiB. Only the agent's operator can set them. */
  attributes: 128,
} as const;

/** Whether a text has at most `bytes` bytes in UTF-8. For most texts the length alone tells. */
export function fits(text: string, bytes: number): boolean {
  return text.length * 3 <= bytes || (text.length <= bytes && Buffer.byteLength(text) <= bytes);
}

import type { ErrorCode } from "../../../base/errors.js";

/** How the cluster is followed, in values that another thread can be sent. Times are milliseconds since the epoch. */
export interface LiveReport {
  readonly stream: StreamReport;
  /** By kind: what a state said otherwise than the stream before it. */
  readonly differences: Readonly<Record<DifferenceKind, number>>;
  /** What is served although the master has not heard of it since it began to lead. */
  readonly held: {
    readonly agents: number;
    readonly frameworks: number;
    readonly tasks: number;
    readonly until: number | undefined;
  };
  /** A state that would remove too much. */
  readonly heldState: HeldStateReport | undefined;
  /** Times a state was held. */
  readonly heldStates: number;
}

export const DIFFERENCE_KINDS = ["task", "agent", "framework"] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

export interface StreamReport {
  /** `unsupported`: the leader has none, and is polled. */
  readonly status: "off" | "connected" | "disconnected" | "unsupported";
  /** `host:port` of the master whose stream is read. */
  readonly master: string | undefined;
  /** Streams begun. */
  readonly subscriptions: number;
  /** By type, `OTHER` for those without a meaning here. */
  readonly events: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;
  /** Why there is no stream now. */
  readonly failure: { readonly code: ErrorCode; readonly message: string } | undefined;
}

export interface HeldStateReport {
  readonly since: number;
  readonly leader: string;
  readonly records: number;
  readonly remaining: number;
}

export const NOTHING_FOLLOWED: LiveReport = {
  stream: {
    status: "off",
    master: undefined,
    subscriptions: 0,
    events: {},
    failures: {},
    failure: undefined,
  },
  differences: { task: 0, agent: 0, framework: 0 },
  held: { agents: 0, frameworks: 0, tasks: 0, until: undefined },
  heldState: undefined,
  heldStates: 0,
};

import type { ErrorCode } from "../../../base/errors.js";

/** How the cluster is being followed, in plain values that can be sent to another thread. Times are milliseconds since the epoch. */
export interface LiveReport {
  readonly stream: StreamReport;
  /** By kind: how many objects differed between a state and what the stream had reported before it. */
  readonly differences: Readonly<Record<DifferenceKind, number>>;
  /** What is served although the leader has not heard of it since it began to lead. */
  readonly held: {
    readonly agents: number;
    readonly frameworks: number;
    readonly tasks: number;
    readonly until: number | undefined;
  };
  /** A state that is held because it would remove too much. */
  readonly heldState: HeldStateReport | undefined;
  /** How many times a state was held. */
  readonly heldStates: number;
  /** When the login at masters expires; `undefined` without a login, and if it does not say. */
  readonly loginExpiresAt: number | undefined;
}

export const DIFFERENCE_KINDS = ["task", "agent", "framework"] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

export interface StreamReport {
  /** `unsupported`: the leader has no stream, and is polled. */
  readonly status: "off" | "connected" | "disconnected" | "unsupported";
  /** `host:port` of the master whose stream is read. */
  readonly master: string | undefined;
  /** How many streams have begun. */
  readonly subscriptions: number;
  /** Counts by type; `OTHER` for types that this server ignores. */
  readonly events: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;
  /** Why there is no stream now; `undefined` while there is one. */
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
  loginExpiresAt: undefined,
};

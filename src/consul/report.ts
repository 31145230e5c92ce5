import type { Sizes } from "./kv/model.js";
import type { ConsulCounts } from "./registry/model.js";

/** The kinds of endpoints that requests are counted by. */
export const ENDPOINT_KINDS = [
  "catalog",
  "health",
  "kv",
  "session",
  "txn",
  "event",
  "agent",
  "status",
  "other",
] as const;
export type EndpointKind = (typeof ENDPOINT_KINDS)[number];

/** What there is to see of keys. */
export interface KvReport extends Sizes {
  /** False while what is written cannot be kept: since a write failed, or while the ensemble is away. */
  readonly isWritable: boolean;
}

/** What there is to see of Consul's API, for metrics. */
export interface ConsulReport {
  /** Whether its server listens. */
  readonly isOpen: boolean;
  /** `undefined` before the first state. */
  readonly counts: ConsulCounts | undefined;
  /** `undefined` before keys have been opened, and if they cannot be. */
  readonly keys: KvReport | undefined;
  /** Requests that wait for a change. */
  readonly waiting: number;
  /** Requests that have been answered, by kind and status. */
  readonly requests: Iterable<readonly [kind: EndpointKind, status: number, count: number]>;
  /** Writes that were refused because of who asked. */
  readonly refusedWrites: number;
  /** Requests that could not wait, as too many do. */
  readonly refusedWaits: number;
}

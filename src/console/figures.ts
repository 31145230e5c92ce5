import type { UpstreamHealth } from "../forward/report.js";
import type { Change } from "./changes.js";

/** Figures of one moment, and of the second before it. Times are milliseconds since the epoch. */
export interface Figures {
  readonly at: number;
  readonly cluster: ClusterFigures;
  /** Queries a second, by whose name was asked for. */
  readonly queries: Readonly<Record<"local" | "forward" | "none", number>>;
  /** The same by type and by rcode: those above 0. */
  readonly types: Readonly<Record<string, number>>;
  readonly rcodes: Readonly<Record<string, number>>;
  /** Messages a second without an answer. */
  readonly dropped: number;
  /** Of the queries of the last ten seconds; null if there were none. */
  readonly latency: { readonly local: Latency | null; readonly forward: Latency | null };
  readonly forwarding: ForwardingFigures | null;
  /** Tasks, agents and the rest that have changed in the last minute. */
  readonly changes: number;
}

/** Seconds within which half of the answers, and 99 of 100, are given. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

export interface ForwardingFigures {
  /** Of the queries of the last minute that the cache could answer, the share that it did; null if there were none. */
  readonly hitRate: number | null;
  readonly entries: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly waiting: number;
  readonly upstreams: readonly {
    readonly resolver: string;
    readonly health: UpstreamHealth;
    readonly roundTripSeconds: number | null;
    readonly inFlight: number;
    readonly lastFailure: string;
  }[];
}

export interface ClusterFigures {
  /** Why the server is not ready, and what else there is to say, as sentences. */
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
  /** The next ones are null before the first state. */
  readonly tasks: number | null;
  readonly names: number | null;
  readonly records: number | null;
  readonly agents: number | null;
  readonly frameworks: number | null;
  readonly leader: string | null;
  readonly serial: number | null;
  readonly fetchedAt: number | null;
  readonly leftOut: number | null;
  readonly hidden: number | null;
  readonly failedOpen: readonly string[];
  readonly stale: boolean;
  readonly stream: "off" | "connected" | "disconnected" | "unsupported";
  /** Why there is no stream; null if there is one, or none is wanted. */
  readonly streamFailure: string | null;
  /** Null where ZooKeeper is not followed. */
  readonly zookeeper: boolean | null;
  readonly held: {
    readonly agents: number;
    readonly frameworks: number;
    readonly tasks: number;
    readonly until: number | null;
  };
  /** A state that is held because it would remove too much; null if none is. */
  readonly heldState: { readonly since: number; readonly records: number; readonly remaining: number } | null;
  readonly dns: "off" | "starting" | "listening" | "failed";
  readonly startedAt: number;
}

/** A change with its place among the others of this process. */
export interface NumberedChange extends Change {
  readonly id: number;
  /** ISO 8601. */
  readonly at: string;
}

/** What charts are made of: a value a second, the oldest first. */
export interface History {
  /** When the last one was taken. */
  readonly at: number;
  readonly local: readonly number[];
  readonly forward: readonly number[];
  readonly other: readonly number[];
  /** Seconds; null where nothing was asked. */
  readonly latency: readonly (number | null)[];
  readonly hitRate: readonly (number | null)[];
}

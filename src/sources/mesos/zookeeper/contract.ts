import type { HostPort } from "../../../base/host-port.js";

/** One connection to one server, with its own session. It cannot be used again after it has ended. */
export interface ZooKeeperConnection {
  /** Resolves when the session is established. */
  open(): Promise<void>;
  /** The names of a node's children. Calls `onEvent` once when they change. */
  children(path: string): Promise<readonly string[]>;
  /** The data of a node. */
  data(path: string): Promise<Uint8Array>;
  /** Ends the session and the connection. Calls in progress fail. */
  close(): void;
}

/** What a transaction does with one node. */
export type ZooKeeperStep =
  | { readonly kind: "create"; readonly path: string; readonly data: Buffer }
  | { readonly kind: "set"; readonly path: string; readonly data: Buffer }
  | { readonly kind: "remove"; readonly path: string };

/** A node with a watch on it. */
export interface WatchedNode {
  readonly data: Buffer;
  /** How often its data have been set since it was created. */
  readonly version: number;
}

/** A node whose version a transaction depends on. */
export interface Guard {
  readonly path: string;
  /** Above 0. */
  readonly version: number;
  /** What to set; `undefined` to look at the version alone. */
  readonly data: Buffer | undefined;
}

/** `done`: all of it. Otherwise nothing; `outdated`: the guard had another version; `mismatch`: a node was there, or was not. */
export type CommitOutcome = "done" | "outdated" | "mismatch";

/**
 * One connection to one server that writes as well. It cannot be used again after it has ended. Nodes that it makes are for everybody or,
 * with credentials, for their user alone. If a promise of a write rejects with `ended`, it may have been done or not, or be done later.
 */
export interface WritableConnection {
  open(): Promise<void>;
  /** The names of a node's children, in any order. */
  names(path: string): Promise<readonly string[]>;
  data(path: string): Promise<Uint8Array>;
  /** A node's data. Calls `onEvent` once when they are set or the node is removed. `undefined` if there is none. */
  watched(path: string): Promise<WatchedNode | undefined>;
  /** Makes a node, unless it is there. After that, this server has seen all that had been written before anywhere. */
  ensure(path: string): Promise<void>;
  /** Sets a node's data, whatever they are. `false` if there is no such node. */
  set(path: string, data: Buffer): Promise<boolean>;
  /** How often a node's data have been set. `undefined` if there is none. */
  version(path: string): Promise<number | undefined>;
  /** Does all steps, or none of them. */
  commit(guard: Guard | undefined, steps: readonly ZooKeeperStep[]): Promise<CommitOutcome>;
  /** Ends the session and the connection. Calls in progress fail. */
  close(): void;
}

export interface ConnectOptions {
  readonly server: HostPort;
  /** `user:password`, for digest authentication. */
  readonly credentials: string | undefined;
  /** Called when what is watched has changed or the connection has ended. In the latter case the next call rejects with the reason. */
  readonly onEvent: () => void;
}

/** Begins to connect. Every promise of the connection that rejects does so with a ZooKeeperError. */
export type Connect = (options: ConnectOptions) => ZooKeeperConnection;

/** The same for a connection that writes. */
export type ConnectWriting = (options: ConnectOptions) => WritableConnection;

/** After `no-node` and `no-auth` the connection can still be used; `ended` means that it has ended. */
export class ZooKeeperError extends Error {
  readonly kind: "no-node" | "no-auth" | "ended";

  constructor(kind: ZooKeeperError["kind"], message: string) {
    super(message);
    this.name = "ZooKeeperError";
    this.kind = kind;
  }
}

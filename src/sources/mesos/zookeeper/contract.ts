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

export interface ConnectOptions {
  readonly server: HostPort;
  /** `user:password`, for digest authentication. */
  readonly credentials: string | undefined;
  /** Called when children have changed or the connection has ended. In the latter case the next call rejects with the reason. */
  readonly onEvent: () => void;
}

/** Begins to connect. Every promise of the connection that rejects does so with a ZooKeeperError. */
export type Connect = (options: ConnectOptions) => ZooKeeperConnection;

/** After `no-node` and `no-auth` the connection can still be used; `ended` means that it has ended. */
export class ZooKeeperError extends Error {
  readonly kind: "no-node" | "no-auth" | "ended";

  constructor(kind: ZooKeeperError["kind"], message: string) {
    super(message);
    this.name = "ZooKeeperError";
    this.kind = kind;
  }
}

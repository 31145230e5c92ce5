/** Types for the used part of node-zookeeper-client 1.1.3, which has none of its own. */
declare module "node-zookeeper-client" {
  export interface ZooKeeperException extends Error {
    getCode(): number;
  }

  export interface Client {
    /** Not documented by the package. connection.ts says why it is needed. */
    readonly connectionManager: ConnectionManager;
    connect(): void;
    /** Asks the server to end the session. */
    close(): void;
    once(event: "connected" | "expired" | "authenticationFailed", listener: () => void): this;
    addAuthInfo(scheme: "digest", auth: Buffer): void;
    getChildren(path: string, callback: (error: ZooKeeperException | null, children: string[]) => void): void;
    getChildren(
      path: string,
      watcher: () => void,
      callback: (error: ZooKeeperException | null, children: string[]) => void,
    ): void;
    getData(path: string, callback: (error: ZooKeeperException | null, data: Buffer | undefined) => void): void;
    getData(
      path: string,
      watcher: () => void,
      callback: (error: ZooKeeperException | null, data: Buffer | undefined, stat: Stat) => void,
    ): void;
    exists(path: string, callback: (error: ZooKeeperException | null, stat: Stat | null) => void): void;
    create(
      path: string,
      data: Buffer,
      acls: readonly Acl[],
      mode: number,
      callback: (error: ZooKeeperException | null, path: string) => void,
    ): void;
    setData(path: string, data: Buffer, callback: (error: ZooKeeperException | null) => void): void;
    transaction(): Transaction;
  }

  export interface Stat {
    readonly version: number;
  }

  /** Who may do what with a node. */
  export interface Acl {
    readonly permission: number;
  }

  export interface Transaction {
    create(path: string, data: Buffer, acls: readonly Acl[], mode: number): this;
    /** @param version 0 is taken for "any" */
    setData(path: string, data: Buffer, version?: number): this;
    /** @param version 0 is taken for "any" */
    check(path: string, version: number): this;
    remove(path: string): this;
    commit(callback: (error: ZooKeeperException | null) => void): void;
  }

  export interface ConnectionManager {
    /** `undefined` before connecting. */
    readonly socket: import("node:net").Socket | undefined;
    readonly pendingBuffer: Buffer | null;
    readonly connectTimeoutHandler: NodeJS.Timeout | undefined;
    findNextServer: (use: (server: { readonly host: string; readonly port: number }) => void) => void;
    onSocketData: (chunk: Buffer) => void;
    onSocketError: (error: Error) => void;
    onSocketClosed: () => void;
  }

  export function createClient(servers: string, options: { readonly sessionTimeout: number }): Client;

  export const Exception: {
    readonly NO_NODE: number;
    readonly NO_AUTH: number;
    readonly NODE_EXISTS: number;
    readonly BAD_VERSION: number;
  };

  export const ACL: { readonly OPEN_ACL_UNSAFE: readonly Acl[]; readonly CREATOR_ALL_ACL: readonly Acl[] };

  export interface CreateModes {
    readonly PERSISTENT: number;
  }

  export const CreateMode: CreateModes;
}

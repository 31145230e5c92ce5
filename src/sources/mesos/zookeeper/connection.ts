import {
  ACL,
  type Acl,
  type Client,
  CreateMode,
  createClient,
  Exception,
  type ZooKeeperException,
} from "node-zookeeper-client";
import { messageOf } from "../../../base/errors.js";
import { formatHostPort, type HostPort } from "../../../base/host-port.js";
import { networkReason } from "../../http/reasons.js";
import {
  type CommitOutcome,
  type Connect,
  type ConnectOptions,
  type ConnectWriting,
  type Guard,
  type WatchedNode,
  type WritableConnection,
  type ZooKeeperConnection,
  ZooKeeperError,
  type ZooKeeperStep,
} from "./contract.js";

/**
 * The server ends the session of a client that has been silent for this long. It is long because this thread may be busy building.
 * The server may set a shorter time.
 */
const SESSION_TIMEOUT_MS = 30_000;
/** The largest answer in octets: four times the data that servers accept for a node by default (jute.maxbuffer). */
const MAX_ANSWER = 4 * 1024 * 1024;

export const connectZooKeeper: Connect = (options) => new LibraryConnection(options);
export const connectWriting: ConnectWriting = (options) => new LibraryConnection(options);
/** One that does both. */
export function connectFully(options: ConnectOptions): ZooKeeperConnection & WritableConnection {
  return new LibraryConnection(options);
}

/**
 * A client of node-zookeeper-client, with workarounds for its faults. By itself, the library continues half a message after it
 * has reconnected, keeps a silent connection for ever, accepts an answer of any size, throws from its socket's listener at an
 * answer that it cannot parse, and accepts no IPv6 address. This class replaces the parts of its connection manager that find
 * servers and handle the socket's end, and watches the one that reads.
 */
class LibraryConnection implements ZooKeeperConnection, WritableConnection {
  readonly #client: Client;
  readonly #acl: readonly Acl[];
  readonly #onEvent: () => void;
  readonly #waiting = new Set<(error: ZooKeeperError) => void>();
  #end: ZooKeeperError | undefined;
  #connected = false;
  #lastError: Error | undefined;

  constructor({ server, credentials, onEvent }: ConnectOptions) {
    this.#onEvent = onEvent;
    this.#acl = credentials === undefined ? ACL.OPEN_ACL_UNSAFE : ACL.CREATOR_ALL_ACL;
    this.#client = createClient(formatHostPort(server), { sessionTimeout: SESSION_TIMEOUT_MS });
    this.#fence(server);
    this.#client.once("expired", () => this.#lose("it refused a session"));
    this.#client.once("authenticationFailed", () => this.#lose("it does not accept the user and password"));
    if (credentials !== undefined) this.#client.addAuthInfo("digest", Buffer.from(credentials));
  }

  open(): Promise<void> {
    return this.#call((done) => {
      this.#client.once("connected", () => {
        this.#connected = true;
        done();
      });
      this.#client.connect();
    });
  }

  children(path: string): Promise<readonly string[]> {
    return this.#call((done, failed) => {
      this.#client.getChildren(path, this.#onEvent, (error, names) => (error ? failed(error) : done(names)));
    });
  }

  data(path: string): Promise<Uint8Array> {
    return this.#call((done, failed) => {
      this.#client.getData(path, (error, data) => (error ? failed(error) : done(data ?? new Uint8Array())));
    });
  }

  names(path: string): Promise<readonly string[]> {
    return this.#call((done, failed) => {
      this.#client.getChildren(path, (error, names) => (error ? failed(error) : done(names)));
    });
  }

  watched(path: string): Promise<WatchedNode | undefined> {
    return this.#call((done, failed) => {
      this.#client.getData(path, this.#onEvent, (error, data, stat) => {
        if (!error) done({ data: data ?? Buffer.alloc(0), version: stat.version });
        else if (isOf(error, Exception.NO_NODE)) done(undefined);
        else failed(error);
      });
    });
  }

  ensure(path: string): Promise<void> {
    return this.#call((done, failed) => {
      this.#client.create(path, Buffer.alloc(0), this.#acl, CreateMode.PERSISTENT, (error) => {
        if (error && !isOf(error, Exception.NODE_EXISTS)) failed(error);
        else done();
      });
    });
  }

  set(path: string, data: Buffer): Promise<boolean> {
    return this.#call((done, failed) => {
      this.#client.setData(path, data, (error) => {
        if (error && !isOf(error, Exception.NO_NODE)) failed(error);
        else done(!error);
      });
    });
  }

  version(path: string): Promise<number | undefined> {
    return this.#call((done, failed) => {
      this.#client.exists(path, (error, stat) => (error ? failed(error) : done(stat?.version)));
    });
  }

  commit(guard: Guard | undefined, steps: readonly ZooKeeperStep[]): Promise<CommitOutcome> {
    return this.#call((done, failed) => {
      const transaction = this.#client.transaction();
      if (guard?.data) transaction.setData(guard.path, guard.data, guard.version);
      else if (guard) transaction.check(guard.path, guard.version);
      for (const step of steps) {
        if (step.kind === "create") transaction.create(step.path, step.data, this.#acl, CreateMode.PERSISTENT);
        else if (step.kind === "set") transaction.setData(step.path, step.data);
        else transaction.remove(step.path);
      }
      transaction.commit((error) => {
        if (!error) done("done");
        else if (isOf(error, Exception.BAD_VERSION)) done("outdated");
        else if (isOf(error, Exception.NO_NODE) || isOf(error, Exception.NODE_EXISTS)) done("mismatch");
        else failed(error);
      });
    });
  }

  close(): void {
    this.#lose("it was closed");
  }

  #fence(server: HostPort): void {
    const manager = this.#client.connectionManager;
    const read = manager.onSocketData;
    manager.findNextServer = (use) => use(server);
    manager.onSocketData = (chunk) => {
      if (this.#end) return;
      if ((manager.pendingBuffer?.length ?? 0) + chunk.length > MAX_ANSWER) {
        this.#lose(`its answer has more than ${MAX_ANSWER} octets`);
        return;
      }
      try {
        read.call(manager, chunk);
      } catch (error) {
        this.#lose(`its answer cannot be understood (${messageOf(error)})`);
      }
    };
    manager.onSocketError = (error) => {
      this.#lastError = error;
    };
    manager.onSocketClosed = () => {
      const how = this.#connected ? "it closed the connection" : "it closed the connection before there was a session";
      this.#lose(this.#lastError ? networkReason(this.#lastError) : how);
    };
  }

  /** Settles with the library's callback, or rejects when the connection ends. */
  #call<T>(start: (done: (value: T) => void, failed: (error: ZooKeeperException) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#end) {
        reject(this.#end);
        return;
      }
      const settle = (how: () => void) => {
        this.#waiting.delete(reject);
        how();
      };
      this.#waiting.add(reject);
      start(
        (value) => settle(() => resolve(value)),
        (error) => settle(() => reject(refusal(error))),
      );
    });
  }

  #lose(reason: string): void {
    if (this.#end) return;
    this.#end = new ZooKeeperError("ended", reason);
    const { socket, connectTimeoutHandler } = this.#client.connectionManager;
    clearTimeout(connectTimeoutHandler);
    // End the session, so that the server does not keep it until it expires. Do not wait for the answer.
    if (this.#connected && socket?.writable) {
      this.#client.close();
      socket.destroySoon();
    } else {
      socket?.destroy();
    }
    for (const reject of this.#waiting) reject(this.#end);
    this.#waiting.clear();
    this.#onEvent();
  }
}

function isOf(error: ZooKeeperException, code: number): boolean {
  return error.getCode() === code;
}

function refusal(error: ZooKeeperException): ZooKeeperError {
  const code = error.getCode();
  if (code === Exception.NO_NODE) return new ZooKeeperError("no-node", error.message);
  if (code === Exception.NO_AUTH) return new ZooKeeperError("no-auth", error.message);
  return new ZooKeeperError("ended", `it answered ${error.message}`);
}

import { type Connect, type ConnectOptions, type ZooKeeperConnection, ZooKeeperError } from "./contract.js";

/** A connection that is loaded when it is opened. Clusters without ZooKeeper need not load its client at every start. */
export function connectLazily(load: () => Promise<Connect>): Connect {
  return (options) => new LazyConnection(load, options);
}

/** The same for a real ensemble. */
export const connectWhenOpened = connectLazily(async () => (await import("./connection.js")).connectZooKeeper);

class LazyConnection implements ZooKeeperConnection {
  readonly #load: () => Promise<Connect>;
  readonly #options: ConnectOptions;
  #connection: ZooKeeperConnection | undefined;
  #isClosed = false;

  constructor(load: () => Promise<Connect>, options: ConnectOptions) {
    this.#load = load;
    this.#options = options;
  }

  async open(): Promise<void> {
    const connect = await this.#load();
    if (this.#isClosed) throw new ZooKeeperError("ended", "it was closed");
    this.#connection = connect(this.#options);
    await this.#connection.open();
  }

  children(path: string): Promise<readonly string[]> {
    return this.#opened.children(path);
  }

  data(path: string): Promise<Uint8Array> {
    return this.#opened.data(path);
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.close();
  }

  get #opened(): ZooKeeperConnection {
    if (!this.#connection) throw new ZooKeeperError("ended", "it is not open");
    return this.#connection;
  }
}

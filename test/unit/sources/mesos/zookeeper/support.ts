import { formatHostPort } from "../../../../../src/base/host-port.js";
import {
  type Connect,
  type ConnectOptions,
  type ZooKeeperConnection,
  ZooKeeperError,
} from "../../../../../src/sources/mesos/zookeeper/contract.js";

/** How a server treats its clients. A silent one accepts everything and answers nothing. */
export type Mood = "well" | "down" | "silent" | "no-node" | "no-auth";

/** An ensemble with content that the test sets: names below `/mesos`, and their data. */
export class ScriptedEnsemble {
  /** The connections and reads, in order. */
  readonly log: string[] = [];
  readonly nodes = new Map<string, string>();
  readonly moods = new Map<string, Mood>();
  readonly credentials = new Set<string | undefined>();
  readonly #open = new Set<ScriptedConnection>();

  readonly connect: Connect = (options) => {
    const address = formatHostPort(options.server);
    this.log.push(address);
    this.credentials.add(options.credentials);
    const connection = new ScriptedConnection(this, address, options, () => this.#open.delete(connection));
    this.#open.add(connection);
    return connection;
  };

  /** Connections that have not been closed. */
  get open(): number {
    return this.#open.size;
  }

  /** Registers masters at these addresses, with these sequence numbers, and fires the watches. */
  elect(masters: Readonly<Record<number, string>>): void {
    this.nodes.clear();
    for (const [sequence, address] of Object.entries(masters)) {
      const [ip, port] = address.split(":");
      const data = JSON.stringify({ address: { ip, port: Number(port) } });
      this.nodes.set(`json.info_${sequence.padStart(10, "0")}`, data);
    }
    this.changed();
  }

  changed(): void {
    for (const connection of this.#open) connection.changed();
  }

  /** Answers the requests that came while servers were silent. */
  answer(): void {
    for (const connection of this.#open) connection.answer();
  }

  /** Ends all current connections. */
  drop(reason: string): void {
    for (const connection of [...this.#open]) connection.end(reason);
  }
}

class ScriptedConnection implements ZooKeeperConnection {
  readonly #ensemble: ScriptedEnsemble;
  readonly #address: string;
  readonly #options: ConnectOptions;
  readonly #closed: () => void;
  readonly #waiting = new Set<(error: ZooKeeperError) => void>();
  readonly #unanswered = new Set<() => void>();
  #end: ZooKeeperError | undefined;
  #isWatching = false;

  constructor(ensemble: ScriptedEnsemble, address: string, options: ConnectOptions, closed: () => void) {
    this.#ensemble = ensemble;
    this.#address = address;
    this.#options = options;
    this.#closed = closed;
  }

  open(): Promise<void> {
    return this.#answer((mood) => {
      if (mood === "down") throw new ZooKeeperError("ended", "the connection was refused");
    });
  }

  children(path: string): Promise<readonly string[]> {
    this.#ensemble.log.push(path);
    return this.#answer((mood) => {
      if (mood === "no-node" || mood === "no-auth") throw new ZooKeeperError(mood, mood);
      this.#isWatching = true;
      return [...this.#ensemble.nodes.keys()];
    });
  }

  data(path: string): Promise<Uint8Array> {
    this.#ensemble.log.push(path);
    return this.#answer(() => {
      const data = this.#ensemble.nodes.get(path.split("/").at(-1) ?? "");
      if (data === undefined) throw new ZooKeeperError("no-node", "gone");
      return Buffer.from(data);
    });
  }

  close(): void {
    this.end("it was closed");
    this.#closed();
  }

  changed(): void {
    if (this.#isWatching) this.#options.onEvent();
    this.#isWatching = false;
  }

  answer(): void {
    for (const answer of this.#unanswered) answer();
    this.#unanswered.clear();
  }

  end(reason: string): void {
    if (this.#end) return;
    this.#end = new ZooKeeperError("ended", reason);
    for (const reject of this.#waiting) reject(this.#end);
    this.#options.onEvent();
  }

  #answer<T>(how: (mood: Mood) => T): Promise<T> {
    if (this.#end) return Promise.reject(this.#end);
    const mood = this.#ensemble.moods.get(this.#address) ?? "well";
    if (mood === "silent") {
      return new Promise((resolve, reject) => {
        this.#waiting.add(reject);
        this.#unanswered.add(() => resolve(how("well")));
      });
    }
    return new Promise((resolve) => resolve(how(mood)));
  }
}

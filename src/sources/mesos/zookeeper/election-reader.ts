import type { Timers } from "../../../base/timers.js";
import { type ZooKeeperConnection, ZooKeeperError } from "./contract.js";
import { type Election, type MasterNode, masterNodes, readElection } from "./election.js";

/** After this time, read the data of the nodes again even if the nodes are the same. */
const REREAD_MS = 30_000;

/** Reads the election through one connection: the list of nodes every time, their data only when the list has changed. */
export class ElectionReader {
  readonly #connection: ZooKeeperConnection;
  readonly #path: string;
  readonly #timers: Timers;
  #last: { readonly names: string; readonly election: Election; readonly at: number } | undefined;

  constructor(connection: ZooKeeperConnection, path: string, timers: Timers) {
    this.#connection = connection;
    this.#path = path;
    this.#timers = timers;
  }

  /** Rejects with a ZooKeeperError. */
  async read(): Promise<Election> {
    const nodes = masterNodes(await this.#connection.children(this.#path));
    const names = nodes.join("/");
    const at = this.#timers.now();
    if (this.#last?.names === names && at - this.#last.at < REREAD_MS) return this.#last.election;
    const read = await Promise.all(nodes.map((name) => this.#node(name)));
    const election = readElection(read.filter((node) => node !== undefined));
    this.#last = { names, election, at };
    return election;
  }

  /** `undefined` if the node has been deleted meanwhile: the watch reports that too. */
  async #node(name: string): Promise<MasterNode | undefined> {
    try {
      return { name, data: await this.#connection.data(`${this.#path}/${name}`) };
    } catch (error) {
      if (error instanceof ZooKeeperError && error.kind === "no-node") return undefined;
      throw error;
    }
  }
}

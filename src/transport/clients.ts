import { LRUCache } from "lru-cache";
import { NetworkList } from "../dns/access.js";
import type { Client } from "../dns/client.js";
import { parseAddress } from "../records/addresses.js";

/** Addresses remembered: more than the nodes of any cluster, few enough not to matter to a spoofed flood. */
const MAX_CLIENTS = 20_000;

export interface AccessPolicy {
  readonly allowQuery: readonly string[];
  readonly allowRecursion: readonly string[];
}

/** What clients may, by the text of their address; worked out once for each. */
export class ClientTable {
  readonly #known = new LRUCache<string, Client>({ max: MAX_CLIENTS });
  #query: NetworkList;
  #recursion: NetworkList;

  constructor({ allowQuery, allowRecursion }: AccessPolicy) {
    this.#query = new NetworkList(allowQuery);
    this.#recursion = new NetworkList(allowRecursion);
  }

  configure({ allowQuery, allowRecursion }: AccessPolicy): void {
    this.#query = new NetworkList(allowQuery);
    this.#recursion = new NetworkList(allowRecursion);
    this.#known.clear();
  }

  /** @param address as the kernel or Node.js writes it; a zone index is of no account */
  of(address: string): Client {
    const known = this.#known.get(address);
    if (known) return known;
    const octets = parseAddress(address.split("%", 1)[0])?.octets ?? new Uint8Array(4);
    const client = {
      octets,
      mayQuery: this.#query.includes(octets),
      mayRecurse: this.#recursion.includes(octets),
    };
    this.#known.set(address, client);
    return client;
  }
}

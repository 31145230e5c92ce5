import ipaddr from "ipaddr.js";
import { LRUCache } from "lru-cache";
import { NetworkList } from "../dns/access.js";
import type { Client } from "../dns/client.js";
import { octetsOf, parseAddress } from "../records/addresses.js";

/** Addresses remembered: more than the nodes of any cluster, few enough not to matter to a spoofed flood. */
const MAX_CLIENTS = 20_000;

const PRIME = 0x01000193;

interface KnownClient {
  readonly client: Client;
  readonly words: Uint32Array;
  /** Another one with the same hash. */
  readonly next: KnownClient | undefined;
}

export interface AccessPolicy {
  readonly allowQuery: readonly string[];
  readonly allowRecursion: readonly string[];
}

/** What clients may, by the text of their address; worked out once for each. */
export class ClientTable {
  readonly #known = new LRUCache<string, Client>({ max: MAX_CLIENTS });
  /** The same by address as the kernel writes it: a word of IPv4, or a hash of the four of IPv6. */
  readonly #byWord = new Map<number, KnownClient>();
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
    this.#byWord.clear();
  }

  /**
   * The client whose address stands at `words[at]` in network order, without allocation for one that is known.
   *
   * @param count words of the address: 1 or 4
   */
  at(words: Uint32Array, at: number, count: number): Client {
    let key = words[at] | 0;
    for (let i = 1; i < count; i++) key = (Math.imul(key, PRIME) + words[at + i]) | 0;
    for (let known = this.#byWord.get(key); known; known = known.next) {
      if (isAt(known, words, at, count)) return known.client;
    }
    return this.#learn(key, words.slice(at, at + count));
  }

  /** The client with an address of 4 or 16 octets. */
  withAddress(octets: Uint8Array): Client {
    return this.of(ipaddr.fromByteArray([...octets]).toString());
  }

  #learn(key: number, words: Uint32Array): Client {
    // What is wanted often is soon known again.
    if (this.#byWord.size >= MAX_CLIENTS) this.#byWord.clear();
    const client = this.withAddress(new Uint8Array(words.buffer));
    this.#byWord.set(key, { client, words, next: this.#byWord.get(key) });
    return client;
  }

  /** @param address as the kernel or Node.js writes it; a zone index is of no account */
  of(address: string): Client {
    const known = this.#known.get(address);
    if (known) return known;
    const parsed = parseAddress(address.split("%", 1)[0]);
    const octets = parsed ? octetsOf(parsed) : new Uint8Array(4);
    const client = {
      octets,
      mayQuery: this.#query.includes(octets),
      mayRecurse: this.#recursion.includes(octets),
    };
    this.#known.set(address, client);
    return client;
  }
}

function isAt(known: KnownClient, words: Uint32Array, at: number, count: number): boolean {
  if (known.words.length !== count) return false;
  for (let i = 0; i < count; i++) if (known.words[i] !== words[at + i]) return false;
  return true;
}

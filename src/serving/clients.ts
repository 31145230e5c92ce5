import { LRUCache } from "lru-cache";
import type { Client } from "../answer/request.js";
import { octetsOf, parseAddress } from "../base/addresses.js";
import { NetworkList } from "../base/network-list.js";

/**
 * Clients are cached in sets of a few each. A lookup takes the same small number of steps whatever addresses came before. A new
 * client replaces the oldest one of its set. All sets together hold more clients than any cluster has nodes.
 */
const SETS = 1 << 12;
const SET_SHIFT = 32 - 12;
const WAYS = 4;
/** 32-bit words of an IPv6 address. */
const WORDS = 4;
/** Most addresses cached by their text. */
const MAX_TEXTS = 20_000;

/** Words of the secret that selects a client's set: one to start with, and two for each word of an address. */
export const CLIENT_SECRET_WORDS = 1 + 2 * WORDS;

/** Most clients cached by the octets of their addresses. */
export const MAX_CLIENTS = SETS * WAYS;

export interface AccessPolicy {
  readonly allowQuery: readonly string[];
  readonly allowRecursion: readonly string[];
}

/**
 * The permissions of clients by their address. Caches clients that may query. Others are not cached, so that they evict nobody.
 */
export class ClientTable {
  readonly #secret: Uint32Array;
  readonly #octetsOfText = new LRUCache<string, Uint8Array>({ max: MAX_TEXTS });
  /** For each place: the address in network byte order, in `WORDS` words; how many of the words are used; and the client. */
  readonly #addresses = new Uint32Array(MAX_CLIENTS * WORDS);
  readonly #sizes = new Uint8Array(MAX_CLIENTS);
  readonly #clients: (Client | undefined)[] = new Array(MAX_CLIENTS).fill(undefined);
  /** For each set, the place that is replaced next. */
  readonly #oldest = new Uint8Array(SETS);
  readonly #words = new Uint32Array(WORDS);
  readonly #octets = new Uint8Array(this.#words.buffer);
  /** Returned for clients that may not query: reused for each of them. */
  readonly #denied4: Client = { octets: new Uint8Array(4), mayQuery: false, mayRecurse: false };
  readonly #denied16: Client = { octets: new Uint8Array(16), mayQuery: false, mayRecurse: false };
  #query: NetworkList;
  #recursion: NetworkList;

  /** @param secret `CLIENT_SECRET_WORDS` random words, so that nobody can find addresses that share a set */
  constructor({ allowQuery, allowRecursion }: AccessPolicy, secret: Uint32Array) {
    this.#secret = secret;
    this.#query = new NetworkList(allowQuery);
    this.#recursion = new NetworkList(allowRecursion);
  }

  configure({ allowQuery, allowRecursion }: AccessPolicy): void {
    this.#query = new NetworkList(allowQuery);
    this.#recursion = new NetworkList(allowRecursion);
    this.#octetsOfText.clear();
    this.#clients.fill(undefined);
    this.#sizes.fill(0);
  }

  /**
   * The client whose address is at `words[at]`, in network byte order. Allocates nothing for a client that is cached or may not
   * query. One that may not query is valid until the next call only.
   *
   * @param count words of the address: 1 or 4
   */
  at(words: Uint32Array, at: number, count: number): Client {
    const set = this.#setOf(words, at, count);
    for (let place = set * WAYS; place < (set + 1) * WAYS; place++) {
      if (this.#isAt(place, words, at, count)) return this.#clients[place] as Client;
    }
    return this.#insert(set, words, at, count);
  }

  /** The client with an address of 4 or 16 octets. Valid like the result of `at`. */
  withAddress(octets: Uint8Array): Client {
    this.#octets.set(octets);
    return this.at(this.#words, 0, octets.length >>> 2);
  }

  /** The client with this address, which the caller may keep. @param address as Node.js writes it; a zone index is ignored */
  of(address: string): Client {
    const known = this.#octetsOfText.get(address);
    if (known) return this.withAddress(known);
    const parsed = parseAddress(address.split("%", 1)[0]);
    const octets = parsed ? octetsOf(parsed) : new Uint8Array(4);
    const client = this.withAddress(octets);
    if (!client.mayQuery) return { ...client, octets };
    this.#octetsOfText.set(address, octets);
    return client;
  }

  /**
   * The set of an address: the upper bits of a multilinear hash of its 16-bit halves of words (Lemire and Kaser, 2014). Two
   * addresses share a set no more often than by chance, even if an attacker chooses them.
   */
  #setOf(words: Uint32Array, at: number, count: number): number {
    const secret = this.#secret;
    let hash = secret[0] | 0;
    for (let i = 0; i < count; i++) {
      const word = words[at + i];
      hash = (hash + Math.imul(secret[2 * i + 1], word & 0xffff) + Math.imul(secret[2 * i + 2], word >>> 16)) | 0;
    }
    return hash >>> SET_SHIFT;
  }

  #isAt(place: number, words: Uint32Array, at: number, count: number): boolean {
    if (this.#sizes[place] !== count) return false;
    for (let i = 0; i < count; i++) if (this.#addresses[place * WORDS + i] !== words[at + i]) return false;
    return true;
  }

  #insert(set: number, words: Uint32Array, at: number, count: number): Client {
    for (let i = 0; i < count; i++) this.#words[i] = words[at + i];
    const isMapped = count === WORDS && isMappedIPv4(this.#octets);
    const octets = isMapped ? this.#octets.subarray(12) : this.#octets.subarray(0, count * 4);
    if (!this.#query.includes(octets)) {
      const denied = octets.length === 4 ? this.#denied4 : this.#denied16;
      denied.octets.set(octets);
      return denied;
    }
    const client = { octets: octets.slice(), mayQuery: true, mayRecurse: this.#recursion.includes(octets) };
    const place = set * WAYS + this.#oldest[set];
    this.#oldest[set] = (this.#oldest[set] + 1) % WAYS;
    this.#addresses.set(this.#words, place * WORDS);
    this.#sizes[place] = count;
    this.#clients[place] = client;
    return client;
  }
}

/** Whether it is an IPv4-mapped IPv6 address, as dual-stack sockets report IPv4 clients: ::ffff:0:0/96 (RFC 4291 §2.5.5.2). */
function isMappedIPv4(octets: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (octets[i] !== 0) return false;
  return octets[10] === 0xff && octets[11] === 0xff;
}

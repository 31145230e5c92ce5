import { LRUCache } from "lru-cache";
import type { AliasChain } from "../wire/alias.js";
import { RCODE } from "../wire/protocol.js";
import type { Reply } from "../wire/reply.js";
import { KEY_SUFFIX } from "./question.js";
import type { CacheKind } from "./report.js";

/** A cached answer. Times are milliseconds on the forwarder's clock. */
export interface CachedReply {
  readonly reply: Reply;
  readonly storedAt: number;
  readonly expiresAt: number;
  /** How often it has answered a query. */
  hits: number;
  /** Set when refreshing it failed: do not ask again before this time, unless an upstream has recovered since. */
  retryAt: number;
  /** Recoveries of the group's upstreams at that failure. */
  recoveriesAtFailure: number;
}

/**
 * Bytes of memory that an entry takes besides its key and its reply, as measured with Node.js 20: 520 to 540 for objects,
 * array headers and the map's slots in V8's heap, and 200 for an ArrayBuffer, which V8 does not count.
 */
const OVERHEAD = 750;
/** The same for a chain of aliases, and for each name in it. */
const CHAIN_OVERHEAD = 500;
const LINK_OVERHEAD = 50;
/** Share of the bytes that is for answers used more than once. */
const PROTECTED_SHARE = 0.75;

/**
 * Answers by key, bounded in bytes: a segmented LRU. A new answer starts in the probation segment. When it is used for the first
 * time, it moves to the protected segment, where only other used answers can evict it. A flood of names that nobody asks for
 * twice therefore passes through the probation segment and evicts nothing else.
 */
export class AnswerCache {
  readonly maxBytes: number;
  evictions = 0;
  readonly #kinds: Record<CacheKind, number> = { positive: 0, nodata: 0, nxdomain: 0 };
  readonly #probation: LRUCache<string, CachedReply>;
  readonly #protected: LRUCache<string, CachedReply>;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    this.#probation = this.#part(maxBytes * (1 - PROTECTED_SHARE), () => {
      this.evictions++;
    });
    this.#protected = this.#part(maxBytes * PROTECTED_SHARE, (cached, key) => this.#probation.set(key, cached));
  }

  get entries(): number {
    return this.#probation.size + this.#protected.size;
  }

  /** How many answers there are of each kind. */
  get kinds(): Readonly<Record<CacheKind, number>> {
    return { ...this.#kinds };
  }

  get bytes(): number {
    return this.#probation.calculatedSize + this.#protected.calculatedSize;
  }

  /** The answer for the key, however old. Counts as a use of it. */
  get(key: string): CachedReply | undefined {
    const popular = this.#protected.get(key);
    if (popular) return popular;
    const cached = this.#probation.get(key);
    if (cached) {
      this.#probation.delete(key);
      this.#protected.set(key, cached);
    }
    return cached;
  }

  /** The same, without being a use of it. */
  peek(key: string): CachedReply | undefined {
    return this.#protected.peek(key) ?? this.#probation.peek(key);
  }

  set(key: string, cached: CachedReply): void {
    (this.#protected.has(key) ? this.#protected : this.#probation).set(key, cached);
  }

  delete(key: string): void {
    this.#protected.delete(key);
    this.#probation.delete(key);
  }

  /** Removes all answers, or those for one name (lower-case wire form as latin1). Returns how many were removed. */
  flush(name: string | undefined): number {
    const isMeant = (key: string) => key.length === (name ?? "").length + KEY_SUFFIX && key.startsWith(name ?? "");
    let flushed = 0;
    for (const part of [this.#probation, this.#protected]) {
      for (const key of [...part.keys()]) if (name === undefined || isMeant(key)) flushed += Number(part.delete(key));
    }
    return flushed;
  }

  #part(maxSize: number, onEvicted: (cached: CachedReply, key: string) => void): LRUCache<string, CachedReply> {
    return new LRUCache<string, CachedReply>({
      maxSize: Math.floor(maxSize),
      sizeCalculation: ({ reply }, key) =>
        key.length + reply.octets.length + reply.options.length + chainSize(reply.chain) + OVERHEAD,
      onInsert: ({ reply }, _key, reason) => {
        // An update with the same answer disposes of none.
        if (reason !== "update") this.#kinds[kindOf(reply)]++;
      },
      dispose: (cached, key, reason) => {
        this.#kinds[kindOf(cached.reply)]--;
        if (reason === "evict") onEvicted(cached, key);
      },
    });
  }
}

/** NODATA has no records but the aliases that lead to the name without data (RFC 2308 §2.2). */
function kindOf({ rcode, answers, chain }: Reply): CacheKind {
  if (rcode === RCODE.NXDOMAIN) return "nxdomain";
  return answers > (chain?.links.length ?? 0) ? "positive" : "nodata";
}

function chainSize(chain: AliasChain | undefined): number {
  return chain ? chain.octets.length + chain.links.length * LINK_OVERHEAD + CHAIN_OVERHEAD : 0;
}

import { LRUCache } from "lru-cache";
import type { AliasChain } from "../wire/alias.js";
import type { Reply } from "../wire/reply.js";
import { KEY_SUFFIX } from "./question.js";

/** An answer that is kept. Times are milliseconds on the forwarder's clock. */
export interface CachedReply {
  readonly reply: Reply;
  readonly storedAt: number;
  readonly expiresAt: number;
  /** Times it was given out. */
  hits: number;
  /** When asking again failed: no use in trying before this moment, unless an upstream has recovered since. */
  retryAt: number;
  recoveriesThen: number;
}

/**
 * What an entry takes beside the octets of key and reply, as measured with Node.js 20: 520 to 540 for objects, array
 * headers and the map's slots in V8's heap, and 200 that the process needs for an ArrayBuffer and V8 does not count.
 */
const OVERHEAD = 750;
/** The same for the names that an alias leads to, and for each of them. */
const CHAIN_OVERHEAD = 500;
const LINK_OVERHEAD = 50;
/** Of all bytes, what is for answers that were asked for more than once. */
const PROTECTED_SHARE = 0.75;

/**
 * Answers by key, bounded in bytes. A new one is on probation; the second time that it is asked for it moves to the
 * protected part, where only what is asked for as often can push it out (a segmented LRU). So a flood of names that
 * nobody asks for twice runs through the part on probation and harms no other.
 */
export class AnswerCache {
  readonly maxBytes: number;
  evictions = 0;
  readonly #probation: LRUCache<string, CachedReply>;
  readonly #protected: LRUCache<string, CachedReply>;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    this.#probation = this.#part(maxBytes * (1 - PROTECTED_SHARE), () => {
      this.evictions++;
    });
    this.#protected = this.#part(maxBytes * PROTECTED_SHARE, (kept, key) => this.#probation.set(key, kept));
  }

  get entries(): number {
    return this.#probation.size + this.#protected.size;
  }

  get bytes(): number {
    return this.#probation.calculatedSize + this.#protected.calculatedSize;
  }

  /** What is kept for the key, however old; being asked for makes it count as used. */
  get(key: string): CachedReply | undefined {
    const popular = this.#protected.get(key);
    if (popular) return popular;
    const kept = this.#probation.get(key);
    if (kept) {
      this.#probation.delete(key);
      this.#protected.set(key, kept);
    }
    return kept;
  }

  set(key: string, kept: CachedReply): void {
    (this.#protected.has(key) ? this.#protected : this.#probation).set(key, kept);
  }

  delete(key: string): void {
    this.#protected.delete(key);
    this.#probation.delete(key);
  }

  /** Forgets all answers, or those for one name (lower-case wire form as latin1). Returns how many there were. */
  flush(name: string | undefined): number {
    const isMeant = (key: string) => key.length === (name ?? "").length + KEY_SUFFIX && key.startsWith(name ?? "");
    let flushed = 0;
    for (const part of [this.#probation, this.#protected]) {
      for (const key of [...part.keys()]) if (name === undefined || isMeant(key)) flushed += Number(part.delete(key));
    }
    return flushed;
  }

  #part(maxSize: number, onEvicted: (kept: CachedReply, key: string) => void): LRUCache<string, CachedReply> {
    return new LRUCache<string, CachedReply>({
      maxSize: Math.floor(maxSize),
      sizeCalculation: ({ reply }, key) =>
        key.length + reply.octets.length + reply.options.length + chainSize(reply.chain) + OVERHEAD,
      dispose: (kept, key, reason) => {
        if (reason === "evict") onEvicted(kept, key);
      },
    });
  }
}

function chainSize(chain: AliasChain | undefined): number {
  return chain ? chain.octets.length + chain.links.length * LINK_OVERHEAD + CHAIN_OVERHEAD : 0;
}

import type { RateLimit } from "../config/config.js";
import { finishHash, mixHash } from "../wire/names.js";

/** Kinds of response that are limited separately. */
export const RESPONSE_KIND = { ANSWER: 0, NEGATIVE: 1, ERROR: 2 } as const;
export type ResponseKind = (typeof RESPONSE_KIND)[keyof typeof RESPONSE_KIND];

export const ALLOW = 0;
/** Send the response truncated, so that a real client asks again over TCP. */
export const SLIP = 1;
export const WITHHOLD = 2;
export type Decision = typeof ALLOW | typeof SLIP | typeof WITHHOLD;

/** Number of buckets. In a flood from more networks than this, some share a bucket, which limits the flood sooner. */
const BUCKETS = 1 << 16;
/** A full bucket has the tokens of this many seconds. */
const BURST_SECONDS = 1;

/**
 * Token buckets, shared by all threads of a process, as the kernel distributes a client's queries among the threads by port. If
 * two threads count at the same time, one response may not be counted.
 */
export interface Buckets {
  /** Seed of the hash that selects a bucket; clients should not know it. */
  readonly seed: number;
  readonly memory: SharedArrayBuffer;
}

export function createBuckets(seed: number): Buckets {
  const memory = new SharedArrayBuffer(24 * BUCKETS);
  new Float64Array(memory, 8 * BUCKETS, BUCKETS).fill(Number.NEGATIVE_INFINITY);
  return { seed, memory };
}

/**
 * Response rate limiting: a token bucket for each client network and kind of response. The columns are typed arrays. Limits what
 * is sent to a network, as over UDP the source address may be that of a victim.
 */
export class RateLimiter {
  readonly #seed: number;
  readonly #tokens: Float64Array;
  readonly #at: Float64Array;
  readonly #key: Uint32Array;
  readonly #over: Uint32Array;
  #limit: RateLimit;
  #rates: readonly number[];

  constructor(limit: RateLimit, { seed, memory }: Buckets) {
    this.#seed = seed;
    this.#tokens = new Float64Array(memory, 0, BUCKETS);
    this.#at = new Float64Array(memory, 8 * BUCKETS, BUCKETS);
    this.#key = new Uint32Array(memory, 16 * BUCKETS, BUCKETS);
    this.#over = new Uint32Array(memory, 20 * BUCKETS, BUCKETS);
    this.#limit = limit;
    this.#rates = ratesOf(limit);
  }

  configure(limit: RateLimit): void {
    this.#limit = limit;
    this.#rates = ratesOf(limit);
  }

  /**
   * Decides about a response of this kind to this client, and counts it.
   *
   * @param octets the client's address: 4 or 16 octets
   * @param clock milliseconds on a monotonic clock, the same for all threads, in the first element
   */
  decide(octets: Uint8Array, kind: ResponseKind, clock: Float64Array): Decision {
    const rate = this.#rates[kind];
    if (rate === 0) return ALLOW;
    const now = clock[0] / 1000;
    const bucket = this.#bucketOf(octets, kind, rate, now);
    const tokens = Math.min(rate * BURST_SECONDS, this.#tokens[bucket] + (now - this.#at[bucket]) * rate);
    this.#at[bucket] = now;
    if (tokens >= 1) {
      this.#tokens[bucket] = tokens - 1;
      this.#over[bucket] = 0;
      return ALLOW;
    }
    this.#tokens[bucket] = tokens;
    const { slip } = this.#limit;
    return slip > 0 && this.#over[bucket]++ % slip === slip - 1 ? SLIP : WITHHOLD;
  }

  #bucketOf(octets: Uint8Array, kind: ResponseKind, rate: number, now: number): number {
    const prefix = octets.length === 4 ? this.#limit.ipv4PrefixLength : this.#limit.ipv6PrefixLength;
    let hash = mixHash(mixHash(this.#seed, kind), octets.length);
    const whole = prefix >>> 3;
    for (let i = 0; i < whole; i++) hash = mixHash(hash, octets[i]);
    if ((prefix & 7) !== 0) hash = mixHash(hash, octets[whole] >>> (8 - (prefix & 7)));
    hash = finishHash(hash);
    const bucket = hash & (BUCKETS - 1);
    // A bucket of another network is taken over once it has been unused long enough to be full.
    if (this.#key[bucket] !== hash && now - this.#at[bucket] >= BURST_SECONDS) {
      this.#key[bucket] = hash;
      this.#tokens[bucket] = rate * BURST_SECONDS;
      this.#at[bucket] = now;
      this.#over[bucket] = 0;
    }
    return bucket;
  }
}

function ratesOf({ answersPerSecond, negativesPerSecond, errorsPerSecond }: RateLimit): readonly number[] {
  return [answersPerSecond, negativesPerSecond, errorsPerSecond];
}

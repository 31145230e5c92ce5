import type { RateLimit } from "../config/config.js";
import { finishHash, mixHash } from "../wire/names.js";

/** Kinds of response that are limited apart from each other. */
export const RESPONSE_KIND = { ANSWER: 0, NEGATIVE: 1, ERROR: 2 } as const;
export type ResponseKind = (typeof RESPONSE_KIND)[keyof typeof RESPONSE_KIND];

export const ALLOW = 0;
/** Send the response truncated, so that whoever really asked comes back over TCP. */
export const SLIP = 1;
export const WITHHOLD = 2;
export type Ruling = typeof ALLOW | typeof SLIP | typeof WITHHOLD;

/** Buckets; a flood from more networks than these makes some share one, which is to limit the flood sooner. */
const BUCKETS = 1 << 16;
/** A bucket holds what a second gives. */
const BURST_SECONDS = 1;

/**
 * Buckets that all threads of a process count in: the kernel deals a client's queries out to them by its port. Two that count at
 * the same moment may count one response as none.
 */
export interface Buckets {
  /** Of the hash that chooses a bucket; clients should not know it. */
  readonly seed: number;
  readonly memory: SharedArrayBuffer;
}

export function createBuckets(seed: number): Buckets {
  const memory = new SharedArrayBuffer(24 * BUCKETS);
  new Float64Array(memory, 8 * BUCKETS, BUCKETS).fill(Number.NEGATIVE_INFINITY);
  return { seed, memory };
}

/**
 * Response rate limiting: a token bucket for each client network and kind of response, in columns of typed arrays. What
 * matters is where responses go, not who asks: over UDP the source may be the victim.
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
   * Whether one more response of this kind may go to this client.
   *
   * @param octets 4 or 16 octets of its address
   * @param clock milliseconds on a clock that never goes back, the same for all who share the buckets
   */
  rule(octets: Uint8Array, kind: ResponseKind, clock: Float64Array): Ruling {
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
    // A bucket that has been left alone long enough to be full is anybody's.
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

/** Limits of forwarding and its cache, as they are configured. */

/** Limits for forwarded queries in progress. */
export interface ForwardLimits {
  readonly maxQueries: number;
  readonly maxQueriesPerClient: number;
  readonly maxQueriesPerResolver: number;
}

/** The cache of resolvers' answers. Times are in seconds. */
export interface CacheSettings {
  readonly enabled: boolean;
  readonly maxBytes: number;
  /** Bounds of the TTLs of cached answers. An answer with a TTL of 0 is never cached. */
  readonly minTtl: number;
  readonly maxTtl: number;
  readonly maxNegativeTtl: number;
  /** Whether a popular answer is fetched again shortly before it expires. */
  readonly prefetch: boolean;
  /** How long after its expiry an answer may be used if no resolver answers; 0 for never. */
  readonly staleSeconds: number;
  /** Whether `POST /v1/cache/flush` is allowed. */
  readonly allowFlush: boolean;
}

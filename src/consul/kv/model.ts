/** What Consul's key-value store consists of, and what can be asked of it. */

/** A key and all that belongs to it. Entries are never changed: a write makes another one. */
export interface Entry {
  readonly key: string;
  readonly value: Buffer;
  /** An unsigned number of 64 bits, of the client's own meaning. */
  readonly flags: bigint;
  /** The id of the session that holds the key's lock; empty for none. */
  readonly session: string;
  /** How often the key's lock has been acquired. A plain write sets it to 0, as in Consul. */
  readonly lockIndex: number;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

/** What happens to the keys of a session that ends. */
export type Behavior = "release" | "delete";

export interface Session {
  readonly id: string;
  readonly name: string;
  readonly node: string;
  readonly behavior: Behavior;
  readonly lockDelayMs: number;
  /** As the client has written it, such as `10s`; empty for a session that does not expire. */
  readonly ttl: string;
  /** The same in milliseconds; 0 for a session that does not expire. */
  readonly ttlMs: number;
  readonly nodeChecks: readonly string[];
  readonly createIndex: number;
}

/** What a write does. Each says the outcome, so that a log of changes can be read without those that are lost. */
export type Change =
  | { readonly kind: "set"; readonly entry: Entry }
  /** The key's lock is free again; its value stays. */
  | { readonly kind: "release"; readonly key: string; readonly index: number }
  | { readonly kind: "delete"; readonly key: string; readonly index: number }
  | { readonly kind: "session"; readonly session: Session }
  | { readonly kind: "end"; readonly id: string; readonly index: number }
  /** Nobody may acquire the key's lock before `until`, in milliseconds since the epoch. */
  | { readonly kind: "delay"; readonly key: string; readonly until: number };

export interface Sizes {
  readonly keys: number;
  /** Octets of all keys and values. */
  readonly octets: number;
  readonly sessions: number;
}

/** What can be read at a moment. */
export interface KvView {
  readonly sizes: Sizes;
  entry(key: string): Entry | undefined;
  /** All entries whose key begins with `prefix`, in the order of their keys' octets. */
  list(prefix: string): readonly Entry[];
  session(id: string): Session | undefined;
  /** The entries whose lock this session holds. */
  heldBy(id: string): readonly Entry[];
  /** Milliseconds since the epoch before which nobody may acquire the key's lock. */
  delayedUntil(key: string): number;
}

export interface KvLimits {
  readonly maxKeys: number;
  /** Octets of all keys and values. */
  readonly maxBytes: number;
}

/** Octets of the largest value, as in Consul. */
export const MAX_VALUE = 524_288;
/** Octets of the longest key. */
export const MAX_KEY = 2_048;
/** Operations of the largest transaction, as in Consul. */
export const MAX_OPERATIONS = 64;
/** The longest lock delay that is kept, as in Consul. */
export const MAX_LOCK_DELAY_MS = 60_000;
/** A session takes some 500 octets and a timer. */
export const MAX_SESSIONS = 4_096;

/** When and with which limits a write is decided. */
export interface Moment {
  /** The index that the write gets. */
  readonly index: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly limits: KvLimits;
}

/**
 * Why something was not done. `condition`: it depended on something that is not so. `invalid`: it can never be done so. `large`: the key
 * is too long. `full`: there is no room.
 */
export interface Refusal {
  readonly ok: false;
  readonly kind: "condition" | "invalid" | "large" | "full";
  /** One line for people. */
  readonly what: string;
}

export function refused(kind: Refusal["kind"], what: string): Refusal {
  return { ok: false, kind, what };
}

import type { Draft } from "./draft.js";
import { type Entry, MAX_KEY, MAX_LOCK_DELAY_MS, type Moment, type Refusal, refused } from "./model.js";
import { octetsOf } from "./state.js";

/** One operation on keys. What its verb does not need is of no effect. */
export interface Operation {
  /** As in Consul's transactions: `set`, `cas`, `get`, … */
  readonly verb: string;
  readonly key: string;
  readonly value: Buffer;
  readonly flags: bigint;
  /** For `cas`, `delete-cas` and `check-index`. */
  readonly index: number;
  /** For `lock`, `unlock` and `check-session`. */
  readonly session: string;
}

/** What an operation has read or written. */
export interface Done {
  readonly ok: true;
  /** For a verb that reads, entries with their values are told; for another, without. */
  readonly reads: boolean;
  readonly entries: readonly Entry[];
}

type Act = (draft: Draft, operation: Operation, moment: Moment) => Done | Refusal;

const ACTS: ReadonlyMap<string, Act> = new Map<string, Act>([
  ["set", set],
  ["cas", cas],
  ["lock", lock],
  ["unlock", unlock],
  ["get", get],
  ["get-tree", (draft, { key }) => ({ ok: true, reads: true, entries: draft.list(key) })],
  ["check-index", checkIndex],
  ["check-session", checkSession],
  ["check-not-exists", checkNotExists],
  ["delete", (draft, { key }, moment) => remove(draft, [draft.entry(key)], moment)],
  ["delete-tree", (draft, { key }, moment) => remove(draft, draft.list(key), moment)],
  ["delete-cas", removeCas],
]);

/** Verbs that change nothing. */
const READING: ReadonlySet<string> = new Set(["get", "get-tree", "check-index", "check-session", "check-not-exists"]);

/** Whether an operation changes nothing, whatever there is. */
export function isReading({ verb }: Operation): boolean {
  return READING.has(verb);
}

/** Does one operation on a draft. After a refusal the draft is as before. */
export function act(draft: Draft, operation: Operation, moment: Moment): Done | Refusal {
  const known = ACTS.get(operation.verb);
  return known ? known(draft, operation, moment) : refused("invalid", `unknown KV verb ${quote(operation.verb)}`);
}

function set(draft: Draft, { key, value, flags }: Operation, moment: Moment): Done | Refusal {
  const { session = "" } = draft.entry(key) ?? {};
  return write(draft, { key, value, flags, session, lockIndex: 0 }, moment);
}

function cas(draft: Draft, operation: Operation, moment: Moment): Done | Refusal {
  const { key, index } = operation;
  if ((draft.entry(key)?.modifyIndex ?? 0) === index) return set(draft, operation, moment);
  return refused("condition", `failed to set key ${quote(key)}, index is stale`);
}

function lock(draft: Draft, { key, value, flags, session }: Operation, moment: Moment): Done | Refusal {
  if (session === "") return refused("invalid", "missing session");
  if (!draft.session(session)) return refused("invalid", `invalid session ${quote(session)}`);
  const wait = draft.delayedUntil(key) - moment.now;
  // A longer one was set before the clock went back.
  if (wait > 0 && wait <= MAX_LOCK_DELAY_MS) {
    return refused("condition", `failed to lock key ${quote(key)} due to lock delay`);
  }
  const before = draft.entry(key);
  const holder = before?.session ?? "";
  if (holder !== "" && holder !== session) {
    return refused("condition", `failed to lock key ${quote(key)}, lock is already held`);
  }
  const lockIndex = (before?.lockIndex ?? 0) + (holder === session ? 0 : 1);
  return write(draft, { key, value, flags, session, lockIndex }, moment);
}

function unlock(draft: Draft, { key, value, flags, session }: Operation, moment: Moment): Done | Refusal {
  if (session === "") return refused("invalid", "missing session");
  const before = draft.entry(key);
  if (before?.session === session) {
    return write(draft, { key, value, flags, session: "", lockIndex: before.lockIndex }, moment);
  }
  return refused("condition", `failed to unlock key ${quote(key)}, lock isn't held, or is held by another session`);
}

/** Writes an entry, unless it is the same as before: then nothing changes, and nobody who waits is woken. */
function write(
  draft: Draft,
  fields: Omit<Entry, "createIndex" | "modifyIndex">,
  { index, limits }: Moment,
): Done | Refusal {
  const { key } = fields;
  const before = draft.entry(key);
  if (before && isSame(before, fields)) return done([before]);
  if (key === "") return refused("invalid", "Missing key name");
  const length = Buffer.byteLength(key);
  if (length > MAX_KEY) return refused("large", `the key has ${length} octets, and may have ${MAX_KEY}`);
  const { keys, octets } = draft.sizes;
  if (!before && keys >= limits.maxKeys) {
    return refused(
      "full",
      `there are ${keys} keys, and no more than ${limits.maxKeys} may be stored; delete some first`,
    );
  }
  const growth = octetsOf(fields) - (before ? octetsOf(before) : 0);
  if (growth > 0 && octets + growth > limits.maxBytes) {
    const room = `keys and values have ${octets} octets, and may have ${limits.maxBytes} in all`;
    return refused("full", `${room}: there is no room for ${growth} more; delete some keys first`);
  }
  const entry = { ...fields, createIndex: before?.createIndex ?? index, modifyIndex: index };
  draft.apply({ kind: "set", entry });
  return done([entry]);
}

function isSame(before: Entry, fields: Omit<Entry, "createIndex" | "modifyIndex">): boolean {
  const { flags, session, lockIndex, value } = fields;
  const isLike = before.flags === flags && before.session === session && before.lockIndex === lockIndex;
  return isLike && before.value.equals(value);
}

function get(draft: Draft, { key }: Operation): Done | Refusal {
  const entry = draft.entry(key);
  if (!entry) return refused("condition", `key ${quote(key)} doesn't exist`);
  return { ok: true, reads: true, entries: [entry] };
}

function checkIndex(draft: Draft, { key, index }: Operation): Done | Refusal {
  const entry = draft.entry(key);
  if (!entry) return refused("condition", `failed to check index, key ${quote(key)} doesn't exist`);
  if (entry.modifyIndex === index) return done([entry]);
  const difference = `current modify index ${entry.modifyIndex} != ${index}`;
  return refused("condition", `failed index check for key ${quote(key)}, ${difference}`);
}

function checkSession(draft: Draft, { key, session }: Operation): Done | Refusal {
  const entry = draft.entry(key);
  if (!entry) return refused("condition", `failed to check session, key ${quote(key)} doesn't exist`);
  if (entry.session === session) return done([entry]);
  const difference = `current session ${quote(entry.session)} != ${quote(session)}`;
  return refused("condition", `failed session check for key ${quote(key)}, ${difference}`);
}

function checkNotExists(draft: Draft, { key }: Operation): Done | Refusal {
  return draft.entry(key) ? refused("condition", `key ${quote(key)} exists`) : done([]);
}

function removeCas(draft: Draft, { key, index }: Operation, moment: Moment): Done | Refusal {
  const entry = draft.entry(key);
  if (!entry || entry.modifyIndex === index) return remove(draft, [entry], moment);
  return refused("condition", `failed to delete key ${quote(key)}, index is stale`);
}

function remove(draft: Draft, entries: readonly (Entry | undefined)[], { index }: Moment): Done {
  for (const entry of entries) if (entry) draft.apply({ kind: "delete", key: entry.key, index });
  return done([]);
}

function done(entries: readonly Entry[]): Done {
  return { ok: true, reads: false, entries };
}

/** A name in a message, in the form that Consul gives it. */
function quote(text: string): string {
  return JSON.stringify(text);
}

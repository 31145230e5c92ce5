import { DeletedKeys } from "./deleted-keys.js";
import { OrderedKeys } from "./key-order.js";
import type { Change, Entry, KvView, Session, Sizes } from "./model.js";
import { PrefixIndexes } from "./prefix-indexes.js";

/** How many keys may wait for a lock delay, which is a minute at most. The oldest are forgotten first. */
const MAX_DELAYED = 10_000;

/** Where indexes start: those of a file, or the time. */
export interface Start {
  /** No index up to this one is given again. */
  readonly index: number;
  /** The index of what has never been there. */
  readonly floor: number;
  /** The index of the last change of any session. */
  readonly sessionsIndex: number;
}

/** All keys, sessions and locks, as they are after the changes that have been applied. It decides nothing. */
export class KvState implements KvView {
  readonly #entries = new Map<string, Entry>();
  readonly #ordered = new OrderedKeys();
  readonly #sessions = new Map<string, Session>();
  /** The keys that each session has locked. */
  readonly #held = new Map<string, Set<string>>();
  readonly #delays = new Map<string, number>();
  readonly #deleted: DeletedKeys;
  readonly #prefixes = new PrefixIndexes();
  #octets = 0;
  #index: number;
  #sessionsIndex: number;

  constructor({ index, floor, sessionsIndex }: Start) {
    this.#index = index;
    this.#sessionsIndex = sessionsIndex;
    this.#deleted = new DeletedKeys(floor);
  }

  /** The index of the last change. */
  get index(): number {
    return this.#index;
  }

  /** The index of the last change of any session. */
  get sessionsIndex(): number {
    return this.#sessionsIndex;
  }

  get sizes(): Sizes {
    return { keys: this.#entries.size, octets: this.#octets, sessions: this.#sessions.size };
  }

  get deleted(): DeletedKeys {
    return this.#deleted;
  }

  entry(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  list(prefix: string): readonly Entry[] {
    return this.#ordered.withPrefix(prefix).map((key) => this.#entries.get(key) as Entry);
  }

  hasBelow(prefix: string): boolean {
    return this.#ordered.hasPrefix(prefix);
  }

  session(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  sessions(): readonly Session[] {
    return [...this.#sessions.values()];
  }

  heldBy(id: string): readonly Entry[] {
    return [...(this.#held.get(id) ?? [])].map((key) => this.#entries.get(key) as Entry);
  }

  delayedUntil(key: string): number {
    return this.#delays.get(key) ?? 0;
  }

  delays(): Iterable<readonly [key: string, until: number]> {
    return this.#delays;
  }

  /** The index of the key's last change. If it is missing: of its deletion. */
  keyIndex(key: string): number {
    return this.#entries.get(key)?.modifyIndex ?? this.#deleted.indexOf(key);
  }

  /** The index of the last change of any key that begins with `prefix`, deletions included. */
  prefixIndex(prefix: string): number {
    const known = this.#prefixes.get(prefix, () => this.#newestBelow(prefix));
    return Math.max(known, this.#deleted.floor);
  }

  #newestBelow(prefix: string): number {
    const deleted = this.#deleted.newestBelow(prefix);
    return this.list(prefix).reduce((newest, { modifyIndex }) => Math.max(newest, modifyIndex), deleted);
  }

  /** Raises every index of what is missing, and the last one, to at least this. */
  raise(index: number): void {
    this.#deleted.raise(index);
    this.#noteSessions(index);
  }

  apply(change: Change): void {
    switch (change.kind) {
      case "set":
        this.#set(change.entry);
        return;
      case "release": {
        const entry = this.#entries.get(change.key);
        if (entry) this.#set({ ...entry, session: "", modifyIndex: change.index });
        return;
      }
      case "delete":
        this.#delete(change.key, change.index);
        return;
      case "session":
        this.#sessions.set(change.session.id, change.session);
        this.#noteSessions(change.session.createIndex);
        return;
      case "end":
        this.#sessions.delete(change.id);
        this.#noteSessions(change.index);
        return;
      case "delay":
        this.#delay(change.key, change.until);
    }
  }

  #set(entry: Entry): void {
    const before = this.#entries.get(entry.key);
    if (before) this.#take(before);
    else this.#ordered.add(entry.key);
    this.#deleted.forget(entry.key);
    this.#entries.set(entry.key, { ...entry, value: compact(entry.value) });
    this.#octets += octetsOf(entry);
    if (entry.session !== "") this.#heldOf(entry.session).add(entry.key);
    this.#prefixes.note(entry.key, entry.modifyIndex);
    this.#note(entry.modifyIndex);
  }

  #delete(key: string, index: number): void {
    const before = this.#entries.get(key);
    if (before) {
      this.#take(before);
      this.#ordered.delete(key);
      this.#entries.delete(key);
    }
    this.#deleted.add(key, index);
    this.#prefixes.note(key, index);
    this.#note(index);
  }

  /** Takes an entry out of what is counted. */
  #take(entry: Entry): void {
    this.#octets -= octetsOf(entry);
    const held = this.#held.get(entry.session);
    held?.delete(entry.key);
    if (held?.size === 0) this.#held.delete(entry.session);
  }

  #heldOf(session: string): Set<string> {
    const held = this.#held.get(session) ?? new Set<string>();
    this.#held.set(session, held);
    return held;
  }

  #delay(key: string, until: number): void {
    this.#delays.delete(key);
    this.#delays.set(key, until);
    if (this.#delays.size > MAX_DELAYED) this.#delays.delete(this.#delays.keys().next().value ?? "");
  }

  #note(index: number): void {
    this.#index = Math.max(this.#index, index);
  }

  #noteSessions(index: number): void {
    this.#sessionsIndex = Math.max(this.#sessionsIndex, index);
    this.#note(index);
  }
}

/** What an entry counts: the octets of its key and value. */
export function octetsOf({ key, value }: Pick<Entry, "key" | "value">): number {
  return Buffer.byteLength(key) + value.length;
}

/** The value in memory of its own: one that is a piece of a larger buffer would keep all of that. */
function compact(value: Buffer): Buffer {
  if (value.buffer.byteLength === value.length) return value;
  const own = Buffer.allocUnsafeSlow(value.length);
  value.copy(own);
  return own;
}

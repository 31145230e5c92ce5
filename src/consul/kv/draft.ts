import { compareKeys } from "./key-order.js";
import type { Change, Entry, KvView, Session, Sizes } from "./model.js";
import { octetsOf } from "./state.js";

/**
 * A view with changes that are not made yet. A write is decided on a draft. When it is stored, its changes are made; if it cannot be, the
 * draft is dropped, and nobody has seen it.
 */
export class Draft implements KvView {
  readonly #base: KvView;
  readonly #changes: Change[] = [];
  /** Entries that differ from the base's; `undefined` for a key that is deleted. */
  readonly #entries = new Map<string, Entry | undefined>();
  readonly #sessions = new Map<string, Session | undefined>();
  readonly #delays = new Map<string, number>();
  #keys = 0;
  #octets = 0;
  #count = 0;

  constructor(base: KvView) {
    this.#base = base;
  }

  /** The changes so far, in order. */
  get changes(): readonly Change[] {
    return this.#changes;
  }

  get sizes(): Sizes {
    const { keys, octets, sessions } = this.#base.sizes;
    return { keys: keys + this.#keys, octets: octets + this.#octets, sessions: sessions + this.#count };
  }

  entry(key: string): Entry | undefined {
    return this.#entries.has(key) ? this.#entries.get(key) : this.#base.entry(key);
  }

  list(prefix: string): readonly Entry[] {
    const kept = this.#base.list(prefix).filter(({ key }) => !this.#entries.has(key));
    const own = [...this.#entries.values()].filter((entry) => entry?.key.startsWith(prefix)) as Entry[];
    return own.length === 0 ? kept : [...kept, ...own].sort((a, b) => compareKeys(a.key, b.key));
  }

  session(id: string): Session | undefined {
    return this.#sessions.has(id) ? this.#sessions.get(id) : this.#base.session(id);
  }

  heldBy(id: string): readonly Entry[] {
    const kept = this.#base.heldBy(id).filter(({ key }) => !this.#entries.has(key));
    return [...kept, ...([...this.#entries.values()].filter((entry) => entry?.session === id) as Entry[])];
  }

  delayedUntil(key: string): number {
    return this.#delays.get(key) ?? this.#base.delayedUntil(key);
  }

  apply(change: Change): void {
    this.#changes.push(change);
    switch (change.kind) {
      case "set":
        this.#replace(change.entry.key, change.entry);
        return;
      case "release": {
        const entry = this.entry(change.key);
        if (entry) this.#replace(change.key, { ...entry, session: "", modifyIndex: change.index });
        return;
      }
      case "delete":
        this.#replace(change.key, undefined);
        return;
      case "session":
        this.#count++;
        this.#sessions.set(change.session.id, change.session);
        return;
      case "end":
        this.#count--;
        this.#sessions.set(change.id, undefined);
        return;
      case "delay":
        this.#delays.set(change.key, change.until);
    }
  }

  #replace(key: string, entry: Entry | undefined): void {
    const before = this.entry(key);
    this.#keys += (entry ? 1 : 0) - (before ? 1 : 0);
    this.#octets += (entry ? octetsOf(entry) : 0) - (before ? octetsOf(before) : 0);
    this.#entries.set(key, entry);
  }
}

import { type Change, MAX_LOCK_DELAY_MS } from "../model.js";
import type { KvState } from "../state.js";
import { emptyState } from "../time-index.js";
import type { Known, Plan } from "./commit-plan.js";
import { idOf, type NodeName, nameOf, pathOf } from "./layout.js";
import type { HeadNode, Reading } from "./reader.js";

/** How many lock delays that are over are removed with one commit, and with how many characters of keys. */
const MAX_SWEPT = 64;
const MAX_SWEPT_CHARACTERS = 8_192;

/** What this server knows of the ensemble: what is read from, and what writes are decided on. */
export class Mirror implements Known {
  readonly state: KvState = emptyState(0);
  readonly #paths = new Set<string>();
  /** Those that have a node. */
  readonly #delays = new Map<string, number>();
  #at: HeadNode | undefined;

  /** The head that all else is of; `undefined` before anything has been read. */
  get at(): HeadNode | undefined {
    return this.#at;
  }

  has(path: string): boolean {
    return this.#paths.has(path);
  }

  /** By the clock of a server that is somewhat behind as well. */
  delaysBefore(time: number): readonly NodeName[] {
    const names: NodeName[] = [];
    let characters = 0;
    for (const [key, until] of this.#delays) {
      if (until + MAX_LOCK_DELAY_MS > time) continue;
      characters += key.length;
      if (names.length === MAX_SWEPT || characters > MAX_SWEPT_CHARACTERS) break;
      names.push(`delay:${key}`);
    }
    return names;
  }

  /** Takes over what has been read. @returns what has changed by that */
  take(reading: Reading): readonly Change[] {
    const { head, version, isWhole, found, removed } = reading;
    const changes = [...changesTo(this.state, reading)];
    if (isWhole) {
      this.#paths.clear();
      this.#delays.clear();
    }
    for (const path of found.keys()) this.#paths.add(path);
    for (const change of found.values()) if (change?.kind === "delay") this.#delays.set(change.key, change.until);
    for (const name of removed.keys()) this.#remove(name);
    for (const change of changes) this.state.apply(change);
    // When a key that is missing was deleted is not known of the time before.
    if (isWhole) this.state.raise(head.index);
    this.#at = { head, version };
    return changes;
  }

  /** Takes over what this server has written itself. */
  commit({ touched, changes, head }: Plan, version: number): void {
    for (const change of changes) {
      this.state.apply(change);
      if (change.kind === "delay") this.#delays.set(change.key, change.until);
    }
    for (const [name, removed] of touched) {
      if (removed === undefined) this.#paths.add(pathOf(name));
      else this.#remove(name);
    }
    this.#at = { head, version };
  }

  #remove(name: NodeName): void {
    this.#paths.delete(pathOf(name));
    if (name.startsWith("delay:")) this.#delays.delete(idOf(name));
  }
}

function* changesTo(state: KvState, { head, isWhole, found, removed }: Reading): Generator<Change> {
  const names = new Set<string>();
  for (const change of found.values()) {
    if (!change) continue;
    names.add(nameOf(change));
    if (!isKnown(state, change)) yield change;
  }
  for (const [name, index] of removed) {
    if (name.startsWith("key:")) yield { kind: "delete", key: idOf(name), index };
    else if (name.startsWith("session:")) yield { kind: "end", id: idOf(name), index };
  }
  if (!isWhole) return;
  const { index } = head;
  const isGone = (name: `key:${string}` | `session:${string}`) => !names.has(name) && !removed.has(name);
  for (const { id } of state.sessions()) if (isGone(`session:${id}`)) yield { kind: "end", id, index };
  for (const { key } of state.list("")) if (isGone(`key:${key}`)) yield { kind: "delete", key, index };
}

function isKnown(state: KvState, change: Change): boolean {
  if (change.kind === "session") return state.session(change.session.id) !== undefined;
  if (change.kind === "delay") return state.delayedUntil(change.key) === change.until;
  if (change.kind !== "set") return false;
  const { entry } = change;
  const before = state.entry(entry.key);
  return before?.modifyIndex === entry.modifyIndex && before.createIndex === entry.createIndex;
}

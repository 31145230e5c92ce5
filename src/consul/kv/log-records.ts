/** What is said in lines of the file, and how. */
import { type Behavior, type Change, MAX_LOCK_DELAY_MS, type Session } from "./model.js";
import type { KvState, Start } from "./state.js";

const FORMAT = "mesos-dns keys 1";

/** The first line: what the lines behind it do not say. */
export interface Header extends Start {
  readonly format: typeof FORMAT;
}

type Json = { readonly [key: string]: unknown };

export function headerOf({ index, sessionsIndex, deleted }: KvState): Header {
  return { format: FORMAT, index, floor: deleted.floor, sessionsIndex };
}

/** The header in a line, or `undefined` if this is something else. */
export function readHeader(value: unknown): Header | undefined {
  const { format, index, floor, sessionsIndex } = fields(value);
  if (format !== FORMAT || !isNumber(index) || !isNumber(floor) || !isNumber(sessionsIndex)) return undefined;
  return { format, index, floor, sessionsIndex };
}

/** One change as JSON. Values are in base64, flags are text: they may be larger than a number of JSON's. */
export function toJson(change: Change): Json {
  switch (change.kind) {
    case "set": {
      const { key, value, flags, session, lockIndex, createIndex, modifyIndex } = change.entry;
      const locked = session === "" && lockIndex === 0 ? {} : { lock: lockIndex, session };
      const data = { value: value.toString("base64"), flags: String(flags) };
      return { set: key, ...data, ...locked, create: createIndex, modify: modifyIndex };
    }
    case "release":
      return { release: change.key, modify: change.index };
    case "delete":
      return { delete: change.key, modify: change.index };
    case "session":
      return { session: change.session };
    case "end":
      return { end: change.id, modify: change.index };
    case "delay":
      return { delay: change.key, until: change.until };
  }
}

/** The changes of a line; `undefined` if it holds something else. */
export function readChanges(value: unknown): readonly Change[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const changes = value.map((each) => readChange(fields(each)));
  return changes.every((change) => change !== undefined) ? changes : undefined;
}

function readChange(json: Json): Change | undefined {
  const { modify } = json;
  if (isText(json.delay) && isNumber(json.until)) return { kind: "delay", key: json.delay, until: json.until };
  if ("session" in json && !("set" in json)) return readSession(fields(json.session));
  if (!isNumber(modify)) return undefined;
  if (isText(json.set)) return readSet(json.set, modify, json);
  if (isText(json.release)) return { kind: "release", key: json.release, index: modify };
  if (isText(json.delete)) return { kind: "delete", key: json.delete, index: modify };
  return isText(json.end) ? { kind: "end", id: json.end, index: modify } : undefined;
}

function readSet(key: string, modifyIndex: number, json: Json): Change | undefined {
  const { value, flags, session = "", lock: lockIndex = 0, create: createIndex } = json;
  if (!isText(value) || !isText(flags) || !isText(session) || !isNumber(lockIndex) || !isNumber(createIndex)) {
    return undefined;
  }
  const data = { value: Buffer.from(value, "base64"), flags: BigInt(flags) };
  return { kind: "set", entry: { key, ...data, session, lockIndex, createIndex, modifyIndex } };
}

function readSession(json: Json): Change | undefined {
  const { id, name, node, behavior, lockDelayMs, ttl, ttlMs, nodeChecks, createIndex } = json;
  if (!isText(id) || !isText(name) || !isText(node) || !isText(ttl) || !isBehavior(behavior)) return undefined;
  if (!isNumber(ttlMs) || !isNumber(createIndex)) return undefined;
  if (!Array.isArray(nodeChecks) || !nodeChecks.every(isText)) return undefined;
  const fields = { id, name, node, behavior, ttl, ttlMs, nodeChecks, createIndex };
  const session: Session = { ...fields, lockDelayMs: wholeDelay(lockDelayMs) };
  return { kind: "session", session };
}

/** A delay as one may be. Earlier ones were stored as they were asked for: with fractions, too long, or as `null`, which is JSON for infinity. */
function wholeDelay(stored: unknown): number {
  const ms = typeof stored === "number" && stored >= 0 ? stored : MAX_LOCK_DELAY_MS;
  return Math.min(Math.ceil(ms), MAX_LOCK_DELAY_MS);
}

/** Changes that lead from nothing to this state. @param now milliseconds since the epoch: delays that are over are left out */
export function* changesOf(state: KvState, now: number): Generator<Change> {
  for (const [key, index] of state.deleted.entries()) yield { kind: "delete", key, index };
  for (const session of state.sessions()) yield { kind: "session", session };
  for (const entry of state.list("")) yield { kind: "set", entry };
  for (const [key, until] of state.delays()) if (until > now) yield { kind: "delay", key, until };
}

function fields(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isBehavior(value: unknown): value is Behavior {
  return value === "release" || value === "delete";
}

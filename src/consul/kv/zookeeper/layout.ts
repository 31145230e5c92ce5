/** Where what is stored stands below the root, and how. A node is one key, one session or one lock delay. */
import { createHash } from "node:crypto";
import { jsonIn } from "../../../base/lenient.js";
import { readChanges, toJson } from "../log-records.js";
import type { Change } from "../model.js";

/** The folder of all that mesos-dns keeps in an ensemble. */
export const TOP = "/mesos-dns";
export const ROOT = `${TOP}/kv`;
/** What all servers agree on: the index, and what the last commits have changed. */
export const HEAD = `${ROOT}/head`;
export const KEYS = `${ROOT}/keys`;
export const SESSIONS = `${ROOT}/sessions`;
export const DELAYS = `${ROOT}/delays`;

/**
 * The folders of keys, by the first octet of the key's hash: an answer with the names of a folder's nodes must stay below 4 MiB, also with
 * a million keys.
 */
export const BUCKETS: readonly string[] = Array.from(
  { length: 256 },
  (_, octet) => `${KEYS}/${octet.toString(16).padStart(2, "0")}`,
);

/** What a node holds. */
export type StoredChange = Extract<Change, { readonly kind: "set" | "session" | "delay" }>;

/** What a node is of: a kind and a key, or a session's id. */
export type NodeName = `key:${string}` | `session:${string}` | `delay:${string}`;

export function nameOf(change: Change): NodeName {
  switch (change.kind) {
    case "set":
      return `key:${change.entry.key}`;
    case "release":
    case "delete":
      return `key:${change.key}`;
    case "session":
      return `session:${change.session.id}`;
    case "end":
      return `session:${change.id}`;
    case "delay":
      return `delay:${change.key}`;
  }
}

/** The key, or the session's id, of a name. */
export function idOf(name: NodeName): string {
  return name.slice(name.indexOf(":") + 1);
}

export function isNodeName(text: unknown): text is NodeName {
  return typeof text === "string" && /^(?:key|session|delay):/.test(text);
}

/** Keys may be longer than a node's name may be, and have any character: their nodes are named after their SHA-256. */
export function pathOf(name: NodeName): string {
  const id = idOf(name);
  if (name.startsWith("session:")) return `${SESSIONS}/${encodeURIComponent(id)}`;
  const hash = createHash("sha256").update(id).digest();
  const text = hash.toString("base64url");
  return name.startsWith("delay:") ? `${DELAYS}/${text}` : `${BUCKETS[hash[0] ?? 0]}/${text}`;
}

const NEWLINE = 10;
const NO_VALUE = Buffer.alloc(0);

/** A node's data: a line of JSON, and behind it a key's value as it is. */
export function encode(change: StoredChange): Buffer {
  const isKey = change.kind === "set";
  const bare = isKey ? { ...change, entry: { ...change.entry, value: NO_VALUE } } : change;
  const line = Buffer.from(`${JSON.stringify(toJson(bare))}\n`);
  return isKey ? Buffer.concat([line, change.entry.value]) : line;
}

/** `undefined` for data that this program has not written. */
export function decode(data: Buffer): StoredChange | undefined {
  const end = data.indexOf(NEWLINE);
  const [change] = readChanges([jsonIn(data.toString("utf8", 0, Math.max(end, 0)))]) ?? [];
  if (change?.kind === "set") return { kind: "set", entry: { ...change.entry, value: data.subarray(end + 1) } };
  return change?.kind === "session" || change?.kind === "delay" ? change : undefined;
}

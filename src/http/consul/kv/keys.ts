/** `/v1/kv/`: reading, writing and deleting keys. */

import type { Entry, Refusal } from "../../../consul/kv/model.js";
import { MAX_VALUE } from "../../../consul/kv/model.js";
import { act, type Done, type Operation } from "../../../consul/kv/operations.js";
import type { KvReadings, KvStore } from "../../../consul/kv/store.js";
import type { ConsulAnswer, ConsulEndpoint, ConsulRequest, Reading } from "../endpoint.js";
import { arrayOf, entryJson, json, notFound, refusal, stored, text } from "./answers.js";
import { parseUint64 } from "./numbers.js";
import { type Parts, SharedAnswers } from "./shared-answers.js";

/** What an entry takes in JSON beside its key and value, about. */
const FRAME = 128;
const NO_KEY = text(400, "Missing key name");
/** A surrogate that is not one of a pair: such a key has no octets. */
const HALF_CHARACTER = /\p{Surrogate}/u;

export function keyEndpoint(store: KvStore): ConsulEndpoint {
  const shared = new SharedAnswers();
  return {
    path: "/v1/kv/",
    maxBody: MAX_VALUE,
    GET: (request) => read(store, shared, request),
    PUT: (request) => write(store, request),
    DELETE: (request) => remove(store, request),
  };
}

/** Whether this can be a key, once it is not empty. */
export function isKey(key: string): boolean {
  return !HALF_CHARACTER.test(key);
}

function read(store: KvStore, shared: SharedAnswers, { rest, query }: ConsulRequest): Reading | ConsulAnswer {
  const { now } = store;
  const below = {
    index: () => now.prefixIndex(rest),
    watch: (listener: () => void) => store.watchPrefix(rest, listener),
  };
  if (query.has("keys")) {
    const separator = query.get("separator") ?? query.get("seperator") ?? "";
    return { ...below, answer: () => keysAnswer(now, shared, rest, separator) };
  }
  if (query.has("recurse")) return { ...below, answer: () => treeAnswer(now, shared, rest) };
  if (rest === "") return NO_KEY;
  return {
    index: () => now.keyIndex(rest),
    watch: (listener) => store.watchKey(rest, listener),
    answer: () => {
      const entry = now.entry(rest);
      const index = now.keyIndex(rest);
      if (!entry) return notFound(index);
      if (query.has("raw")) return { status: 200, type: "raw", body: [entry.value], index };
      return shared.answer(`key ${rest}`, index, () => entriesParts([entry]));
    },
  };
}

function treeAnswer(now: KvReadings, shared: SharedAnswers, prefix: string): ConsulAnswer {
  const index = now.prefixIndex(prefix);
  if (!now.hasBelow(prefix)) return notFound(index);
  return shared.answer(`tree ${prefix}`, index, () => entriesParts(now.list(prefix)));
}

/** Entries are never changed, so that an answer can be made of them later. */
function entriesParts(entries: readonly Entry[]): Parts {
  const octets = entries.reduce((sum, { key, value }) => sum + FRAME + key.length + (value.length * 4) / 3, 0);
  return { pieces: arrayOf(entries, entryJson), octets };
}

function keysAnswer(now: KvReadings, shared: SharedAnswers, prefix: string, separator: string): ConsulAnswer {
  const index = now.prefixIndex(prefix);
  if (prefix !== "" && !now.hasBelow(prefix)) return notFound(index);
  return shared.answer(`keys ${JSON.stringify(separator)} ${prefix}`, index, () => {
    const entries = now.list(prefix);
    const octets = entries.reduce((sum, { key }) => sum + key.length, 0);
    return { pieces: arrayOf(placesOf(entries, prefix, separator), (key) => JSON.stringify(key)), octets };
  });
}

/** Each key up to the separator, once. Those that begin alike stand side by side. */
function* placesOf(entries: readonly Entry[], prefix: string, separator: string): Generator<string> {
  let last: string | undefined;
  for (const { key } of entries) {
    const place = upTo(key, prefix, separator);
    if (place !== last) yield place;
    last = place;
  }
}

/** A key up to the first separator behind the prefix, that included. */
function upTo(key: string, prefix: string, separator: string): string {
  const at = separator === "" ? -1 : key.indexOf(separator, prefix.length);
  return at < 0 ? key : key.slice(0, at + separator.length);
}

function write(store: KvStore, { rest: key, query, body }: ConsulRequest): Promise<ConsulAnswer> | ConsulAnswer {
  if (key === "") return NO_KEY;
  if (!isKey(key)) return text(400, "Invalid key name: it is not UTF-8");
  const conflict = conflictOf(query, ["cas", "acquire", "release"]);
  if (conflict) return conflict;
  const flags = numberOf(query, "flags");
  const index = numberOf(query, "cas");
  if (typeof flags === "object") return flags;
  if (typeof index === "object") return index;
  const session = query.get("acquire") ?? query.get("release") ?? "";
  const operation = { verb: verbOf(query), key, value: body, flags: flags ?? 0n, index: Number(index ?? 0), session };
  return submit(store, operation);
}

function verbOf(query: URLSearchParams): string {
  if (query.has("cas")) return "cas";
  if (query.has("acquire")) return "lock";
  return query.has("release") ? "unlock" : "set";
}

function remove(store: KvStore, { rest: key, query }: ConsulRequest): Promise<ConsulAnswer> | ConsulAnswer {
  const conflict = conflictOf(query, ["recurse", "cas"]);
  if (conflict) return conflict;
  const isTree = query.has("recurse");
  if (key === "" && !isTree) return NO_KEY;
  const index = numberOf(query, "cas");
  if (typeof index === "object") return index;
  const single = index === undefined ? "delete" : "delete-cas";
  const verb = isTree ? "delete-tree" : single;
  return submit(store, { verb, key, value: Buffer.alloc(0), flags: 0n, index: Number(index ?? 0), session: "" });
}

/** `true`, or `false` if it depended on something that is not so. */
function submit(store: KvStore, operation: Operation): Promise<ConsulAnswer> {
  const octets = operation.key.length + operation.value.length;
  const written = store.submit<Done | Refusal>({ octets, decide: (draft, moment) => act(draft, operation, moment) });
  return stored(
    written.then((outcome) => {
      if (outcome.ok) return json(["true"]);
      return outcome.kind === "condition" ? json(["false"]) : refusal(outcome);
    }),
  );
}

function conflictOf(query: URLSearchParams, names: readonly string[]): ConsulAnswer | undefined {
  const given = names.filter((name) => query.has(name));
  return given.length > 1 ? text(400, `Conflicting flags: ${given.join(" and ")} cannot be used together`) : undefined;
}

/** A number of the query's; `undefined` if it is not there, and an answer if it is none. */
function numberOf(query: URLSearchParams, name: string): bigint | undefined | ConsulAnswer {
  const given = query.get(name);
  if (given === null) return undefined;
  return parseUint64(given) ?? text(400, `Invalid ${name}: ${JSON.stringify(given)} is no unsigned number of 64 bits`);
}

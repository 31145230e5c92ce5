/** `/v1/kv/`: reading, writing and deleting keys. */

import type { Refusal } from "../../../consul/kv/model.js";
import { MAX_VALUE } from "../../../consul/kv/model.js";
import { act, type Done, type Operation } from "../../../consul/kv/operations.js";
import type { KvStore } from "../../../consul/kv/store.js";
import type { ConsulAnswer, ConsulEndpoint, ConsulRequest, Reading } from "../endpoint.js";
import { arrayOf, entryJson, json, notFound, refusal, stored, text } from "./answers.js";
import { parseUint64 } from "./numbers.js";

const NO_KEY = text(400, "Missing key name");
/** A surrogate that is not one of a pair: such a key has no octets. */
const HALF_CHARACTER = /\p{Surrogate}/u;

export function keyEndpoint(store: KvStore): ConsulEndpoint {
  return {
    path: "/v1/kv/",
    maxBody: MAX_VALUE,
    GET: (request) => read(store, request),
    PUT: (request) => write(store, request),
    DELETE: (request) => remove(store, request),
  };
}

/** Whether this can be a key, once it is not empty. */
export function isKey(key: string): boolean {
  return !HALF_CHARACTER.test(key);
}

function read(store: KvStore, { rest, query }: ConsulRequest): Reading | ConsulAnswer {
  const { now } = store;
  const below = {
    index: () => now.prefixIndex(rest),
    watch: (listener: () => void) => store.watchPrefix(rest, listener),
  };
  if (query.has("keys")) {
    const separator = query.get("separator") ?? query.get("seperator") ?? "";
    return { ...below, answer: () => keysAnswer(store, rest, separator) };
  }
  if (query.has("recurse")) {
    return {
      ...below,
      answer: () => {
        const entries = now.list(rest);
        const index = now.prefixIndex(rest);
        return entries.length === 0 ? notFound(index) : json([...arrayOf(entries, entryJson)], index);
      },
    };
  }
  if (rest === "") return NO_KEY;
  return {
    index: () => now.keyIndex(rest),
    watch: (listener) => store.watchKey(rest, listener),
    answer: () => {
      const entry = now.entry(rest);
      const index = now.keyIndex(rest);
      if (!entry) return notFound(index);
      if (query.has("raw")) return { status: 200, type: "raw", body: [entry.value], index };
      return json([...arrayOf([entry], entryJson)], index);
    },
  };
}

function keysAnswer({ now }: KvStore, prefix: string, separator: string): ConsulAnswer {
  const keys = now.list(prefix).map(({ key }) => upTo(key, prefix, separator));
  const index = now.prefixIndex(prefix);
  if (keys.length === 0 && prefix !== "") return notFound(index);
  // Keys that begin alike stand side by side.
  return json([...arrayOf(new Set(keys), (key) => JSON.stringify(key))], index);
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

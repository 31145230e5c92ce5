/** `/v1/txn`: several operations on keys, all or none. */
import { MAX_OPERATIONS, MAX_VALUE } from "../../../consul/kv/model.js";
import { isReading, type Operation } from "../../../consul/kv/operations.js";
import type { KvStore } from "../../../consul/kv/store.js";
import { type Committed, inspect, type RolledBack, resultOctets, transact } from "../../../consul/kv/transaction.js";
import type { ConsulAnswer, ConsulEndpoint, ConsulRequest } from "../endpoint.js";
import { arrayOf, bodyOf, entryJson, json, refusal, stored, text } from "./answers.js";
import { JsonFields, MAX_DEPTH, parseJson } from "./json-fields.js";
import { isKey } from "./keys.js";
import { parseUint64, withExactNumbers } from "./numbers.js";

/** Octets of the largest transaction: enough for one of the largest values in base64. */
const MAX_REQUEST = 1_048_576;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
/** What Consul adds to the answer to a transaction that only reads. Its index is always 1. */
const READ_FIELDS =
  '"Index":1,"LastContact":0,"KnownLeader":true,"ConsistencyLevel":"","NotModified":false,"Backend":0';

export function transactionEndpoint(store: KvStore): ConsulEndpoint {
  return { path: "/v1/txn", maxBody: MAX_REQUEST, PUT: (request) => run(store, request) };
}

function run(store: KvStore, { body }: ConsulRequest): Promise<ConsulAnswer> | ConsulAnswer {
  const operations = readOperations(body.toString("utf8"));
  if ("status" in operations) return operations;
  if (operations.every(isReading)) return answer(store, inspect(store.now, operations), `,${READ_FIELDS}`);
  const octets = operations.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
  const done = store.submit<Committed | RolledBack>({
    octets,
    decide: (draft, moment) => transact(draft, operations, moment),
  });
  return stored(done.then((outcome) => answer(store, outcome, "")));
}

function answer({ now }: KvStore, outcome: Committed | RolledBack, more: string): ConsulAnswer {
  if (outcome.ok) {
    const { results } = outcome;
    const octets = results.reduce((sum, { entry }) => sum + resultOctets(entry), 0);
    return json(bodyOf(resultsJson(results, more), octets), now.index);
  }
  const limit = outcome.errors.find(({ refusal: { kind } }) => kind === "full" || kind === "large");
  if (limit) return refusal(limit.refusal);
  const errors = outcome.errors.map(({ at, refusal: { what } }) => ({ OpIndex: at, What: what }));
  const body = [JSON.stringify({ Results: null, Errors: errors })];
  return { status: 409, type: "json", body, index: now.index };
}

function* resultsJson(results: Committed["results"], more: string): Generator<string> {
  yield '{"Results":';
  yield* arrayOf(results, ({ entry, reads }) => `{"KV":${entryJson(entry, reads)}}`);
  yield `,"Errors":null${more}}`;
}

function readOperations(body: string): readonly Operation[] | ConsulAnswer {
  const isJson = parseJson(body) !== undefined;
  const value = isJson ? parseJson(withExactNumbers(body))?.value : undefined;
  if (!Array.isArray(value)) return undecodable(`it is no list in JSON, or one more than ${MAX_DEPTH} deep`);
  if (value.length > MAX_OPERATIONS) {
    return text(413, `Transaction contains too many operations (${value.length} > ${MAX_OPERATIONS})`);
  }
  const operations: Operation[] = [];
  for (const [at, each] of value.entries()) {
    const operation = readOperation(JsonFields.of(JsonFields.of(each)?.get("KV")));
    if (typeof operation === "string") return undecodable(`operation ${at}: ${operation}`);
    const { key, value: data } = operation;
    if (data.length > MAX_VALUE) {
      return text(413, `Value for key ${JSON.stringify(key)} is too large (${data.length} > ${MAX_VALUE} bytes)`);
    }
    operations.push(operation);
  }
  return operations;
}

/** One operation, or what is wrong with it. */
function readOperation(fields: JsonFields | undefined): Operation | string {
  if (!fields) return "it has no KV: only keys can be in a transaction";
  const [verb, key, value, session] = ["Verb", "Key", "Value", "Session"].map((name) => fields.text(name));
  if (verb === undefined || key === undefined || session === undefined || !isKey(key)) {
    return "Verb, Key and Session are text";
  }
  if (value === undefined || value.length % 4 !== 0 || !BASE64.test(value)) return "Value is text in base64";
  const [flags, index] = ["Flags", "Index"].map((name) => numberOf(fields.get(name) ?? 0));
  if (flags === undefined || index === undefined) return "Flags and Index are unsigned numbers of 64 bits";
  return { verb, key, value: Buffer.from(value, "base64"), flags, index: Number(index), session };
}

/** A number, or its digits: as text it may have all that 64 bits hold. */
function numberOf(value: unknown): bigint | undefined {
  return typeof value === "number" || typeof value === "string" ? parseUint64(String(value)) : undefined;
}

function undecodable(reason: string): ConsulAnswer {
  return text(400, `Failed to parse body: ${reason}`);
}

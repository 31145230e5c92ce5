import { codeOf, MesosDnsError } from "../../../base/errors.js";
import type { Entry, Refusal } from "../../../consul/kv/model.js";
import type { ConsulAnswer } from "../endpoint.js";

/** One line for people, as all errors are. */
export function text(status: number, line: string): ConsulAnswer {
  return { status, type: "text", body: [line] };
}

/** @param json valid JSON, in pieces */
export function json(body: Iterable<string>, index?: number): ConsulAnswer {
  return { status: 200, type: "json", body, index };
}

export function notFound(index: number): ConsulAnswer {
  return { status: 404, type: "text", body: [], index };
}

/** The codes of what is for those who write an endpoint: nobody's request is wrong. */
const STATUS: { readonly [Kind in Refusal["kind"]]: number } = { condition: 409, invalid: 500, large: 413, full: 507 };

/** What a refused write is answered with, where Consul answers an error. */
export function refusal({ kind, what }: Refusal): ConsulAnswer {
  return text(STATUS[kind], what);
}

/** Answers a write that could not be stored with the reason. Anything else that is thrown is a fault of this program's, and is passed on. */
export async function stored(write: Promise<ConsulAnswer>): Promise<ConsulAnswer> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof MesosDnsError && codeOf(error).startsWith("KV_")) return text(500, error.message);
    throw error;
  }
}

/** An entry as JSON. Flags may need more digits than a number of JavaScript's has. */
export function entryJson(entry: Entry, withValue = true): string {
  const { key, value, flags, session, lockIndex, createIndex, modifyIndex } = entry;
  const data = withValue && value.length > 0 ? `"${value.toString("base64")}"` : "null";
  const holder = session === "" ? "" : `"Session":${JSON.stringify(session)},`;
  const indexes = `"CreateIndex":${createIndex},"ModifyIndex":${modifyIndex}`;
  return `{"LockIndex":${lockIndex},"Key":${JSON.stringify(key)},"Flags":${flags},"Value":${data},${holder}${indexes}}`;
}

/** A JSON array in pieces, one for each element. */
export function* arrayOf<T>(elements: Iterable<T>, show: (element: T) => string): Generator<string> {
  yield "[";
  let separator = "";
  for (const element of elements) {
    yield separator + show(element);
    separator = ",";
  }
  yield "]";
}

/** An answer with about so many octets is made at once; a larger one piece by piece, as its client takes it. */
const MAX_AT_ONCE = 262_144;
const CHUNK_CHARS = 65_536;

/**
 * A long body in chunks.
 *
 * @param pieces are made one by one if there are many octets: what they are made of must not change meanwhile
 * @param octets about how many they are
 */
export function bodyOf(pieces: Iterable<string>, octets: number): Iterable<string> {
  const chunks = chunksOf(pieces);
  return octets > MAX_AT_ONCE ? chunks : [...chunks];
}

function* chunksOf(pieces: Iterable<string>): Generator<string> {
  let text = "";
  for (const piece of pieces) {
    text += piece;
    if (text.length < CHUNK_CHARS) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}

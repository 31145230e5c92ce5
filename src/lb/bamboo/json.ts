import { byteOrder } from "../../base/byte-order.js";

/** What can be written as JSON. A Map has its keys sorted, as Go's maps have; an object keeps its order. */
export type Json =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly Json[]
  | ReadonlyMap<string, Json>
  | { readonly [name: string]: Json };

/** JSON as Go's encoding/json writes it: without blanks, and with `<`, `>` and `&` escaped. */
export function goJson(value: Json): string {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return escaped(JSON.stringify(value));
  if (isList(value)) return `[${value.map(goJson).join(",")}]`;
  const entries = value instanceof Map ? sorted(value) : Object.entries(value as { readonly [name: string]: Json });
  return `{${entries.map(([name, item]) => `${escaped(JSON.stringify(name))}:${goJson(item)}`).join(",")}}`;
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value);
}

function sorted(map: ReadonlyMap<string, Json>): [string, Json][] {
  return [...map].sort(([a], [b]) => byteOrder(a, b));
}

function escaped(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

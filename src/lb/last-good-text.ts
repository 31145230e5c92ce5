import { createHash } from "node:crypto";
import { isObject } from "../base/lenient.js";

/** Changes with the form of what is kept. */
const VERSION = 1;
/** The name of a Map's only member where it stands in JSON. */
const MAP = "\u0000map";

/** Items as they were last, for the program after this one: one line with the sum of the other, and the other. */
export function goodText(items: readonly unknown[]): string {
  const body = JSON.stringify({ version: VERSION, items }, (_, value: unknown) =>
    value instanceof Map ? { [MAP]: [...value] } : value,
  );
  return `${sumOf(body)}\n${body}\n`;
}

/** Throws an Error if the text is not what goodText() has made of such items, or an earlier version has. */
export function readGood<Item>(text: string): readonly Item[] {
  const [sum, body = ""] = text.split("\n");
  if (sum !== sumOf(body)) throw new Error("it is damaged");
  const read: unknown = JSON.parse(body, (_, value: unknown) =>
    isObject(value) && Array.isArray(value[MAP]) ? new Map(value[MAP]) : value,
  );
  if (!isObject(read) || read.version !== VERSION) throw new Error("it is another version's");
  // The sum says that this program has written it.
  return read.items as readonly Item[];
}

function sumOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

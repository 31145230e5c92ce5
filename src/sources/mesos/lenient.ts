/** Reading decoded JSON that may hold anything anywhere: what is not of the expected kind counts as absent. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `value` itself if it is a string, else "". */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** `value` itself if it is a list, else an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** An element of a list in the state that lacks what it cannot be used without. */
export interface Malformed {
  /** A clause, such as `it has no id`. */
  readonly malformed: string;
  /** The Mesos id it gives, if it gives one. */
  readonly id: string | undefined;
}

export function malformed(reason: string, id?: unknown): Malformed {
  return { malformed: reason, id: textOf(id) || undefined };
}

const NONE: readonly never[] = Object.freeze([]);

/** A list built element by element has room for 17; its copy has room for what is in it. There are 100,000 of them. */
export function trimmed<Item>(list: readonly Item[]): readonly Item[] {
  return list.length === 0 ? NONE : list.slice();
}

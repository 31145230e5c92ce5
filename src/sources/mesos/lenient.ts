import { textOf } from "../../base/lenient.js";

/** An element of a list in the state that lacks a required member. */
export interface Malformed {
  /** A clause, such as `it has no id`. */
  readonly malformed: string;
  /** Its Mesos id, if it has one. */
  readonly id: string | undefined;
}

export function malformed(reason: string, id?: unknown): Malformed {
  return { malformed: reason, id: textOf(id) || undefined };
}

const NONE: readonly never[] = Object.freeze([]);

/** V8 allocates room for 17 elements when the first is pushed; a copy has room for its elements only. A state has 100,000 such lists. */
export function trimmed<Item>(list: readonly Item[]): readonly Item[] {
  return list.length === 0 ? NONE : list.slice();
}

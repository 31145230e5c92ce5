import { isObject } from "../base/lenient.js";
import { SUBJECTS, type Subject, type TopReport } from "../top/minute.js";
import type { Counted } from "../top/tally.js";

/** Reads decoded JSON of whoever answers; `undefined` if it is no such report. */
export function readTopReport(value: unknown): TopReport | undefined {
  if (!isObject(value) || !isObject(value.top)) return undefined;
  const { seconds, queries, missed, top } = value;
  if (!isCount(seconds) || seconds === 0 || !isCount(queries) || !isCount(missed)) return undefined;
  const lists = SUBJECTS.map((subject) => [subject, top[subject]] as const);
  if (!lists.every(([, list]) => Array.isArray(list) && list.every(isCounted))) return undefined;
  return { seconds, queries, missed, top: Object.fromEntries(lists) as Record<Subject, readonly Counted[]> };
}

function isCounted(value: unknown): value is Counted {
  return isObject(value) && typeof value.key === "string" && isCount(value.count);
}

function isCount(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}

/** What people have said of instances: it counts more than their checks. */
import { isObject } from "../base/lenient.js";
import { parseJsonOrText } from "../config/format.js";

export type Force = "up" | "down";

export interface Override {
  readonly force: Force;
  /** Milliseconds since the epoch at which it ends; `null` if it does not by itself. */
  readonly until: number | null;
}

/** By instance. */
export type Overrides = ReadonlyMap<string, Override>;

/** Seconds that an override may last: 30 days. */
export const MAX_OVERRIDE_SECONDS = 2_592_000;
/** The last moment that a `Date` can have. */
const LAST_TIME = 8.64e15;

/** Those that still count. */
export function withoutExpired(overrides: Overrides, now: number): Overrides {
  return new Map([...overrides].filter(([, { until }]) => until === null || until > now));
}

/** When the first of them ends; `undefined` if none does. */
export function nextEnd(overrides: Overrides): number | undefined {
  const ends = [...overrides.values()].map(({ until }) => until).filter((until) => until !== null);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** The text of the file of overrides. */
export function formatOverrides(overrides: Overrides): string {
  return `${JSON.stringify({ version: 1, overrides: Object.fromEntries(overrides) }, null, 2)}\n`;
}

/** Reads that text; `undefined` if it is none. Entries that make no sense are left out. */
export function parseOverrides(text: string): Overrides | undefined {
  const value = parseJsonOrText(text);
  if (!isObject(value) || value.version !== 1 || !isObject(value.overrides)) return undefined;
  const entries = Object.entries(value.overrides);
  return new Map(
    entries.flatMap(([instance, entry]) => {
      const override = readOverride(entry);
      return override ? [[instance, override] as const] : [];
    }),
  );
}

function readOverride(entry: unknown): Override | undefined {
  if (!isObject(entry)) return undefined;
  const { force, until } = entry;
  if (force !== "up" && force !== "down") return undefined;
  const isTime = typeof until === "number" && Math.abs(until) <= LAST_TIME;
  return until === null || isTime ? { force, until } : undefined;
}

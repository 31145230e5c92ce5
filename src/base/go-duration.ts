/** Nanoseconds of each unit. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ["ns", 1],
  ["us", 1e3],
  ["µs", 1e3],
  ["μs", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
  ["m", 60e9],
  ["h", 3600e9],
]);
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy;
const ALL = /^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;

/**
 * A time as Go's programs write it, such as `1m30s` or `500ms`, in nanoseconds; `undefined` if it is none, or is negative.
 *
 * Source: ParseDuration of Go's package time.
 */
export function nanosecondsIn(text: string): number | undefined {
  if (text === "0") return 0;
  if (text.length > 64 || !ALL.test(text)) return undefined;
  return [...text.matchAll(PART)].reduce(
    (sum, [, count, unit = ""]) => sum + Number(count) * (UNITS.get(unit) ?? 0),
    0,
  );
}

/** How values are written, the same everywhere. */

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en", { maximumSignificantDigits: 3, notation: "compact" });

/** `12,345`; a dash for what is unknown. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : WHOLE.format(value);
}

/** A rate: `0`, `0.4`, `12`, `1.2K`. */
export function rate(value: number): string {
  if (value === 0) return "0";
  if (value < 10) return digits(value);
  return value < 10_000 ? WHOLE.format(value) : SHORT.format(value);
}

/** A short time in seconds: `12 µs`, `3.4 ms`, `1.2 s`. */
export function latency(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 0.001) return `${digits(seconds * 1e6)} µs`;
  if (seconds < 1) return `${digits(seconds * 1e3)} ms`;
  return `${digits(seconds)} s`;
}

function digits(value: number): string {
  return value < 10 ? value.toFixed(1).replace(/\.0$/, "") : WHOLE.format(value);
}

/** `95%`; a dash for what is unknown. */
export function share(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return value < 1 && value > 0.995 ? ">99%" : `${Math.round(value * 100)}%`;
}

const UNITS = ["B", "KiB", "MiB", "GiB"];

export function bytes(value: number): string {
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${digits(value)} ${UNITS[unit]}`;
}

const SPANS: readonly (readonly [string, number])[] = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
];

/** A time span: `8 s`, `3 min`, `2 h 5 min`, `4 d 3 h`. @param milliseconds below 0 count as 0 */
export function span(milliseconds: number): string {
  let left = Math.max(0, Math.round(milliseconds / 1000));
  const first = SPANS.findIndex(([, seconds]) => left >= seconds);
  if (first < 0) return "0 s";
  const parts: string[] = [];
  for (const [unit, seconds] of SPANS.slice(first, first + 2)) {
    const value = Math.floor(left / seconds);
    left -= value * seconds;
    if (value > 0) parts.push(`${value} ${unit}`);
  }
  return left >= 0 && first >= 2 ? parts[0] : parts.join(" ");
}

/** The time of day. @param at ISO 8601, or milliseconds since the epoch */
export function clock(at: string | number): string {
  return new Date(at).toLocaleTimeString("en-GB");
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

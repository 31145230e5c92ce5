/** `?index=N&wait=30s`: how long a request waits for a change, with the parameters of Consul's blocking queries. */

/** Milliseconds. */
const DEFAULT_WAIT = 300_000;
const MAX_WAIT = 600_000;
/** Each request waits longer by a random part of its time, up to this one, so that requests that began together do not all end together. */
const SPREAD = 1 / 16;

export interface Wait {
  /** The request waits for an index above this; `undefined` to respond at once. */
  readonly above: number | undefined;
  /** How long the request waits at most, in milliseconds. */
  readonly waitMs: number;
}

const MILLISECONDS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};
const DURATION = /^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;
/** Texts longer than this are not parsed. */
const MAX_TEXT = 64;

/** The milliseconds in `1m30s`, `250ms`, `1.5h`; `undefined` if a unit is missing or unknown. */
export function parseDuration(text: string): number | undefined {
  if (text.length > MAX_TEXT || !DURATION.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, unit = ""] of text.matchAll(PART)) sum += Number(amount) * (MILLISECONDS[unit] ?? 0);
  return sum;
}

/**
 * How a request wants to wait, or a sentence that says what is wrong with its parameters.
 * @param random from 0 up to but not including 1
 */
export function waitIn(query: URLSearchParams, random: () => number = () => 0): Wait | string {
  const [index, wait] = [query.get("index"), query.get("wait")];
  const above = index === null || index === "" ? 0 : /^\d{1,16}$/.test(index) ? Number(index) : Number.NaN;
  if (!Number.isSafeInteger(above)) {
    return `index is ${shown(index)}, not the index of an answer: give the number that the last one had, or leave it out to be answered at once`;
  }
  const asked = wait === null || wait === "" ? DEFAULT_WAIT : parseDuration(wait);
  if (asked === undefined) {
    return `wait is ${shown(wait)}, not a time: give numbers with a unit each (ns, us, ms, s, m, h), such as 30s or 1m30s`;
  }
  const bounded = Math.min(asked, MAX_WAIT);
  return { above: above === 0 ? undefined : above, waitMs: bounded * (1 + SPREAD * random()) };
}

/** An error message quotes at most this many characters of a wrong value. */
const MAX_SHOWN = 40;

function shown(text: string | null): string {
  const whole = text ?? "";
  return JSON.stringify(whole.length > MAX_SHOWN ? `${whole.slice(0, MAX_SHOWN)}…` : whole);
}

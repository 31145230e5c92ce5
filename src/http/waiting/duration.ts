/** How long a request waits, in the notation of Consul's blocking queries: `wait=1m30s`. */

/** Milliseconds. */
const MAX_WAIT = 600_000;
/** Each request waits longer by a random part of its time, up to this one, so that requests that began together do not all end together. */
const SPREAD = 1 / 16;

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
 * The milliseconds in the parameter `wait`, or a sentence that says what is wrong with it.
 *
 * @param defaultMs if it is absent or empty
 * @param random from 0 up to but not including 1
 */
export function readWait(wait: string | null, defaultMs: number, random: () => number): number | string {
  const asked = wait === null || wait === "" ? defaultMs : parseDuration(wait);
  if (asked === undefined)
    return `wait is ${shown(wait)}, not a time: give numbers with a unit each (ns, us, ms, s, m, h), such as 30s or 1m30s`;
  return Math.min(asked, MAX_WAIT) * (1 + SPREAD * random());
}

/** An error message quotes at most this many characters of a wrong value. */
const MAX_SHOWN = 40;

export function shown(text: string | null): string {
  const whole = text ?? "";
  return JSON.stringify(whole.length > MAX_SHOWN ? `${whole.slice(0, MAX_SHOWN)}…` : whole);
}

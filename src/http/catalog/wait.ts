/** `?index=N&wait=30s`: how long a request waits for news, in the words of Consul's blocking queries. */

/** Milliseconds. */
const DEFAULT_WAIT = 300_000;
const MAX_WAIT = 600_000;
/** Requests that began together shall not all end together: each waits up to this part longer. */
const SPREAD = 1 / 16;

export interface Wait {
  /** News is what has a larger index; nothing where the answer is wanted at once. */
  readonly above: number | undefined;
  /** Milliseconds. */
  readonly patience: number;
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
/** Longer texts are no durations that anybody means. */
const MAX_TEXT = 64;

/** Milliseconds of `1m30s`, `250ms`, `1.5h`; nothing for what has no unit, or an unknown one. */
export function parseDuration(text: string): number | undefined {
  if (text.length > MAX_TEXT || !DURATION.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, unit = ""] of text.matchAll(PART)) sum += Number(amount) * (MILLISECONDS[unit] ?? 0);
  return sum;
}

/**
 * What a request says of waiting, or what is wrong with that, as a sentence.
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
  return { above: above === 0 ? undefined : above, patience: bounded * (1 + SPREAD * random()) };
}

/** Characters of a wrong value that are repeated. */
const MAX_SHOWN = 40;

function shown(text: string | null): string {
  const whole = text ?? "";
  return JSON.stringify(whole.length > MAX_SHOWN ? `${whole.slice(0, MAX_SHOWN)}…` : whole);
}

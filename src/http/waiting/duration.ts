import { nanosecondsIn } from "../../base/go-duration.js";

/** How long a request waits, in the notation of Consul's blocking queries: `wait=1m30s`. */

/** Milliseconds. */
const MAX_WAIT = 600_000;
/** Each request waits longer by a random part of its time, up to this one, so that requests that began together do not all end together. */
const SPREAD = 1 / 16;
const NANOSECONDS_A_MS = 1e6;

/** The milliseconds in `1m30s`, `250ms`, `1.5h`; `undefined` if a unit is missing or unknown. Zero needs a unit, too. */
export function parseDuration(text: string): number | undefined {
  const nanoseconds = text === "0" ? undefined : nanosecondsIn(text);
  return nanoseconds === undefined ? undefined : nanoseconds / NANOSECONDS_A_MS;
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

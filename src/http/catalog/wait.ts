/** `?index=N&wait=30s`: how long a request waits for a change, with the parameters of Consul's blocking queries. */

import { readWait, shown } from "../waiting/duration.js";

/** Milliseconds. */
const DEFAULT_WAIT = 300_000;

export interface Wait {
  /** The request waits for an index above this; `undefined` to respond at once. */
  readonly above: number | undefined;
  /** How long the request waits at most, in milliseconds. */
  readonly waitMs: number;
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
  const waitMs = readWait(wait, DEFAULT_WAIT, random);
  return typeof waitMs === "string" ? waitMs : { above: above === 0 ? undefined : above, waitMs };
}

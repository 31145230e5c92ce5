import { parseDuration } from "../waiting/duration.js";
import { refusal } from "./answers.js";
import type { ConsulAnswer } from "./endpoint.js";

/** What holds for the parameters of every request. */

/** Milliseconds. */
const DEFAULT_WAIT = 300_000;
const MAX_WAIT = 600_000;
/** A request waits longer by a random part of its time, up to this one, so that those that began together do not all end together. */
const SPREAD = 1 / 16;

export interface ReadOptions {
  /** The request waits for an index above this; `undefined` to be answered at once. */
  readonly above: number | undefined;
  /** How long it waits at most, in milliseconds. */
  readonly waitMs: number;
  readonly consistency: "leader" | "stale" | "consistent";
  readonly isCached: boolean;
}

/** A datacenter that is not ours; `undefined` if it is, or if none is named. */
export function refusedDatacenter(query: URLSearchParams, own: string): ConsulAnswer | undefined {
  const named = query.get("dc") ?? "";
  return named === "" || named.toLowerCase() === own ? undefined : refusal(500, "No path to datacenter");
}

/**
 * How a request is to be read, or a refusal that says what is wrong with it.
 *
 * @param random from 0 up to but not including 1
 */
export function readOptionsIn(query: URLSearchParams, random: () => number): ReadOptions | ConsulAnswer {
  const [isStale, isConsistent] = [query.has("stale"), query.has("consistent")];
  if (isStale && isConsistent) return refusal(400, "Cannot specify ?stale with ?consistent, conflicting semantics.");
  const maxStale = query.get("max_stale") ?? "";
  if (maxStale !== "" && parseDuration(maxStale) === undefined)
    return refusal(400, `Invalid max_stale value ${shown(maxStale)}`);
  const index = query.get("index") ?? "";
  if (!/^\d{0,20}$/.test(index)) return refusal(400, "Invalid index");
  const wait = query.get("wait") ?? "";
  const asked = wait === "" ? DEFAULT_WAIT : parseDuration(wait);
  if (asked === undefined) return refusal(400, "Invalid wait time");
  const above = Number(index);
  return {
    above: above > 0 ? above : undefined,
    waitMs: Math.min(asked, MAX_WAIT) * (1 + SPREAD * random()),
    consistency: isStale ? "stale" : isConsistent ? "consistent" : "leader",
    isCached: query.has("cached"),
  };
}

const MAX_SHOWN = 40;

function shown(text: string): string {
  return JSON.stringify(text.slice(0, MAX_SHOWN));
}

import type { Clock } from "../serving/clock.js";

/** How far the two clocks may drift apart, in milliseconds, before the time of day is believed anew. */
const TOLERANCE = 2;
/** The time of day has whole milliseconds: on average half of one is cut off. */
const CUT_OFF = 0.5;

/**
 * Milliseconds since 1970 when the clock of the threads was 0. It stays the same while nobody sets the machine's clock, so that times in the
 * log are as exact against each other as that clock is.
 *
 * @param wallClock milliseconds since 1970
 */
export function epochOf(clock: Clock, wallClock: () => number): () => number {
  const now = new Float64Array(1);
  let epochMs = Number.NaN;
  return () => {
    clock(now);
    const measured = wallClock() - now[0] + CUT_OFF;
    if (!(Math.abs(measured - epochMs) <= TOLERANCE)) epochMs = measured;
    return epochMs;
  };
}

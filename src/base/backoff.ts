/** How long to wait between attempts that fail: milliseconds at first, and at the most. */
export interface Backoff {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** A pause ends at a random moment in its last half, so that clients that failed together do not come back together. */
const JITTER = 0.5;

/**
 * The pause before the next attempt: each twice as long as the one before.
 *
 * @param pauses that there have been since the last success
 * @param random from 0 up to but not including 1; 0 gives the whole pause
 */
export function pauseAfter(pauses: number, { firstMs, lastMs }: Backoff, random: () => number): number {
  return Math.min(lastMs, firstMs * 2 ** pauses) * (1 - JITTER * random());
}

/** Pauses between attempts that fail: the first one, and the longest, in milliseconds. */
export interface Backoff {
  readonly firstMs: number;
  readonly lastMs: number;
}

/**
 * Share of a pause that is random: it ends at a random time in its last half, so that clients that failed together do not retry
 * together.
 */
const JITTER = 0.5;

/**
 * The pause before the next attempt, in milliseconds: twice as long as the one before.
 *
 * @param pauses number of pauses since the last success
 * @param random from 0 up to but not including 1; 0 gives the whole pause
 */
export function pauseAfter(pauses: number, { firstMs, lastMs }: Backoff, random: () => number): number {
  return Math.min(lastMs, firstMs * 2 ** pauses) * (1 - JITTER * random());
}

/** As `random` for what there is only one of: its attempts need not be spread. */
export const NO_JITTER = (): number => 0;

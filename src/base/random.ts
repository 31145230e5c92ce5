/** Returns unsigned 31-bit integers. With one more bit, V8 might allocate objects for them. */
export type Random = () => number;

/**
 * xorshift32 (Marsaglia, 2003): fast, and uniform enough to choose which record comes first. Predictable: never use it for
 * anything that must not be guessed.
 *
 * @param seed anything but 0
 */
export function createRandom(seed: number): Random {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 1;
  };
}

/** A source of unsigned 31-bit integers: one more bit, and V8 might make objects of them. */
export type Random = () => number;

/**
 * xorshift32 (Marsaglia 2003): fast and even enough to choose which record comes first; nothing that must not be
 * guessed may come from it.
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

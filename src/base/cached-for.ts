/**
 * Returns a function that caches the result of `make` for this number of milliseconds. Calls during that time share the result,
 * also while it is being made. A failure is shared but not cached.
 */
export function cachedFor<T>(milliseconds: number, now: () => number, make: () => Promise<T>): () => Promise<T> {
  let cached: Promise<T> | undefined;
  let until = Number.NEGATIVE_INFINITY;
  return () => {
    if (cached && now() < until) return cached;
    const made = make();
    until = now() + milliseconds;
    cached = made;
    made.catch(() => {
      if (cached === made) cached = undefined;
    });
    return made;
  };
}

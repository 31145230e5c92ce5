/**
 * Returns a function that caches the result of `make` for this number of milliseconds. Calls during that time share the result,
 * also while it is being made. A failure is shared but not cached.
 */
export function keptFor<T>(milliseconds: number, now: () => number, make: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  let until = Number.NEGATIVE_INFINITY;
  return () => {
    if (kept && now() < until) return kept;
    const made = make();
    until = now() + milliseconds;
    kept = made;
    made.catch(() => {
      if (kept === made) kept = undefined;
    });
    return made;
  };
}

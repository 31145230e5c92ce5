/**
 * What `make` makes, kept for so many milliseconds and shared by all who ask meanwhile, also while it is being made. A failure is
 * shared, and not kept.
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

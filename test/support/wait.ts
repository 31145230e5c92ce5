const STEP_MS = 20;

/** Asks `check` until it answers with something true, and returns that; after `ms` it rejects with what it last saw. */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  ms = 15_000,
): Promise<Exclude<T, false | undefined>> {
  const deadline = performance.now() + ms;
  for (;;) {
    let seen: unknown;
    try {
      const value = await check();
      if (value !== false && value !== undefined) return value as Exclude<T, false | undefined>;
      seen = value;
    } catch (error) {
      seen = error;
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${ms} ms; last: ${String(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}

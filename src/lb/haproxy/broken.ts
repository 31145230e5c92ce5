/**
 * Which apps HAProxy refuses a configuration for, found by halves: each test of a half that is well clears all apps in it. They are tested
 * together with those that are cleared already, as two apps may be well by themselves and not with each other: the one that comes later is
 * at fault then.
 *
 * @param faultsOf what is wrong with a configuration of nothing but these apps; `undefined` if nothing is
 * @returns by app, what is wrong with it; empty if it is none of them: then it is what all have in common
 */
export async function findBroken(
  apps: readonly string[],
  faultsOf: (apps: ReadonlySet<string>) => Promise<string | undefined>,
): Promise<ReadonlyMap<string, string>> {
  if ((await faultsOf(new Set())) !== undefined) return new Map();
  const good = new Set<string>();
  const broken = new Map<string, string>();
  const search = async (some: readonly string[]): Promise<void> => {
    if (some.length === 0) return;
    const faults = await faultsOf(new Set([...good, ...some]));
    if (faults === undefined) {
      for (const app of some) good.add(app);
      return;
    }
    if (some.length === 1) {
      broken.set(some[0] as string, faults);
      return;
    }
    const half = Math.ceil(some.length / 2);
    await search(some.slice(0, half));
    await search(some.slice(half));
  };
  await search(apps);
  return broken;
}

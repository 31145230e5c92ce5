/**
 * Which apps HAProxy refuses a configuration for, found by halves: each test of a half that is well clears all apps in it. They are tested
 * together with those that are cleared already, as two apps may be well by themselves and not with each other: the one that comes later is
 * at fault then.
 *
 * @param isValid whether a configuration with nothing but these apps is taken
 * @returns empty if it is none of them: then it is what all have in common
 */
export async function findBroken(
  apps: readonly string[],
  isValid: (apps: ReadonlySet<string>) => Promise<boolean>,
): Promise<ReadonlySet<string>> {
  if (!(await isValid(new Set()))) return new Set();
  const good = new Set<string>();
  const broken = new Set<string>();
  const search = async (some: readonly string[]): Promise<void> => {
    if (some.length === 0) return;
    if (await isValid(new Set([...good, ...some]))) {
      for (const app of some) good.add(app);
      return;
    }
    if (some.length === 1) {
      broken.add(some[0] as string);
      return;
    }
    const half = Math.ceil(some.length / 2);
    await search(some.slice(0, half));
    await search(some.slice(half));
  };
  await search(apps);
  return broken;
}

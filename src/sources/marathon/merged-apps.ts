import type { MarathonApp } from "./app.js";

/**
 * The apps of several Marathons as one list. An id that an earlier Marathon has too gets the name of its own in front: `/main/web`. All
 * others stay as they are.
 * @param lists by the names of Marathons, in their order
 */
export function mergeApps(lists: ReadonlyMap<string, readonly MarathonApp[]>): readonly MarathonApp[] {
  const taken = new Set<string>();
  return [...lists].flatMap(([name, apps]) =>
    apps.map((app) => {
      const id = freeId(app.id, name, taken);
      taken.add(id);
      return id === app.id ? app : { ...app, id, givenId: id };
    }),
  );
}

function freeId(id: string, name: string, taken: ReadonlySet<string>): string {
  let free = id;
  while (taken.has(free)) free = `/${name}${free}`;
  return free;
}

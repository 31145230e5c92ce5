import type { Running, RunningServer } from "./running.js";

/** Changes that are named: more are one act many times over. */
const MOST = 5;

/**
 * What somebody else has changed over HAProxy's socket, for people: all that differs from what was believed, but health, sessions, and
 * what a reload or HAProxy itself does.
 */
export function foreignChanges(believed: Running, is: Running): readonly string[] {
  const servers = Array.from(believed.backends).flatMap(([name, known]) => {
    const now = is.backends.get(name);
    return now === undefined || now === known ? [] : serverChanges(name, known, now);
  });
  const maps = (["hosts", "apps"] as const).flatMap((map) => {
    const keys = new Set([...believed.maps[map].keys(), ...is.maps[map].keys()]);
    return [...keys].flatMap((key) =>
      believed.maps[map].get(key) === is.maps[map].get(key) ? [] : `the entry of ${key} in the map of ${map}`,
    );
  });
  const closed = is.closed.map(({ name }) => `frontend ${name}`);
  const all = [...servers, ...maps, ...closed];
  return all.length <= MOST ? all : [...all.slice(0, MOST), `${all.length - MOST} more`];
}

function serverChanges(
  backend: string,
  known: ReadonlyMap<string, RunningServer>,
  now: ReadonlyMap<string, RunningServer>,
): readonly string[] {
  const names = new Set([...known.keys(), ...now.keys()]);
  return [...names].flatMap((name) => (isSame(known.get(name), now.get(name)) ? [] : `server ${backend}/${name}`));
}

function isSame(a: RunningServer | undefined, b: RunningServer | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.isInMaintenance === b.isInMaintenance && a.isHeldBack === b.isHeldBack && a.address === b.address;
}

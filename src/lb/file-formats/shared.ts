import type { Notice } from "../services.js";

/** What an app asks for, of which there is one: a port, or a name. */
export interface Asked {
  readonly key: string;
  readonly appId: string;
}

/**
 * Who asks for what somebody else asks for too, and what comes of it. The programs whose configurations these are did not notice.
 * @param outcome a clause
 */
export function sharedAmong(asked: readonly Asked[], outcome: string): readonly Notice[] {
  const byKey = new Map<string, Set<string>>();
  for (const { key, appId } of asked) byKey.set(key, (byKey.get(key) ?? new Set()).add(appId));
  return Array.from(byKey).flatMap(([key, apps]) => {
    const [first, ...rest] = [...apps].sort();
    return rest.map((appId) => ({ appId, text: `asks for the ${key} as ${first} does: ${outcome}` }));
  });
}

export const EITHER = "HAProxy gives each connection to either of them";

import type { Service } from "./services.js";

/** Whether a service is switched on, and in one of these groups; `*` is every group, and none. Of no groups are services without one. */
export function isWanted({ groups, settings }: Service, wanted: ReadonlySet<string>): boolean {
  if (!settings.isEnabled) return false;
  if (wanted.size === 0) return groups.length === 0;
  return wanted.has("*") || groups.some((group) => wanted.has(group));
}

/** By app, and its services by port. */
export function sorted(services: readonly Service[]): readonly Service[] {
  return [...services].sort((a, b) => (a.appId === b.appId ? a.port - b.port : a.appId < b.appId ? -1 : 1));
}

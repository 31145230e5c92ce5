import type { SocketConfig, ZoneConfig } from "../config/config.js";
import { viewsOf, zonesOf } from "../views/views.js";

/** The part of the configuration that zones depend on. */
export type BuildConfig = ZoneConfig & Pick<SocketConfig, "listener">;

/** Whether two configurations give the same zones but for the operator's own records, which follow the facts. */
export function differsInRecordsAlone(before: BuildConfig, after: BuildConfig): boolean {
  if (before === after) return true;
  const zones = (config: BuildConfig) => zonesOf(viewsOf(config));
  const rest = (config: BuildConfig) => JSON.stringify([{ ...config, records: [] }, zones(config)]);
  return rest(before) === rest(after);
}

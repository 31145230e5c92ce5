import type { SocketConfig, ZoneConfig } from "../config/config.js";
import { differIn, type KeysOf } from "../config/slices.js";
import { viewsOf, zonesOf } from "../views/views.js";

/** The part of the configuration that zones depend on. */
export type BuildConfig = ZoneConfig & Pick<SocketConfig, "listener">;

const KEYS_BESIDE_RECORDS: KeysOf<Omit<BuildConfig, "records">> = {
  domain: true,
  ttl: true,
  SOAMname: true,
  SOARname: true,
  SOARefresh: true,
  SOARetry: true,
  SOAExpire: true,
  SOAMinttl: true,
  srvRecordDefaultWeight: true,
  enforceRFC952: true,
  IPSources: true,
  healthPolicy: true,
  dcosNames: true,
  reverse: true,
  nameServers: true,
  reverseZones: true,
  staticZones: true,
  recordsFile: true,
  catalogZone: true,
  vips: true,
  consul: true,
  listener: true,
};

export const BUILD_KEYS: KeysOf<BuildConfig> = { ...KEYS_BESIDE_RECORDS, records: true };

/** Whether two configurations give the same zones but for the operator's own records, which follow the facts. */
export function differsInRecordsAlone(before: BuildConfig, after: BuildConfig): boolean {
  if (before === after) return true;
  const zones = (config: BuildConfig) => JSON.stringify(zonesOf(viewsOf(config)));
  return !differIn<Omit<BuildConfig, "records">>(KEYS_BESIDE_RECORDS, before, after) && zones(before) === zones(after);
}

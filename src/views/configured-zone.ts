import type { ZoneConfig } from "../config/config.js";
import type { ZoneSpec } from "./zone-spec.js";

/** A zone with the configured SOA and TTL. */
export function zoneAt(name: string, config: ZoneConfig): ZoneSpec {
  return {
    name,
    ttl: config.ttl,
    srvWeight: config.srvRecordDefaultWeight,
    nameServers: config.nameServers.length > 0 ? config.nameServers.map((server) => server.name) : [config.SOAMname],
    soa: {
      mname: config.SOAMname,
      rname: config.SOARname,
      refresh: config.SOARefresh,
      retry: config.SOARetry,
      expire: config.SOAExpire,
      minimum: config.SOAMinttl,
    },
  };
}

import type { ZoneConfig } from "../config/config.js";
import { DCOS_ZONE } from "../config/dcos-zone.js";
import type { ZoneSpec } from "./zone-spec.js";

/** A zone with the configured SOA and TTL. */
export function zoneAt(name: string, config: ZoneConfig): ZoneSpec {
  return {
    name,
    ttl: config.ttl,
    srvWeight: config.srvRecordDefaultWeight,
    ...(hasBranches(name, config) && { answers: { seeksEnclosers: true } }),
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

/** Whether records in the zone decide about names below their own: wildcards and delegations. DC/OS's zone has those of the domain. */
function hasBranches(zone: string, { domain, records }: ZoneConfig): boolean {
  const of = zone === DCOS_ZONE ? domain : zone;
  return records.some((record) => record.zone === of && (record.type === "NS" || /(?:^|\.)\*\./.test(record.name)));
}

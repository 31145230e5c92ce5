import type { Config } from "../config/config.js";
import { DCOS_ZONE } from "../config/dcos-zone.js";
import type { Apex } from "./apex.js";

/**
 * The zones that a configuration makes this server authoritative for: the domain, behind it DC/OS's zone, and behind that
 * the reverse names of the cluster's addresses, wherever in `in-addr.arpa` and `ip6.arpa` they are.
 */
export function apexesOf(config: Config, serial: number): Apex[] {
  const soa = {
    mname: config.SOAMname,
    rname: config.SOARname,
    serial,
    refresh: config.SOARefresh,
    retry: config.SOARetry,
    expire: config.SOAExpire,
    minimum: config.SOAMinttl,
  };
  const domain = { zone: config.domain, scattered: false, ttl: config.ttl, soa };
  const zones: Apex[] = [domain];
  if (config.dcosNames) zones.push({ ...domain, zone: DCOS_ZONE });
  if (config.reverse) zones.push({ ...domain, zone: "", scattered: true });
  return zones;
}

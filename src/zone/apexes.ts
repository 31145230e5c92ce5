import type { Config } from "../config/config.js";
import type { Apex } from "./apex.js";

/** The zones that a configuration makes this server authoritative for. */
export function apexesOf(config: Config, serial: number): Apex[] {
  return [
    {
      zone: config.domain,
      scattered: false,
      ttl: config.ttl,
      soa: {
        mname: config.SOAMname,
        rname: config.SOARname,
        serial,
        refresh: config.SOARefresh,
        retry: config.SOARetry,
        expire: config.SOAExpire,
        minimum: config.SOAMinttl,
      },
    },
  ];
}

import type { HealthPolicy, ZoneConfig } from "../../config/config.js";
import { isInZone } from "../../config/names.js";
import type { Task } from "../../sources/mesos/cluster.js";
import { type LabelRules, RFC952, RFC1123 } from "../../wire/labels.js";

/** The configured rules for names. */
export interface NamingRules {
  /** The zone's apex, lower case, without the final dot. */
  readonly domain: string;
  readonly labels: LabelRules;
  readonly healthPolicy: HealthPolicy;
  /** A zone inside the domain, in which nothing of the cluster gets a name; "" if there is none. */
  readonly zoneInside: string;
}

export function namingRulesOf({ domain, enforceRFC952, healthPolicy, catalogZone }: ZoneConfig): NamingRules {
  const zoneInside = isInZone(catalogZone, domain) ? catalogZone : "";
  return { domain, labels: enforceRFC952 ? RFC952 : RFC1123, healthPolicy, zoneInside };
}

/** Whether a name is in the zone inside the domain. */
export function isInside(name: string, { zoneInside }: Pick<NamingRules, "zoneInside">): boolean {
  return zoneInside !== "" && isInZone(name, zoneInside);
}

/** Whether a task's records of shared names are on standby: published only if no other task has records there. */
export function isStandby({ unhealthy }: Task, { healthPolicy }: Pick<NamingRules, "healthPolicy">): boolean {
  return healthPolicy === "omitUnhealthy" && unhealthy === true;
}

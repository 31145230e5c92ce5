import type { HealthPolicy, ZoneConfig } from "../../config/config.js";
import type { Task } from "../../sources/mesos/cluster.js";
import { type LabelRules, RFC952, RFC1123 } from "../../wire/labels.js";

/** The configured rules for names. */
export interface NamingRules {
  /** The zone's apex, lower case, without the final dot. */
  readonly domain: string;
  readonly labels: LabelRules;
  readonly healthPolicy: HealthPolicy;
}

export function namingRulesOf({ domain, enforceRFC952, healthPolicy }: ZoneConfig): NamingRules {
  return { domain, labels: enforceRFC952 ? RFC952 : RFC1123, healthPolicy };
}

/** Whether a task's records of shared names are on standby: published only if no other task has records there. */
export function isStandby({ unhealthy }: Task, { healthPolicy }: Pick<NamingRules, "healthPolicy">): boolean {
  return healthPolicy === "omitUnhealthy" && unhealthy === true;
}

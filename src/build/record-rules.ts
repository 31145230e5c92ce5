import type { Config } from "../config/config.js";
import type { RecordRules } from "../views/mesos-dns/generate.js";
import { RFC952, RFC1123 } from "../views/mesos-dns/labels.js";

/** What a configuration says of records. */
export function recordRulesOf({ domain, enforceRFC952, IPSources, healthPolicy }: Config): RecordRules {
  return { domain, labels: enforceRFC952 ? RFC952 : RFC1123, ipSources: IPSources, healthPolicy };
}

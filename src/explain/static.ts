import type { StaticRecord } from "../config/static-record.js";
import { candidatesOf } from "../views/static/candidates.js";
import type { ExplainBasis } from "./basis.js";
import { type Finding, finding } from "./finding.js";
import { counted, listed, shown } from "./words.js";

/** What the operator's own records say of a name, and of what stands for it. */
export function explainStatic(name: string, { config, facts }: ExplainBasis): readonly Finding[] {
  const own = config.records.filter((record) => record.name === name);
  return own.flatMap((record) => [described(record), ...policyOf(record, facts.health.isHealthy.bind(facts.health))]);
}

function described({ name, type, values, policy, ttl }: StaticRecord): Finding {
  const given = listed(values.map(({ value }) => shown(value)));
  const time = ttl === undefined ? "" : `, TTL ${ttl} s`;
  return finding(
    "static_record",
    `records of the configuration give ${shown(name)} ${type} ${given} (policy ${policy}${time}).`,
  );
}

function policyOf(record: StaticRecord, isHealthy: (check: string, value: string) => boolean): readonly Finding[] {
  const { policy, values, name, type } = record;
  const isWell = ({ healthCheck, value }: StaticRecord["values"][number]) =>
    healthCheck === undefined || isHealthy(healthCheck, value);
  const { values: candidates, failedOpen } = candidatesOf(policy, values, isWell);
  const out = values.filter((value) => !candidates.includes(value));
  if (failedOpen) {
    return [
      finding(
        "fail_open",
        `No value of ${shown(name)} ${type} is healthy, so all count as healthy (policy ${policy}).`,
      ),
    ];
  }
  if (out.length === 0) return [];
  const reasons = out.map((value) => {
    const why = isWell(value)
      ? `not wanted by its policy now (weight ${value.weight})`
      : `unhealthy (check ${value.healthCheck})`;
    return `${shown(value.value)} is ${why}`;
  });
  return [finding("policy", `Of ${counted(values.length, "value")} some are left out: ${listed(reasons)}.`)];
}

/** The operator's record that stands for a name because of its asterisk (RFC 4592), if it is the nearest. */
export function wildcardFor(name: string, { config }: ExplainBasis): StaticRecord | undefined {
  const labels = name.split(".");
  for (let i = 1; i < labels.length; i++) {
    const wildcard = `*.${labels.slice(i).join(".")}`;
    const record = config.records.find((each) => each.name === wildcard);
    if (record) return record;
  }
  return undefined;
}

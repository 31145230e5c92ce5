/** What the keys of `consul` require of each other and of others. */
import { isInZone } from "./names.js";
import type { RuleContext } from "./rule-context.js";
import type { Values } from "./schema.js";
import { zoneNamesOf } from "./zone-rules.js";

export function checkConsul(values: Values, context: RuleContext): void {
  if (!values.consul.enabled) return;
  checkConsulZones(values, context);
  checkKv(values, context);
}

/** Consul's zones are beside all others: what is inside one of them, it would not be asked for. */
function checkConsulZones(values: Values, { faults }: RuleContext): void {
  if (faults.has("domain")) return;
  const { consul, zoneResolvers } = values;
  const others = zoneNamesOf({ ...values, consul: { ...consul, enabled: false } });
  for (const key of ["domain", "altDomain"] as const) {
    const { [key]: zone } = consul;
    const path = `consul.${key}` as const;
    if (zone === "" || faults.has(path)) continue;
    const own = key === "altDomain" ? [consul.domain] : [];
    const near = [...others, ...own].find((other) => isInZone(zone, other) || isInZone(other, zone));
    const asked = zoneResolvers.find(([other]) => isInZone(other, zone));
    if (near !== undefined) faults.add(path, zone, `a zone outside ${near} and not above it`);
    else if (asked !== undefined)
      faults.add(path, zone, `a zone without any in zoneResolvers: take ${asked[0]} out there, or choose another one`);
  }
}

function checkKv({ consul, zk }: Values, { faults }: RuleContext): void {
  if (consul.kv === "zookeeper" && zk === "" && !faults.has("zk") && !faults.has("consul.kv"))
    faults.add("consul.kv", consul.kv, '"file", unless zk is given');
}

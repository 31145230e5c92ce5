/** The rules of the keys that say which zones there are, beside the domain, and who their name servers are. */
import type { NameServer } from "./config.js";
import { consulZones } from "./consul.js";
import { DCOS_ZONE, vipZones } from "./dcos-zone.js";
import { isInZone } from "./names.js";
import { isOfCluster, isReserved } from "./reserved-names.js";
import type { RuleContext } from "./rule-context.js";
import type { Values } from "./schema.js";

type ZoneValues = Pick<
  Values,
  | "domain"
  | "dcosNames"
  | "reverse"
  | "reverseZones"
  | "staticZones"
  | "catalogZone"
  | "nameServers"
  | "zoneResolvers"
  | "vips"
  | "consul"
>;

/** The names of all zones that this server is a name server of. */
export function zoneNamesOf({
  domain,
  dcosNames,
  reverseZones,
  staticZones,
  catalogZone,
  vips,
  consul,
}: Pick<
  ZoneValues,
  "domain" | "dcosNames" | "reverseZones" | "staticZones" | "catalogZone" | "vips" | "consul"
>): readonly string[] {
  const others = [...reverseZones, ...staticZones, ...(catalogZone === "" ? [] : [catalogZone])];
  return [domain, ...dcosZones({ dcosNames, vips }), ...consulZones(consul), ...others];
}

/** The zones of DC/OS' names. */
function dcosZones({ dcosNames, vips }: Pick<ZoneValues, "dcosNames" | "vips">): readonly string[] {
  return [...(dcosNames ? [DCOS_ZONE] : []), ...(vips.names ? vipZones(dcosNames) : [])];
}

/** Reports zones that get into each other's way, or that others are asked for. */
export function checkZones(values: ZoneValues, context: RuleContext): void {
  checkVipZones(values, context);
  checkReverseZones(values, context);
  checkStaticZones(values, context);
  checkCatalogZone(values, context);
}

/** The domain cannot lie in the zones of virtual addresses, nor above them: both would answer for their names. */
function checkVipZones({ domain, dcosNames, vips }: ZoneValues, { faults }: RuleContext): void {
  if (!vips.names || faults.has("domain")) return;
  const near = vipZones(dcosNames).find((zone) => isInZone(domain, zone) || isInZone(zone, domain));
  if (near !== undefined)
    faults.add("domain", domain, `a domain outside ${near} and not above it, as vips.names is true`);
}

/** A snapshot numbers its zones in eight bits, and others need some of them. */
const MAX_STATIC_ZONES = 100;

function checkStaticZones(values: ZoneValues, { faults }: RuleContext): void {
  const { domain, reverseZones, staticZones, zoneResolvers } = values;
  if (faults.has("staticZones") || faults.has("domain")) return;
  if (staticZones.length > MAX_STATIC_ZONES)
    faults.add("staticZones", staticZones.length, `at most ${MAX_STATIC_ZONES} zones`);
  staticZones.forEach((zone, index) => {
    const refuse = (allowed: string) => faults.add("staticZones", zone, allowed, `[${index}]`);
    const others = [domain, ...dcosZones(values), ...reverseZones, ...staticZones.slice(0, index)];
    const near = others.find((other) => isInZone(zone, other) || isInZone(other, zone));
    const asked = zoneResolvers.find(([other]) => isInZone(other, zone));
    if (near !== undefined)
      refuse(`a zone outside ${near} and not above it; names in ${domain} need no zone of their own`);
    else if (asked !== undefined)
      refuse(`a zone without any in zoneResolvers: take ${asked[0]} out there, or ${zone} out here`);
  });
}

function checkReverseZones({ reverse, reverseZones, zoneResolvers }: ZoneValues, { faults }: RuleContext): void {
  if (faults.has("reverseZones")) return;
  if (!reverse && reverseZones.length > 0)
    faults.add("reverseZones", reverseZones, "an empty list, as reverse is false: nobody would know a name in them");
  reverseZones.forEach((zone, index) => {
    const around = reverseZones.find((other) => other !== zone && isInZone(zone, other));
    if (around !== undefined) faults.add("reverseZones", zone, `zones outside ${around}, which has it`, `[${index}]`);
    const inside = zoneResolvers.find(([other]) => isInZone(other, zone));
    if (inside === undefined) return;
    const advice = `zones without any in zoneResolvers: take ${inside[0]} out there, or ${zone} out here`;
    faults.add("reverseZones", zone, advice, `[${index}]`);
  });
}

function checkCatalogZone(values: ZoneValues, { faults }: RuleContext): void {
  const { catalogZone: zone, domain, reverseZones, staticZones, zoneResolvers } = values;
  if (zone === "" || faults.has("catalogZone") || faults.has("domain")) return;
  const refuse = (allowed: string) => faults.add("catalogZone", zone, allowed);
  const isSpoken = zone.endsWith(`.${domain}`) && isOfCluster(zone.slice(0, -domain.length - 1));
  const others = [domain, ...reverseZones, ...staticZones, ...dcosZones(values)];
  const hidden = others.find((other) => isInZone(other, zone));
  const around = others.find((other) => other !== domain && isInZone(zone, other));
  const asked = zoneResolvers.find(([other]) => isInZone(other, zone));
  if (isSpoken) refuse(`another name: this one is the cluster's, such as catalog.${domain}`);
  else if (hidden !== undefined) refuse(`a name that is not ${hidden} and not above it, such as catalog.${domain}`);
  else if (around !== undefined) refuse(`a name outside ${around}, such as catalog.${domain}`);
  else if (asked !== undefined) refuse(`a name without any in zoneResolvers, which has ${asked[0]}`);
}

/** The name servers with complete names: one without a dot lies in the domain. */
export function completeNameServers(values: ZoneValues, { faults, warnings }: RuleContext): readonly NameServer[] {
  const { domain, nameServers } = values;
  if (faults.has("nameServers") || faults.has("domain")) return nameServers;
  const complete: NameServer[] = [];
  nameServers.forEach(({ name: given, addresses }, index) => {
    const name = given.includes(".") ? given : `${given}.${domain}`;
    const refuse = (allowed: string) => faults.add("nameServers", given, allowed, `[${index}]`);
    const zone = zoneNamesOf(values).find((each) => isInZone(name, each));
    const isClusters = name === domain || (zone === domain && isReserved(name.slice(0, -domain.length - 1)));
    const isCatalogs = values.catalogZone !== "" && isInZone(name, values.catalogZone);
    if (isCatalogs) refuse(`a name outside ${values.catalogZone}, which is catalogZone`);
    else if (isClusters) refuse(`another name: ${name} is the cluster's`);
    else if (zone !== undefined && addresses.length === 0)
      refuse(`{"name": "${given}", "addresses": […]}, as ${name} is in ${zone}, which this server has to answer for`);
    if (complete.some((other) => other.name === name)) refuse("each name once");
    if (zone === undefined && addresses.length > 0)
      warnings.push(`nameServers[${index}]: the addresses of ${name} are not used, as it is in no zone of this server`);
    complete.push({ name, addresses: zone === undefined ? [] : addresses });
  });
  return complete;
}

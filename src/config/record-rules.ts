/** The rules of static records: which names they may have, and which of them can stand beside each other. */
import type { CheckUse } from "./health-rules.js";
import { isInZone, MAX_NAME_TEXT } from "./names.js";
import { targetOf } from "./record-data.js";
import { isOfCluster } from "./reserved-names.js";
import type { RecordPolicy, StaticRecord, StaticType, StaticValue } from "./static-record.js";
import { type GivenRecord, type GivenValue, MAX_RECORDS, MAX_VALUES } from "./static-records.js";

/** Where static records may be. */
export interface RecordZones {
  readonly domain: string;
  readonly staticZones: readonly string[];
  /** In it there are none; "" if there is no such zone. */
  readonly catalogZone: string;
}

/** The same, and the complete names of all records. */
interface Places extends RecordZones {
  readonly owned: ReadonlySet<string>;
}

/** Reports a fault. @param at the place in the list of records */
export type ReportFault = (at: string, value: unknown, allowed: string) => void;

/** A record with its complete name, and the zone that it is in. */
interface Placed extends GivenRecord {
  readonly zone: string;
}

/**
 * The complete records: one for each name and type. Those without a policy may be written one value at a time.
 *
 * @param remark says what may mean something else than one may think
 */
export function completeRecords(
  given: readonly GivenRecord[],
  zones: RecordZones,
  report: ReportFault,
  remark: (at: string, text: string) => void,
): readonly StaticRecord[] {
  const count = given.reduce((sum, { values }) => sum + values.length, 0);
  if (count > MAX_RECORDS) report("", count, `at most ${MAX_RECORDS} values in all`);
  const owned = new Set(given.map(({ name }) => completeName(name, zones.domain)));
  const placed = given
    .map((record) => place(record, { ...zones, owned }, report, remark))
    .filter((record) => record !== undefined);
  for (const record of placed) checkPolicy(record, report);
  const sets = [...byNameAndType(placed).values()].map((parts) => joined(parts, report));
  checkNeighbours(placed, report);
  checkDelegations(placed, report);
  return sets;
}

/** Gives a record its complete name and targets, if it may have that name. */
function place(
  record: GivenRecord,
  { domain, staticZones, catalogZone, owned }: Places,
  report: ReportFault,
  remark: (at: string, text: string) => void,
): Placed | undefined {
  const { at, name: given, type } = record;
  const name = completeName(given, domain);
  if ([domain, ...staticZones].some((each) => isInZone(given, each)))
    remark(`${at}.name`, `${given} is taken as ${name}. Complete names have a final dot`);
  const refuse = (allowed: string) => {
    report(`${at}.name`, given, allowed);
    return undefined;
  };
  if (name.length > MAX_NAME_TEXT) return refuse(fittingName(domain));
  const zone = [domain, ...staticZones].find((each) => isInZone(name, each));
  if (zone === undefined) {
    const apexes = [domain, ...staticZones].join(" or ");
    return refuse(
      `a name in ${apexes}; other zones of your own go into staticZones. Without a final dot it is below ${domain}`,
    );
  }
  if (zone === domain && name !== domain && isOfCluster(name.slice(0, -domain.length - 1)))
    return refuse(`another name: ${name} is the cluster's, as are leader, master, slave and agent`);
  if (catalogZone !== "" && isInZone(name, catalogZone))
    return refuse(`a name outside ${catalogZone}, which is catalogZone: what is in it is made of the other zones`);
  if (name === zone && (type === "NS" || type === "CNAME")) {
    const instead =
      type === "NS" ? "its name servers are those of nameServers" : "it has SOA and NS records; give addresses";
    return refuse(`a name below ${zone}, not the zone itself: ${instead}`);
  }
  if (type === "NS" && name.startsWith("*."))
    return refuse("a name without *: a wildcard cannot be delegated (RFC 4592)");
  const values = record.values.map((value) => withTarget(value, record, { domain, owned }, { report, remark }));
  return { ...record, name, zone, values };
}

function withTarget(
  value: GivenValue,
  { at, type }: GivenRecord,
  { domain, owned }: Pick<Places, "domain" | "owned">,
  { report, remark }: { readonly report: ReportFault; readonly remark: (at: string, text: string) => void },
): GivenValue {
  const target = targetOf(type, value.value);
  if (target === undefined || target.endsWith(".")) return value;
  const complete = `${target}.${domain}.`;
  if (complete.length - 1 > MAX_NAME_TEXT) report(`${at}${value.at}`, target, fittingName(domain));
  else if (target.includes(".") && !owned.has(complete.slice(0, -1)))
    remark(`${at}${value.at}`, `${target} is taken as ${complete} Complete names have a final dot`);
  return { ...value, value: `${value.value}.${domain}.` };
}

function completeName(given: string, domain: string): string {
  return given.endsWith(".") ? given.slice(0, -1) : `${given}.${domain}`;
}

function fittingName(domain: string): string {
  return `a name that has at most ${MAX_NAME_TEXT} characters with ${domain} behind it`;
}

/** The rules of one record. */
function checkPolicy({ at, type, policy, healthCheck, values }: Placed, report: ReportFault): void {
  const isPlain = policy === "simple";
  const choices = '"weighted", "failover" or "multivalue"';
  if (isPlain && healthCheck !== undefined)
    report(`${at}.healthCheck`, healthCheck, `no health check, unless policy is ${choices}: all values are answered`);
  for (const value of values) {
    if (isPlain && value.healthCheck !== undefined)
      report(`${at}${value.at}.healthCheck`, value.healthCheck, `no health check, unless policy is ${choices}`);
    if (policy !== "weighted" && value.weight !== undefined)
      report(`${at}${value.at}.weight`, value.weight, 'no weight, unless policy is "weighted"');
  }
  if (type === "NS" && !isPlain) report(`${at}.policy`, policy, '"simple": all servers of a delegated zone are told');
  if (type !== "CNAME" || policy === "failover") return;
  if (!isPlain) report(`${at}.policy`, policy, '"simple" or "failover": a name has at most one CNAME record');
  else if (values.length > 1)
    report(`${at}${values[1]?.at}`, values[1]?.value, "one value: a name has at most one CNAME record");
}

function byNameAndType(records: readonly Placed[]): ReadonlyMap<string, readonly Placed[]> {
  const sets = new Map<string, Placed[]>();
  for (const record of records) {
    const key = `${record.name} ${record.type}`;
    const known = sets.get(key);
    if (known) known.push(record);
    else sets.set(key, [record]);
  }
  return sets;
}

/** One record of all that have the same name and type. */
function joined(parts: readonly Placed[], report: ReportFault): StaticRecord {
  const [first] = parts as readonly [Placed, ...Placed[]];
  const { name, zone, type, ttl, policy } = first;
  for (const part of parts.slice(1)) {
    const what = `${name} ${type}, which ${placeOf(first)} has`;
    if (policy !== "simple" || part.policy !== "simple")
      report(`${part.at}.policy`, part.policy, `one record for ${what}: a policy has all its values in one`);
    else if (type === "CNAME")
      report(`${part.at}.name`, name, `one record for ${what}: a name has at most one CNAME record`);
    else if (part.ttl !== ttl)
      report(`${part.at}.ttl`, part.ttl ?? "none", `the same ttl as in ${placeOf(first)}: it is one RRset`);
  }
  const values = parts.flatMap((part) => part.values.map((value) => ({ value, part })));
  if (values.length > MAX_VALUES)
    report(`${first.at}`, values.length, `at most ${MAX_VALUES} values for ${name} ${type}`);
  const ids = new Set<string>();
  const texts = new Set<string>();
  const complete = values.map(({ value: given, part }) => {
    const at = `${part.at}${given.at}`;
    const { id = given.value, value } = given;
    if (texts.has(value)) report(at, value, "each value once");
    else if (ids.has(id)) report(`${at}.id`, id, "each id once");
    texts.add(value);
    ids.add(id);
    return completeValue(given, id, policy, given.healthCheck ?? part.healthCheck);
  });
  return { name, zone, type, ...(ttl !== undefined && { ttl }), policy, values: complete };
}

function completeValue(
  given: GivenValue,
  id: string,
  policy: RecordPolicy,
  healthCheck: string | undefined,
): StaticValue {
  const weight = policy === "weighted" ? (given.weight ?? 1) : 1;
  return { id, value: given.value, weight, ...(healthCheck !== undefined && { healthCheck }) };
}

/** A CNAME stands alone (RFC 1034 section 3.6.2). */
function checkNeighbours(records: readonly Placed[], report: ReportFault): void {
  const aliases = new Map(records.filter(({ type }) => type === "CNAME").map((record) => [record.name, record]));
  for (const record of aliases.size > 0 ? records : []) {
    const alias = aliases.get(record.name);
    if (record.type === "CNAME" || !alias) continue;
    const [first, second] = records.indexOf(record) < records.indexOf(alias) ? [record, alias] : [alias, record];
    const there = `${placeOf(first)} has ${first.type} for ${record.name}`;
    report(`${second.at}.type`, second.type, `another name, as a CNAME stands alone, and ${there}`);
  }
}

const GLUE: ReadonlySet<StaticType> = new Set(["A", "AAAA"]);

/** What a delegated zone has is not this server's, but for the addresses of its name servers. */
function checkDelegations(records: readonly Placed[], report: ReportFault): void {
  const cuts = new Map(records.filter(({ type }) => type === "NS").map((record) => [record.name, record]));
  if (cuts.size === 0) return;
  const servers = new Set([...cuts.values()].flatMap(({ values }) => values.map(({ value }) => value.slice(0, -1))));
  const addressed = new Set(records.filter(({ type }) => GLUE.has(type)).map(({ name }) => name));
  for (const record of records) {
    const cut = cutAbove(record.name, record.type === "NS", cuts);
    if (cut && (!GLUE.has(record.type) || record.policy !== "simple")) reportBelow(record, cut, records, report);
    else if (cut && !servers.has(record.name))
      report(
        `${record.at}.name`,
        record.name,
        `a name server of ${cut.name}, which ${placeOf(cut)} delegates with all below it`,
      );
    if (record.type !== "NS") continue;
    for (const { at, value } of record.values) {
      const server = value.slice(0, -1);
      const allowed = `a server with an A or AAAA record here: without it, nobody finds the servers of ${record.name}`;
      if (isInZone(server, record.name) && !addressed.has(server)) report(`${record.at}${at}`, value, allowed);
    }
  }
}

function reportBelow(record: Placed, cut: Placed, records: readonly Placed[], report: ReportFault): void {
  const zone = cut.name;
  if (records.indexOf(record) < records.indexOf(cut))
    report(
      `${cut.at}.name`,
      zone,
      `another name: ${placeOf(record)} has ${record.type} for ${record.name}, which is then not answered`,
    );
  else report(`${record.at}.type`, record.type, `A or AAAA without a policy: ${zone} is delegated in ${placeOf(cut)}`);
}

/** The delegated name at or above a name. @param strictly only above it */
function cutAbove(name: string, strictly: boolean, cuts: ReadonlyMap<string, Placed>): Placed | undefined {
  for (let at = strictly ? name.indexOf(".") + 1 : 0; ; at = name.indexOf(".", at) + 1) {
    const cut = cuts.get(name.slice(at));
    if (cut) return cut;
    if (!name.includes(".", at)) return undefined;
  }
}

/** How to speak of a record's place in a message about another one. */
function placeOf({ at }: GivenRecord): string {
  return at.startsWith("[") ? `records${at}` : at.replace(/^[ ,]+/, "");
}

/** The values whose health counts, and where it is said of each. @param key the key that the records stand in */
export function checkUses(records: readonly GivenRecord[], key: string): readonly CheckUse[] {
  return records.flatMap(({ at, healthCheck, values }) =>
    values.flatMap((value) => {
      const check = value.healthCheck ?? healthCheck;
      const place = value.healthCheck === undefined ? at : `${at}${value.at}`;
      return check === undefined ? [] : [{ key, at: `${place}.healthCheck`, check, value: value.value }];
    }),
  );
}

/** The rules between keys: what one key requires of another, and defaults that depend on another key. */

import { messageOf } from "../base/errors.js";
import type { Config, Resolver } from "./config.js";
import { consulZones } from "./consul.js";
import { checkConsul } from "./consul-rules.js";
import { DCOS_ZONE, vipZones } from "./dcos-zone.js";
import { checkHealth } from "./health-rules.js";
import { checkLb } from "./lb-rules.js";
import { resolvers as resolverFormat } from "./lists.js";
import { isInZone } from "./names.js";
import { checkQueryLog } from "./query-log-rules.js";
import { checkUses, completeRecords, type ReportFault } from "./record-rules.js";
import { isReserved } from "./reserved-names.js";
import type { RuleContext } from "./rule-context.js";
import { KEYS, type Values } from "./schema.js";
import { checkCollisions, withAddresses, withoutItself } from "./sockets.js";
import { checkTransfers } from "./transfer-rules.js";
import { checkZones, completeNameServers } from "./zone-rules.js";

/** The complete configuration. Reports faults to `context`; if there are any, the result must not be used. */
export function completeConfig(given: Values, context: RuleContext): Config {
  const served = { ...given, dnson: given.dnson && given.port > 0, httpon: given.httpon && given.httpport > 0 };
  forgiveUnused(served, context);
  const values = withAddresses(served, context);
  checkServices(values, context);
  checkCollisions(values, context);
  checkMasters(values, context);
  checkAuthentication(values, context);
  checkCertificates(values, context);
  checkBrowsers(values, context);
  checkCookies(values, context);
  checkDcosNames(values, context);
  checkCache(values, context);
  checkZones(values, context);
  checkConsul(values, context);
  checkLb(values, context);
  checkTransfers(values, context);
  checkQueryLog(values, context);
  checkHealth(values, checkUses(values.records, "records"), context);
  const asked = {
    resolvers: effectiveResolvers(values, context),
    zoneResolvers: effectiveZones(values, context),
  };
  const { resolvers, zoneResolvers } = withoutItself(asked, values, context);
  return {
    ...values,
    stateDir: values.stateDir || context.stateDirectory,
    stateMaxAgeSeconds: effectiveMaxAge(values, context),
    resolvers,
    zoneResolvers: Object.fromEntries(zoneResolvers),
    nameServers: completeNameServers(values, context),
    records: effectiveRecords(values, context),
    SOAMname: effectiveNameServer(values, context),
    SOARname: values.SOARname || `root.ns1.${values.domain}`,
  };
}

/** Turns faults of unused keys into warnings: Mesos-DNS does not check unused keys either. */
function forgiveUnused({ dnson, httpon, externalon }: Values, { faults, warnings }: RuleContext): void {
  const forgive = (keys: readonly string[], switchedOff: string) => {
    for (const line of faults.forgive(keys)) warnings.push(`${line}. It is not used, as ${switchedOff} is false`);
  };
  if (!dnson) forgive(["port", "listener"], "dnson");
  if (!httpon) forgive(["httpport", "httplistener"], "httpon");
  if (!externalon) forgive(["resolvers", "zoneResolvers", "timeout"], "externalon");
}

function checkServices({ dnson, httpon }: Values, { faults }: RuleContext): void {
  if (!dnson && !httpon) faults.add("dnson", dnson, "true, unless httpon is true: at least one server has to be on");
}

function checkMasters({ zk, masters }: Values, { faults, needsMasters }: RuleContext): void {
  if (!needsMasters || zk !== "" || masters.length > 0 || faults.has("zk") || faults.has("masters")) return;
  faults.add("masters", masters, "at least one Mesos master, host:port, unless zk is given");
}

function checkAuthentication(values: Values, { faults, warnings }: RuleContext): void {
  const { mesosAuthentication: method, mesosCredentials: credentials, IAMConfigFile } = values;
  if (method === "basic") {
    const empty = (["principal", "secret"] as const).filter((key) => credentials[key] === "");
    for (const path of empty.map((key) => `mesosCredentials.${key}`)) {
      if (faults.has("mesosCredentials") || faults.has(path)) continue;
      if (empty.length === 1) warnings.push(`${path} is empty, though mesosAuthentication is basic`);
      else faults.add(path, "", "a value that is not empty, as mesosAuthentication is basic");
    }
  }
  if (method === "iam" && IAMConfigFile === "" && !faults.has("IAMConfigFile"))
    faults.add("IAMConfigFile", "", "the path of a service account file, as mesosAuthentication is iam");
  if (method === "none" && !faults.has("mesosAuthentication")) {
    if (credentials.principal !== "") warnings.push("mesosCredentials is not used, as mesosAuthentication is none");
    if (IAMConfigFile !== "") warnings.push("IAMConfigFile is not used, as mesosAuthentication is none");
  }
}

function checkCertificates(values: Values, { faults, warnings }: RuleContext): void {
  for (const [cert, key] of [
    ["CertFile", "KeyFile"],
    ["tlsCertFile", "tlsKeyFile"],
  ] as const) {
    if (faults.has(cert) || faults.has(key)) continue;
    if (values[cert] === "" && values[key] !== "")
      faults.add(cert, "", `the path of a certificate, as ${key} is given`);
    if (values[key] === "" && values[cert] !== "") faults.add(key, "", `the path of a key, as ${cert} is given`);
  }
  if (values.httpsPort > 0 && values.tlsCertFile === "") warnings.push("httpsPort is not used without tlsCertFile");
}

/** Ports above 1023 that browsers ask nobody at ("bad port" of the Fetch Standard). */
const REFUSED_BY_BROWSERS = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10_080,
]);

function checkBrowsers({ httpon, httpport, httpsPort }: Values, { warnings }: RuleContext): void {
  for (const [key, port] of Object.entries({ httpport, httpsPort })) {
    if (httpon && REFUSED_BY_BROWSERS.has(port))
      warnings.push(`${key}: browsers refuse to ask port ${port}, so that they cannot show the console there`);
  }
}

function checkCookies({ cookieSecret, previousCookieSecret }: Values, { faults }: RuleContext): void {
  if (cookieSecret === "" && previousCookieSecret !== "" && !faults.has("cookieSecret"))
    faults.add("cookieSecret", "", "32 hexadecimal digits, as previousCookieSecret is given");
}

/** The zones with their own resolvers. None may be inside a zone of this server. */
function effectiveZones(values: Values, { faults, warnings }: RuleContext): Values["zoneResolvers"] {
  const { domain, dcosNames, vips, staticZones, externalon, zoneResolvers, consul } = values;
  if (faults.has("domain") || faults.has("dcosNames")) return zoneResolvers;
  const dcos = [...(dcosNames ? [DCOS_ZONE] : []), ...(vips.names ? vipZones(dcosNames) : [])];
  const zones = [domain, ...dcos, ...consulZones(consul), ...staticZones];
  return zoneResolvers.filter(([zone]) => {
    const own = zones.find((each) => isInZone(zone, each));
    if (own === undefined) return true;
    if (externalon)
      faults.add("zoneResolvers", zone, `zones outside ${own}, which is answered by this server`, `.${zone}`);
    else warnings.push(`zoneResolvers.${zone} is not used: this server answers for ${own}`);
    return false;
  });
}

/** The records with complete names. Without a domain, nothing can be said of them. */
function effectiveRecords(values: Values, { faults, warnings }: RuleContext): Config["records"] {
  if (faults.has("domain") || faults.has("staticZones")) return [];
  const report: ReportFault = (at, value, allowed) => faults.add("records", value, allowed, at);
  const records = completeRecords(values.records, values, report, (at, text) => warnings.push(`records${at}: ${text}`));
  if (values.allowTransfer.length > 0 && records.some(({ policy }) => policy !== "simple"))
    warnings.push("records: policies do not transfer: secondaries answer with all values that are left of them");
  return records;
}

/** Refuses a domain that overlaps with DC/OS's zone. */
function checkDcosNames({ domain, dcosNames }: Values, { faults }: RuleContext): void {
  if (!dcosNames || faults.has("domain") || faults.has("dcosNames")) return;
  if (isInZone(domain, DCOS_ZONE) || isInZone(DCOS_ZONE, domain))
    faults.add("domain", domain, `a domain outside ${DCOS_ZONE} and not above it, as dcosNames is true`);
}

/** The name of the name server. It cannot be the domain itself, nor a name that is reserved for masters and agents. */
function effectiveNameServer({ SOAMname, domain }: Values, { faults, warnings }: RuleContext): string {
  const usual = `ns1.${domain}`;
  if (SOAMname === "" || faults.has("domain")) return usual;
  const isClusters = SOAMname.endsWith(`.${domain}`) && isReserved(SOAMname.slice(0, -domain.length - 1));
  if (SOAMname !== domain && !isClusters) return SOAMname;
  warnings.push(`SOAMname: ${SOAMname} is a name of the cluster's, and ${usual} is the name server instead`);
  return usual;
}

function checkCache({ cache: { minTtl, maxTtl } }: Values, { faults }: RuleContext): void {
  if (minTtl > maxTtl && !faults.has("cache.minTtl") && !faults.has("cache.maxTtl"))
    faults.add("cache.minTtl", minTtl, `at most cache.maxTtl, which is ${maxTtl}`);
}

/** A state is `refreshSeconds` old before it can be replaced, so it must not count as stale before that. */
function effectiveMaxAge({ stateMaxAgeSeconds, refreshSeconds }: Values, { warnings }: RuleContext): number {
  const least = 2 * refreshSeconds;
  if (stateMaxAgeSeconds === 0 || stateMaxAgeSeconds >= least) return stateMaxAgeSeconds;
  if (stateMaxAgeSeconds !== KEYS.stateMaxAgeSeconds.default)
    warnings.push(
      `stateMaxAgeSeconds ${stateMaxAgeSeconds} is taken as ${least}, twice refreshSeconds: a state is that old at times`,
    );
  return least;
}

function effectiveResolvers(values: Values, { faults, warnings, systemResolvers }: RuleContext): readonly Resolver[] {
  if (values.resolvers.length > 0 || !values.externalon || faults.has("resolvers")) return values.resolvers;
  try {
    const fault = (_at: string, address: unknown) => {
      warnings.push(`resolvers: the machine's nameserver ${JSON.stringify(address)} is left out, it is not an address`);
    };
    const read = resolverFormat.read([...new Set(systemResolvers())], { fault, remark: () => undefined });
    if (read !== undefined && read.length > 0) return read;
    warnings.push("resolvers is empty and the machine names no other nameserver: outside names cannot be resolved");
  } catch (error) {
    faults.add("resolvers", [], `at least one resolver, as those of the machine cannot be read (${messageOf(error)})`);
  }
  return [];
}

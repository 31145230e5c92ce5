/** The rules between keys: what one value demands or forbids in another, and defaults that depend on another key. */

import { DCOS_ZONE } from "../dcos-zone.js";
import { messageOf } from "../errors.js";
import { formatResolver } from "../host-port.js";
import { isReserved } from "../reserved-names.js";
import type { Config, Resolver } from "./config.js";
import type { Faults } from "./faults.js";
import { resolvers as resolverFormat } from "./formats.js";
import { isInZone } from "./names.js";
import { KEYS, type Values } from "./schema.js";

/** What the rules need beside the values: where they put what they find, and what they may ask of the machine. */
export interface RuleContext {
  readonly faults: Faults;
  readonly warnings: string[];
  /** Addresses of the machine's nameservers; may throw where they cannot be read. */
  readonly systemResolvers: () => readonly string[];
  readonly machineAddresses: () => readonly string[];
  /** Where a supervisor lets the program keep files; "" for nowhere. */
  readonly stateDirectory: string;
  /** False where the configuration is not used to follow a cluster. */
  readonly needsMasters: boolean;
}

/** The complete configuration. Its faults are in `context`; with any, the result is not to be used. */
export function completeConfig(values: Values, context: RuleContext): Config {
  checkServices(values, context);
  checkMasters(values, context);
  checkAuthentication(values, context);
  checkCertificates(values, context);
  checkCookies(values, context);
  checkZones(values, context);
  checkDcosNames(values, context);
  checkNameServer(values, context);
  checkLoops(values, context);
  checkCache(values, context);
  return {
    ...values,
    stateDir: values.stateDir || context.stateDirectory,
    stateMaxAgeSeconds: effectiveMaxAge(values, context),
    resolvers: effectiveResolvers(values, context),
    zoneResolvers: Object.fromEntries(values.zoneResolvers),
    SOAMname: values.SOAMname || `ns1.${values.domain}`,
    SOARname: values.SOARname || `root.ns1.${values.domain}`,
  };
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
    for (const key of ["principal", "secret"] as const) {
      const path = `mesosCredentials.${key}`;
      if (credentials[key] === "" && !faults.has("mesosCredentials") && !faults.has(path))
        faults.add(path, "", "a value that is not empty, as mesosAuthentication is basic");
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

function checkCookies({ cookieSecret, previousCookieSecret }: Values, { faults }: RuleContext): void {
  if (cookieSecret === "" && previousCookieSecret !== "" && !faults.has("cookieSecret"))
    faults.add("cookieSecret", "", "32 hexadecimal digits, as previousCookieSecret is given");
}

function checkZones({ domain, dcosNames, zoneResolvers }: Values, { faults }: RuleContext): void {
  if (faults.has("domain") || faults.has("dcosNames")) return;
  for (const [zone] of zoneResolvers) {
    const own = [domain, ...(dcosNames ? [DCOS_ZONE] : [])].find((each) => isInZone(zone, each));
    if (own) faults.add("zoneResolvers", zone, `zones outside ${own}, which is answered by this server`, `.${zone}`);
  }
}

/** No zone of this server lies in another one of it. */
function checkDcosNames({ domain, dcosNames }: Values, { faults }: RuleContext): void {
  if (!dcosNames || faults.has("domain") || faults.has("dcosNames")) return;
  if (isInZone(domain, DCOS_ZONE) || isInZone(DCOS_ZONE, domain))
    faults.add("domain", domain, `a domain outside ${DCOS_ZONE} and not above it, as dcosNames is true`);
}

/** The name server is a host of its own: it cannot be the domain, nor share a name with what the cluster is. */
function checkNameServer({ SOAMname, domain }: Values, { faults }: RuleContext): void {
  if (faults.has("domain") || faults.has("SOAMname")) return;
  const isClusters = SOAMname.endsWith(`.${domain}`) && isReserved(SOAMname.slice(0, -domain.length - 1));
  if (SOAMname === domain || isClusters)
    faults.add("SOAMname", SOAMname, `a host name of its own, such as ns1.${domain}; that one is the cluster's`);
}

/** A query forwarded to this server itself would come back for ever. */
function checkLoops(values: Values, { faults, machineAddresses }: RuleContext): void {
  if (!values.dnson || faults.has("listener")) return;
  const { port, tlsPort, listener } = values;
  const own = new Set(listener.flatMap((at) => [at, ...machineAddresses().filter((address) => hears(at, address))]));
  const isOwn = ({ host, port: at, tlsName }: Resolver) =>
    at === (tlsName === undefined ? port : tlsPort) &&
    (own.has(host) || (host.startsWith("127.") && listener.some((at) => hears(at, host))));
  const allowed = "other servers than this one, which listens there itself";
  for (const resolver of values.resolvers)
    if (isOwn(resolver)) faults.add("resolvers", formatResolver(resolver), allowed);
  for (const [zone, resolvers] of values.zoneResolvers)
    for (const resolver of resolvers)
      if (isOwn(resolver)) faults.add("zoneResolvers", formatResolver(resolver), allowed, `.${zone}`);
}

/** Whether who listens for all addresses, of one family or of both, hears what is sent to this one. */
function hears(listener: string, address: string): boolean {
  return listener === "::" || (listener === "0.0.0.0" && !address.includes(":"));
}

function checkCache({ cache: { minTtl, maxTtl } }: Values, { faults }: RuleContext): void {
  if (minTtl > maxTtl && !faults.has("cache.minTtl") && !faults.has("cache.maxTtl"))
    faults.add("cache.minTtl", minTtl, `at most cache.maxTtl, which is ${maxTtl}`);
}

/** A state is `refreshSeconds` old before it can be replaced: what is called stale must be older than that. */
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
    const read = resolverFormat.read([...new Set(systemResolvers())], (_at, address) => {
      warnings.push(`resolvers: the machine's nameserver ${JSON.stringify(address)} is left out, it is not an address`);
    });
    if (read !== undefined && read.length > 0) return read;
    warnings.push("resolvers is empty and the machine names no other nameserver: outside names cannot be resolved");
  } catch (error) {
    faults.add("resolvers", [], `at least one resolver, as those of the machine cannot be read (${messageOf(error)})`);
  }
  return [];
}

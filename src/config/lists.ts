import type { HostPort } from "../base/host-port.js";
import { isObject } from "../base/lenient.js";
/** The formats of values with several entries. */
import type { Resolver } from "./config.js";
import { type EntryReader, readEntries } from "./entries.js";
import { explainListener, explainMaster, explainResolver } from "./explain.js";
import { type Format, parseJsonOrText, within } from "./format.js";
import { readAddress, readListener, readMaster, readNetwork, readResolver, readZoneName } from "./names.js";
import { explainReverseZone, readReverseZone } from "./reverse-zone.js";

interface ListOptions<T> {
  readonly entries: string;
  readonly entry: string;
  readonly nonempty?: boolean;
  readonly parse: (text: string) => T | undefined;
  /** Says what is wrong with a refused entry: a phrase that completes "allowed: …". */
  readonly explain?: (text: string) => string;
  /** Duplicate entries are dropped with a remark, instead of being refused. */
  readonly mayRepeat?: boolean;
}

/** A list without duplicates. An environment variable separates its entries with commas. */
export function list<T>(options: ListOptions<T>): Format<readonly T[]> {
  const allowed = `a list of ${options.entries}${options.nonempty ? ", at least one" : ""}`;
  return {
    allowed,
    fromText: (line) => (line.trim() === "" ? [] : splitAtCommas(line)),
    read(value, findings) {
      if (!Array.isArray(value) || (options.nonempty && value.length === 0)) {
        findings.fault("", value, `${allowed}${asList(value, options.parse)}`);
        return undefined;
      }
      return readEntries(value, entryReader(options), findings);
    },
  };
}

function splitAtCommas(line: string): string[] {
  return line.split(",").map((entry) => entry.trim());
}

/** How to write a string as a list, if that is clear; else "". */
function asList(value: unknown, parse: (text: string) => unknown): string {
  if (typeof value !== "string") return "";
  const entries = splitAtCommas(value);
  return entries.every((entry) => parse(entry) !== undefined) ? `: ${JSON.stringify(entries)}` : "";
}

function entryReader<T>({ entry: allowed, parse, explain, mayRepeat }: ListOptions<T>): EntryReader<T> {
  return {
    read: (entry, { fault }) => {
      const parsed = typeof entry === "string" ? parse(entry) : undefined;
      if (parsed === undefined) fault("", entry, typeof entry === "string" && explain ? explain(entry) : allowed);
      return parsed;
    },
    identity: (parsed) => JSON.stringify(parsed),
    ...(!mayRepeat && { once: "each entry once" }),
  };
}

const LISTENER = 'an IPv4 or IPv6 address or a host name, such as 0.0.0.0 or ::, or "" for all addresses';

const listenerList = list({
  entries: "IPv4 or IPv6 addresses or host names",
  entry: LISTENER,
  nonempty: true,
  parse: readListener,
  explain: (text) => explainListener(text, "port", LISTENER),
});

/** One listener, or a list of them. */
export const listeners: Format<readonly string[]> = {
  allowed: `${LISTENER}; or a list of them, at least one`,
  fromText: splitAtCommas,
  read(value, findings) {
    if (typeof value !== "string") return listenerList.read(value, findings);
    const parsed = readListener(value);
    if (parsed === undefined) findings.fault("", value, explainListener(value, "port", listeners.allowed));
    return parsed === undefined ? undefined : [parsed];
  },
};

/** Networks in CIDR notation. An address without a prefix length is a network of one address. */
export const networks: Format<readonly string[]> = list({
  entries: "networks, each address/prefix length",
  entry: "a network such as 192.0.2.0/24 or 2001:db8::/32",
  parse: readNetwork,
});

export const addresses: Format<readonly string[]> = list({
  entries: "IPv4 or IPv6 addresses",
  entry: "an IPv4 or IPv6 address",
  parse: readAddress,
});

export const zoneNames: Format<readonly string[]> = list({
  entries: "names of zones",
  entry: "the name of a zone",
  nonempty: true,
  parse: readZoneName,
});

export const staticZones: Format<readonly string[]> = list({
  entries: "names of zones",
  entry: 'the name of a zone, such as "edge.example.com"',
  parse: readZoneName,
});

const REVERSE_ZONE =
  'a reverse zone such as "10.in-addr.arpa" or "d.f.ip6.arpa", or a network such as 10.0.0.0/8 that is one';

/** Networks that are zones are read as the zones' names. */
export const reverseZones: Format<readonly string[]> = list({
  entries: 'reverse zones such as "10.in-addr.arpa", or networks that are one, such as 10.0.0.0/8',
  entry: REVERSE_ZONE,
  parse: readReverseZone,
  explain: (text) => explainReverseZone(text, REVERSE_ZONE),
});

const MASTER =
  "host:port, with a host name, an IPv4 address or an IPv6 address in brackets, and a port from 1 to 65535";

export const masters: Format<readonly HostPort[]> = list({
  entries: "Mesos masters, each host:port",
  entry: MASTER,
  parse: readMaster,
  explain: explainMaster,
  mayRepeat: true,
});

const RESOLVER =
  "an IP address, ip:port or [ipv6]:port with a port from 1 to 65535; for DNS over TLS tls://ip#name or tls://ip:port#name";

const RESOLVERS = {
  entries: "resolvers, each an IP address or address:port, or tls://address#name",
  entry: RESOLVER,
  parse: readResolver,
  explain: (text: string) => explainResolver(text, RESOLVER),
} as const;

export const resolvers: Format<readonly Resolver[]> = list(RESOLVERS);

/** A list with at least one of `choices`. */
export function subsetOf<T extends string>(choices: readonly T[]): Format<readonly T[]> {
  const entry = choices.map((choice) => `"${choice}"`).join(", ");
  return list({
    entries: `some of ${entry}`,
    entry: `one of ${entry}`,
    nonempty: true,
    parse: (value) => choices.find((choice) => choice === value),
  });
}

/** Zones and their resolvers. */
export type ZoneResolvers = readonly (readonly [zone: string, resolvers: readonly Resolver[]])[];

const zoneResolverList = list({ ...RESOLVERS, nonempty: true });

const ZONE_RESOLVERS = "an object that gives a list of resolvers for each zone";

/** Sorted by zone, so that equal configurations compare equal. An environment variable contains it as JSON. */
export const zoneResolvers: Format<ZoneResolvers> = {
  allowed: ZONE_RESOLVERS,
  fromText: parseJsonOrText,
  read(value, findings) {
    if (!isObject(value)) {
      findings.fault("", value, ZONE_RESOLVERS);
      return undefined;
    }
    const read = new Map<string, readonly Resolver[]>();
    let faulty = false;
    for (const [key, servers] of Object.entries(value)) {
      const zone = readZoneName(key);
      const resolversOfZone = zoneResolverList.read(servers, within(`.${key}`, findings));
      if (zone === undefined) findings.fault(`.${key}`, key, "the name of a zone");
      else if (read.has(zone))
        findings.remark(`.${key}`, "this zone stands twice, and the one that stands last counts");
      if (zone !== undefined && resolversOfZone !== undefined) read.set(zone, resolversOfZone);
      else faulty = true;
    }
    return faulty ? undefined : [...read].sort(([a], [b]) => (a < b ? -1 : 1));
  },
};

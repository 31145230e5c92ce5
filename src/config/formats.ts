/**
 * The formats of configuration values. A format reads what an operator wrote (untrusted JSON, or the text of an
 * environment variable) into a typed value, and reports each thing it refuses. It never coerces: `"53"` in the file is
 * not a number, as in Mesos-DNS.
 */
import type { HostPort, Resolver } from "./config.js";
import {
  readAddress,
  readHostname,
  readMailbox,
  readMaster,
  readNetwork,
  readResolver,
  readZoneName,
} from "./names.js";
import { parseZkUrl } from "./zk-url.js";

/** Takes one fault: `at` is the place inside the value (`[1]`, `.corp.example`) or "" for the value as a whole. */
export type Report = (at: string, value: unknown, allowed: string) => void;

export interface Format<T> {
  /** What may be written, in words that complete "allowed: …". */
  readonly allowed: string;
  /** The JSON value that an environment variable's text stands for; the text itself where it stands for none. */
  fromText(text: string): unknown;
  /** The typed value, or `undefined` after at least one report. */
  read(value: unknown, report: Report): T | undefined;
}

function scalar<T>(
  allowed: string,
  fromText: (text: string) => unknown,
  parse: (value: unknown) => T | undefined,
): Format<T> {
  return {
    allowed,
    fromText,
    read(value, report) {
      const parsed = parse(value);
      if (parsed === undefined) report("", value, allowed);
      return parsed;
    },
  };
}

function textual<T>(allowed: string, parse: (text: string) => T | undefined): Format<T> {
  return scalar(
    allowed,
    (text) => text,
    (value) => (typeof value === "string" ? parse(value) : undefined),
  );
}

/** An integer from `min` to `max`, both included. */
export function integer(min: number, max: number): Format<number> {
  return scalar(
    `an integer from ${min} to ${max}`,
    (text) => (/^-?\d+$/.test(text.trim()) ? Number(text) : text),
    (value) =>
      typeof value === "number" && Number.isInteger(value) && value >= min && value <= max ? value : undefined,
  );
}

export const boolean: Format<boolean> = scalar(
  "true or false",
  (text) => ({ true: true, false: false })[text.trim().toLowerCase()] ?? text,
  (value) => (typeof value === "boolean" ? value : undefined),
);

export const text: Format<string> = textual("a string", (value) => value);

export const path: Format<string> = textual("the path of a file, or an empty string for none", (value) => value);

/** One of `choices`; `aliases` are other spellings of them. */
export function oneOf<T extends string>(choices: readonly T[], aliases: ReadonlyMap<string, T> = new Map()): Format<T> {
  return textual(
    choices.map((choice) => `"${choice}"`).join(" or "),
    (value) => choices.find((choice) => choice === value) ?? aliases.get(value),
  );
}

export const address: Format<string> = textual("an IPv4 or IPv6 address, such as 0.0.0.0 or ::", readAddress);

/** One address, or a list of them. */
export const addresses: Format<readonly string[]> = {
  allowed: "an IPv4 or IPv6 address, such as 0.0.0.0 or ::, or a list of them, at least one",
  fromText: (line) => line.split(",").map((entry) => entry.trim()),
  read(value, report) {
    if (typeof value !== "string") return addressList.read(value, report);
    const parsed = readAddress(value);
    if (parsed === undefined) report("", value, addresses.allowed);
    return parsed === undefined ? undefined : [parsed];
  },
};

/** Leaves room below the domain for the longest names of a task: `_port._task._tcp.framework.slave`. */
const MAX_DOMAIN = 200;

export const domain: Format<string> = textual(
  `a domain name of at most ${MAX_DOMAIN} characters: labels of letters, digits and inner hyphens`,
  (value) => readHostname(value, MAX_DOMAIN),
);

/** "" stands for a default that depends on the domain. */
export const optionalHostname: Format<string> = textual("a host name", (value) =>
  value === "" ? "" : readHostname(value),
);

export const optionalMailbox: Format<string> = textual(
  "a mailbox, such as root@example.com or root.example.com",
  (value) => (value === "" ? "" : readMailbox(value)),
);

export const zkUrl: Format<string> = textual(
  "zk://host:port,host:port/path, with user:password@ before the hosts if they need it, or an empty string for none",
  (value) => (value === "" || parseZkUrl(value) ? value : undefined),
);

/** A list without duplicates. An environment variable separates its entries with commas. */
function list<T>(options: {
  readonly entries: string;
  readonly entry: string;
  readonly nonempty?: boolean;
  readonly parse: (text: string) => T | undefined;
}): Format<readonly T[]> {
  const allowed = `a list of ${options.entries}${options.nonempty ? ", at least one" : ""}`;
  return {
    allowed,
    fromText: (line) => (line.trim() === "" ? [] : line.split(",").map((entry) => entry.trim())),
    read(value, report) {
      if (!Array.isArray(value) || (options.nonempty && value.length === 0)) {
        report("", value, allowed);
        return undefined;
      }
      return readEntries(value, options, report);
    },
  };
}

function readEntries<T>(
  entries: readonly unknown[],
  { entry: allowed, parse }: { readonly entry: string; readonly parse: (text: string) => T | undefined },
  report: Report,
): readonly T[] | undefined {
  const read = new Map<string, T>();
  entries.forEach((entry, index) => {
    const parsed = typeof entry === "string" ? parse(entry) : undefined;
    const identity = JSON.stringify(parsed);
    if (parsed === undefined) report(`[${index}]`, entry, allowed);
    else if (read.has(identity)) report(`[${index}]`, entry, "each entry once");
    else read.set(identity, parsed);
  });
  return read.size === entries.length ? [...read.values()] : undefined;
}

const addressList: Format<readonly string[]> = list({
  entries: "IPv4 or IPv6 addresses",
  entry: "an IPv4 or IPv6 address, such as 0.0.0.0 or ::",
  nonempty: true,
  parse: readAddress,
});

/** Networks in CIDR notation; an address alone is a network of one. */
export const networks: Format<readonly string[]> = list({
  entries: "networks, each address/prefix length",
  entry: "a network such as 192.0.2.0/24 or 2001:db8::/32",
  parse: readNetwork,
});

/** What a TXT record's character-string can hold (RFC 1035 §3.3). */
const MAX_CHARACTER_STRING = 255;

export const characterString: Format<string> = textual(`a string of at most ${MAX_CHARACTER_STRING} octets`, (value) =>
  Buffer.byteLength(value) <= MAX_CHARACTER_STRING ? value : undefined,
);

export const cookieSecret: Format<string> = textual("32 hexadecimal digits, or an empty string for none", (value) =>
  /^([0-9a-f]{32})?$/i.test(value) ? value.toLowerCase() : undefined,
);

export const masters: Format<readonly HostPort[]> = list({
  entries: "Mesos masters, each host:port",
  entry: "host:port, with a host name, an IPv4 address or an IPv6 address in brackets, and a port from 1 to 65535",
  parse: readMaster,
});

const RESOLVERS = {
  entries: "resolvers, each an IP address or address:port, or tls://address#name",
  entry:
    "an IP address, ip:port or [ipv6]:port with a port from 1 to 65535; for DNS over TLS tls://ip#name or tls://ip:port#name",
  parse: readResolver,
} as const;

export const resolvers: Format<readonly Resolver[]> = list(RESOLVERS);

/** A list, at least one, of some of `choices`. */
export function subsetOf<T extends string>(choices: readonly T[]): Format<readonly T[]> {
  const entry = choices.map((choice) => `"${choice}"`).join(", ");
  return list({
    entries: `some of ${entry}`,
    entry: `one of ${entry}`,
    nonempty: true,
    parse: (value) => choices.find((choice) => choice === value),
  });
}

/** A zone's name and its resolvers. */
export type ZoneResolvers = readonly (readonly [zone: string, resolvers: readonly Resolver[]])[];

const zoneResolverList = list({ ...RESOLVERS, nonempty: true });

const ZONE_RESOLVERS = "an object that gives a list of resolvers for each zone";

/** Sorted by zone, so that equal configurations compare equal. An environment variable holds it as JSON. */
export const zoneResolvers: Format<ZoneResolvers> = {
  allowed: ZONE_RESOLVERS,
  fromText: parseJsonOrText,
  read(value, report) {
    if (!isObject(value)) {
      report("", value, ZONE_RESOLVERS);
      return undefined;
    }
    const entries = Object.entries(value);
    const read = new Map<string, readonly Resolver[]>();
    for (const [key, servers] of entries) {
      const zone = readZoneName(key);
      const resolversOfZone = zoneResolverList.read(servers, (at, got, allowed) =>
        report(`.${key}${at}`, got, allowed),
      );
      if (zone === undefined) report(`.${key}`, key, "the name of a zone");
      else if (read.has(zone)) report(`.${key}`, key, "each zone once, whatever its letter case and final dot");
      else if (resolversOfZone !== undefined) read.set(zone, resolversOfZone);
    }
    return read.size === entries.length ? [...read].sort(([a], [b]) => (a < b ? -1 : 1)) : undefined;
  },
};

/** What `line` says as JSON, or the text itself, which the key's format then refuses by name. */
export function parseJsonOrText(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}

/** True for a JSON object: not null, not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

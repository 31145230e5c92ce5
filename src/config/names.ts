/**
 * Reads the names and addresses that an operator may write in a configuration into the form that the program uses: lower case,
 * no final dot, addresses in their shortest spelling. Each reader returns `undefined` for a text that it refuses.
 */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import type { HostPort } from "../base/host-port.js";
import type { Resolver } from "./config.js";

/** 255 octets in wire format, less the root label and the first length octet (RFC 1035 section 3.1). */
export const MAX_NAME_TEXT = 253;

const HOST_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** A label of a domain in Mesos-DNS: hyphens are allowed anywhere. */
const DOMAIN_LABEL = /^[a-z0-9-]{1,63}$/;
/** Real host names have underscores: Docker Compose names containers like `mesos_master_1`. */
const LOOSE_LABEL = /^[a-z0-9_-]{1,63}$/;
/** Host labels, and others that occur in delegated zones: `_msdcs` (RFC 8552), `0/25` (RFC 2317). */
const ZONE_LABEL = /^[a-z0-9_/-]{1,63}$/;
const RECORD_LABEL = /^(?:[a-z0-9_/-]{1,63}|\*)$/;
/** The first label of an SOA rname is a mailbox's local part: `dns-admin`, `ops+dns`. */
const MAILBOX_LABEL = /^[a-z0-9_+-]{1,63}$/;

function readName(text: string, label: RegExp, maxLength: number): string | undefined {
  const name = (text.endsWith(".") ? text.slice(0, -1) : text).toLowerCase();
  return name.length <= maxLength && name.split(".").every((part) => label.test(part)) ? name : undefined;
}

/** A host name: labels of letters, digits and inner hyphens (RFC 1123 section 2.1) that cannot be mistaken for an address. */
export function readHostname(text: string, maxLength = MAX_NAME_TEXT): string | undefined {
  const name = readName(text, HOST_LABEL, maxLength);
  return name !== undefined && !/(?:^|\.)\d+$/.test(name) ? name : undefined;
}

/** A domain, made of labels that Mesos-DNS accepts. */
export function readDomain(text: string, maxLength: number): string | undefined {
  return readName(text, DOMAIN_LABEL, maxLength);
}

/** The name of the primary server in the SOA record. As in Mesos-DNS, it may have any number of final dots. */
export function readNameServer(text: string): string | undefined {
  return readName(text.replace(/\.+$/, ""), LOOSE_LABEL, MAX_NAME_TEXT);
}

/** A listener: an address, which may have a zone index, or a host name to look up; "" for all addresses. */
export function readListener(text: string): string | undefined {
  return text === "" ? "" : readHost(text);
}

/** The name of a zone, with labels of hosts and of delegated zones. */
export function readZoneName(text: string): string | undefined {
  return readName(text, ZONE_LABEL, MAX_NAME_TEXT);
}

/** The name of a record: labels as in names of zones, or the asterisk of a wildcard (RFC 4592 section 2.1.1). */
export function readRecordName(text: string): string | undefined {
  return readName(text, RECORD_LABEL, MAX_NAME_TEXT);
}

/** The name of a TSIG key: a domain name (RFC 8945 section 4.2). */
export function readKeyName(text: string): string | undefined {
  return readName(text, LOOSE_LABEL, MAX_NAME_TEXT);
}

/** A mailbox as an SOA record's rname. An `@` becomes a dot, as in Mesos-DNS. */
export function readMailbox(text: string): string | undefined {
  return readName(text.replaceAll("@", ".").replace(/\.+$/, ""), MAILBOX_LABEL, MAX_NAME_TEXT);
}

/** Whether `name` is `zone` itself or below it. Both are in lower case, without the final dot. */
export function isInZone(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** An IPv4 or IPv6 address without brackets. Leading zeros are ignored, as in Mesos-DNS's version of Go. */
export function readAddress(text: string): string | undefined {
  const plain = /^[\d.]+$/.test(text) ? text.replace(/(^|\.)0+(?=\d)/g, "$1") : text;
  return isIP(plain) === 0 ? undefined : ipaddr.parse(plain).toString();
}

/** A network: `address/prefix length`, or only an address. Bits after the prefix must be zero: otherwise it is probably a mistake. */
export function readNetwork(text: string): string | undefined {
  const [host, length, ...rest] = text.split("/");
  const address = readAddress(host);
  if (address === undefined || rest.length > 0) return undefined;
  const bits = ipaddr.parse(address).kind() === "ipv4" ? 32 : 128;
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : bits + 1;
  if (prefix > bits) return undefined;
  const network = bits === 32 ? ipaddr.IPv4 : ipaddr.IPv6;
  const first = network.networkAddressFromCIDR(`${address}/${prefix}`).toString();
  return first === address ? `${address}/${prefix}` : undefined;
}

/** A Mesos master: `host`, `host:port`, `[v6]` or `[v6]:port`. A bare IPv6 address is refused: its last part may be meant as a port. */
export function readMaster(text: string): HostPort | undefined {
  return readHostPort(text, 5050, readServerHost);
}

/** A member of a ZooKeeper ensemble, in the notation of a master. */
export function readZooKeeperServer(text: string): HostPort | undefined {
  return readHostPort(text, 2181, readServerHost);
}

/** A DNS server: a host name or an address, in the notation of a master. */
export function readDnsServer(text: string): HostPort | undefined {
  return isIP(text) === 6 ? { host: text, port: 53 } : readHostPort(text, 53, readHost);
}

/** A collector of statistics, in the notation of a master. */
export function readStatsdServer(text: string): HostPort | undefined {
  return readHostPort(text, 8125, readHost);
}

const TLS_PREFIX = "tls://";
const TLS_PORT = 853;

/**
 * A resolver, by address only: `ip`, `ip:port`, `[v6]:port` or a bare IPv6 address. For DNS over TLS (RFC 7858) it begins with
 * `tls://`, and may end with `#name`, the name in its certificate.
 */
export function readResolver(text: string): Resolver | undefined {
  if (!text.toLowerCase().startsWith(TLS_PREFIX)) return readServerAddress(text, 53);
  const [at, name, ...rest] = text.slice(TLS_PREFIX.length).split("#");
  const server = readServerAddress(at, TLS_PORT);
  const tlsName = name === undefined ? "" : readHostname(name);
  return server === undefined || tlsName === undefined || rest.length > 0 ? undefined : { ...server, tlsName };
}

/** A server by address only, in the notation of a resolver without TLS. @param port if the text has none */
export function readServerAddress(text: string, port: number): HostPort | undefined {
  return isIP(text) === 6 ? { host: ipaddr.parse(text).toString(), port } : readHostPort(text, port, readAddress);
}

/** An address, or a host name that cannot be mistaken for one. Allows underscores and outer hyphens, which occur. */
export function readHost(text: string): string | undefined {
  const address = readAddress(text);
  if (address !== undefined) return address;
  const name = readName(text, LOOSE_LABEL, MAX_NAME_TEXT);
  return name !== undefined && !/(?:^|\.)\d+$/.test(name) ? name : undefined;
}

/** As `readHost`. An empty host means this machine, as in Go. */
function readServerHost(text: string): string | undefined {
  return text === "" ? "localhost" : readHost(text);
}

function readHostPort(
  text: string,
  defaultPort: number,
  read: (host: string) => string | undefined,
): HostPort | undefined {
  const parts = /^(?:\[(?<v6>[^\]]*)\]|(?<host>[^:[\]]*))(?::(?<port>\+?\d+))?$/.exec(text)?.groups;
  if (parts === undefined || text === "") return undefined;
  const { v6, port } = parts;
  if (v6 !== undefined && isIP(v6) !== 6) return undefined;
  const host = read(v6 ?? parts.host ?? "");
  const number = port === undefined ? defaultPort : Number(port);
  return host === undefined || number < 1 || number > 65_535 ? undefined : { host, port: number };
}

/** Hides the password of a URL in `text`. In malformed URLs it hides too much rather than too little. */
export function maskPassword(text: string): string {
  const userinfo = text.includes("//") ? /(\/\/[^:@/]*):.*@/s : /^([^:@/]*):.*@/s;
  return text.replace(userinfo, "$1:[hidden]@");
}

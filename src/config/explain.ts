/**
 * Explains what is wrong with a refused value, and what would be right if that is clear. Each function returns a phrase that
 * completes "allowed: …"; `otherwise` is the phrase for a value without a particular explanation. A password is never repeated.
 */
import { isIP } from "node:net";
import { readAddress, readDomain, readHost, readListener, readMaster, readResolver } from "./names.js";

const SCHEME = /^(?<scheme>[a-z][a-z0-9+.-]*:\/\/)(?<rest>.*)$/is;

export function explainMaster(text: string): string {
  const { scheme, rest = text } = SCHEME.exec(text)?.groups ?? {};
  if (scheme?.toLowerCase() === "zk://") return `host:port; a zk:// URL belongs to the key zk`;
  // The part before an @ is a password, which must not be repeated.
  if (rest.includes("@")) return "host:port alone; user and password belong to mesosCredentials";
  const bare = rest.replace(/\/.*$/s, "").trim();
  if (bare !== text && readMaster(bare) !== undefined) return `host:port alone: ${bare}`;
  if (/[,;\s]/.test(bare)) return `one master an entry, each host:port`;
  return explainHostPort(bare, 5050, readMaster);
}

/**
 * Explains what is wrong with a host and a port.
 *
 * @param read the reader that accepts a correct value
 */
export function explainHostPort(text: string, port: number, read: (text: string) => unknown): string {
  if (isIP(text) === 6) return `an IPv6 address in brackets: [${text}]:${port}`;
  const { host = text, port: written } = /^(?<host>\[.*\]|[^:]*):(?<port>.*)$/s.exec(text)?.groups ?? {};
  if (written !== undefined && read(host) !== undefined)
    return `a port that is a number from 1 to 65535, ${port} unless given, not ${JSON.stringify(written)}`;
  return `host:port, with a host name, an IPv4 address or an IPv6 address in brackets, in place of ${JSON.stringify(text)}`;
}

export function explainDomain(text: string, otherwise: string): string {
  const bare = text
    .trim()
    .replace(SCHEME, "$<rest>")
    .replace(/\/.*$/s, "")
    .replace(/^\*?\.+/, "")
    .replace(/\.+$/, "")
    .replace(/\.{2,}/g, ".");
  if (bare !== text && readDomain(bare, bare.length) !== undefined) return `the name alone: ${bare.toLowerCase()}`;
  const foreign = /[^a-z0-9.-]/i.exec(text)?.[0];
  return foreign === undefined
    ? otherwise
    : `letters, digits, hyphens and dots; ${foreign === " " ? "a space" : JSON.stringify(foreign)} is none of them`;
}

/** @param portKey the name of the key for the port */
export function explainListener(text: string, portKey: string, otherwise: string): string {
  if (text.trim() === "*") return '0.0.0.0 for all IPv4 addresses, or "" for all addresses';
  const rest = text.trim().replace(SCHEME, "$<rest>").replace(/\/.*$/s, "");
  const { host = "", port } = /^(?<host>\[.*\]|[^:]*)(?::(?<port>\d*))?$/s.exec(rest)?.groups ?? {};
  const address = host.replace(/^\[(.*)\]$/, "$1");
  const isRight = readListener(address) !== undefined && (address !== "" || host === "");
  if (isRight && port !== undefined)
    return `${JSON.stringify(address)} alone; the port, ${port}, belongs to ${portKey}`;
  if (isRight && address !== text) return `the address alone: ${address}`;
  return otherwise;
}

export function explainResolver(text: string, otherwise: string): string {
  const { scheme = "", rest = text } = SCHEME.exec(text)?.groups ?? {};
  if (rest.includes("@") || scheme.toLowerCase() === "tls://") return otherwise;
  const bare = rest.replace(/\/.*$/s, "").trim();
  if (bare !== text && readResolver(bare) !== undefined && !scheme.toLowerCase().startsWith("https"))
    return `the address alone: ${bare}; ${otherwise}`;
  const host = bare.replace(/:\d*$/, "");
  if (readHost(host) !== undefined && readAddress(host) === undefined)
    return `an address, as there is nobody to ask for the name ${host}; ${otherwise}`;
  return otherwise;
}

/** Reads the reverse zones that an operator may name: by their names, or by the networks whose addresses are in them. */
import ipaddr from "ipaddr.js";
import { isInZone, readNetwork } from "./names.js";

const OCTET = /^(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])$/;
const NIBBLE = /^[0-9a-f]$/;

/** The families of addresses: their zone, the bits of a label of it, and how many labels there are at most (RFC 1035 §3.5, 3596 §2.5). */
const FAMILIES = [
  { zone: "in-addr.arpa", bits: 8, labels: 4, label: OCTET, kind: "ipv4" },
  { zone: "ip6.arpa", bits: 4, labels: 32, label: NIBBLE, kind: "ipv6" },
] as const;

/** Whether a name is one of reverse names, or that above all of them. */
export function isReverse(name: string): boolean {
  return FAMILIES.some(({ zone }) => isInZone(name, zone));
}

/** The name of a reverse zone, lower case, without the final dot: of its name in any case, or of its network. */
export function readReverseZone(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, "");
  return FAMILIES.some((family) => isZoneOf(family, name)) ? name : zoneOf(text);
}

function isZoneOf({ zone, labels, label }: (typeof FAMILIES)[number], name: string): boolean {
  if (!name.endsWith(`.${zone}`)) return false;
  const own = name.slice(0, -zone.length - 1).split(".");
  return own.length <= labels && own.every((part) => label.test(part));
}

/** The zone of a network that ends where a label does. */
function zoneOf(text: string): string | undefined {
  const network = text.includes("/") ? readNetwork(text) : undefined;
  if (network === undefined) return undefined;
  const [address, prefix] = ipaddr.parseCIDR(network);
  const family = FAMILIES.find(({ kind }) => kind === address.kind());
  if (!family || prefix === 0 || prefix % family.bits !== 0) return undefined;
  const octets = address.toByteArray();
  const parts = family.bits === 8 ? octets.map(String) : octets.flatMap((octet) => [octet >>> 4, octet & 15]).map(hex);
  return [...parts.slice(0, prefix / family.bits).reverse(), family.zone].join(".");
}

function hex(nibble: number): string {
  return nibble.toString(16);
}

/** Completes "allowed: …" for a text that is no reverse zone. */
export function explainReverseZone(text: string, otherwise: string): string {
  const network = text.includes("/") ? readNetwork(text) : undefined;
  if (network === undefined) return otherwise;
  const [address, prefix] = ipaddr.parseCIDR(network);
  if (prefix === 0) return "a part of all addresses";
  const bits = address.kind() === "ipv4" ? 8 : 4;
  const next = prefix + bits - (prefix % bits);
  return `a network whose prefix length is a multiple of ${bits}: write this one as ${2 ** (next - prefix)} networks of length ${next}`;
}

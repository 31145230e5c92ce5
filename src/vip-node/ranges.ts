/** Which addresses are virtual. */
import { formatOctets, octetsOf, parseAddress } from "../base/addresses.js";
import type { AddressSpan } from "../config/vips.js";

/** As `ip` and `nft` call families of addresses. */
export const FAMILIES = ["ip", "ip6"] as const;
export type Family = (typeof FAMILIES)[number];

/** The addresses that are virtual, with services or not. */
export type Ranges = Readonly<Record<Family, AddressSpan>>;

export function familyOf(address: string): Family {
  return address.includes(":") ? "ip6" : "ip";
}

/** Whether the address is in the range of its family. Others are literals, which have to be listed. */
export function isInRange(address: string, ranges: Ranges): boolean {
  const { first, last } = ranges[familyOf(address)];
  const [low, value, high] = [first, address, last].map(octetsOfText);
  if (!low || !value || !high) return false;
  return Buffer.compare(low, value) <= 0 && Buffer.compare(value, high) <= 0;
}

/** The smallest network with all virtual addresses of a family: `11.0.0.0/8`. */
export function networkOf(family: Family, ranges: Ranges): string {
  const { first, last } = ranges[family];
  const [low, high] = [octetsOfText(first), octetsOfText(last)];
  if (!low || !high) return first;
  const differing = low.findIndex((octet, index) => octet !== high[index]);
  if (differing === -1) return first;
  const index = differing * 8 + Math.clz32((low[differing] ?? 0) ^ (high[differing] ?? 0)) - 24;
  const network = low.map((octet, at) => octet & (0xff00 >> Math.min(8, Math.max(0, index - 8 * at))) & 0xff);
  return `${formatOctets(network)}/${index}`;
}

function octetsOfText(text: string): Uint8Array | undefined {
  const address = parseAddress(text);
  return address && octetsOf(address);
}

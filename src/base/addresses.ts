import ipaddr from "ipaddr.js";

export interface IPv4Address {
  readonly family: 4;
  /** Dotted quad. */
  readonly text: string;
  /** Its 32 bits as a signed number. A cluster has very many addresses, and octets would take ten times the memory. */
  readonly bits: number;
}

export interface IPv6Address {
  readonly family: 6;
  /** In the canonical form of RFC 5952. */
  readonly text: string;
  /** 16 octets in network byte order. */
  readonly octets: Uint8Array;
}

/** An IP address of a record. */
export type Address = IPv4Address | IPv6Address;

/** Characters of the longest text form: `ffff:` six times and a dotted quad. Longer text is not parsed. */
const MAX_TEXT = 45;

/**
 * Parses the text of an IPv4 or IPv6 address; undefined for any other text. As strict as Go's `net.ParseIP`: four
 * decimal parts without leading zeros, no zone index. An IPv4-mapped IPv6 address is the IPv4 address.
 */
export function parseAddress(text: string): Address | undefined {
  if (text.length > MAX_TEXT) return undefined;
  const bits = readIPv4(text);
  if (bits !== undefined) return { family: 4, text, bits };
  if (text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  const canonical = address.toString();
  if (address.kind() === "ipv4") return parseAddress(canonical);
  return { family: 6, text: canonical, octets: Uint8Array.from(address.toByteArray()) };
}

/** The 4 or 16 octets of an address in network byte order. */
export function octetsOf(address: Address): Uint8Array {
  if (address.family === 6) return address.octets;
  const { bits } = address;
  return Uint8Array.of(bits >>> 24, bits >>> 16, bits >>> 8, bits);
}

/** Addresses after which an `AddressBook` starts anew: more than any cluster has, so that most of them are unused by then. */
const MAX_KNOWN = 500_000;

/** Parses addresses, and remembers those that take long to parse. */
export class AddressBook {
  readonly #known = new Map<string, Address | undefined>();

  parse(text: string): Address | undefined {
    // Reading one anew takes less than finding it again among 100,000.
    const bits = readIPv4(text);
    if (bits !== undefined) return { family: 4, text, bits };
    if (this.#known.has(text)) return this.#known.get(text);
    const address = parseAddress(text);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(text, address);
    return address;
  }
}

const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * The 32 bits of a dotted quad without leading zeros; undefined for any other text. Written by hand for speed: a cluster has such
 * an address for each of its containers.
 */
function readIPv4(text: string): number | undefined {
  let bits = 0;
  let parts = 1;
  let digits = 0;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === DOT && digits > 0 && parts < 4) {
      bits = (bits << 8) | value;
      parts++;
      digits = 0;
      value = 0;
    } else if (unit >= ZERO && unit <= NINE && !(digits > 0 && value === 0)) {
      value = value * 10 + unit - ZERO;
      digits++;
      if (value > 255) return undefined;
    } else {
      return undefined;
    }
  }
  return parts === 4 && digits > 0 ? (bits << 8) | value : undefined;
}

/** The text of an address of 4 or 16 octets, in the canonical form of RFC 5952 for IPv6. */
export function formatOctets(octets: Uint8Array): string {
  return ipaddr.fromByteArray([...octets]).toString();
}

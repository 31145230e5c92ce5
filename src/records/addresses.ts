import ipaddr from "ipaddr.js";

/** An IP address as records carry it. */
export interface Address {
  readonly family: 4 | 6;
  /** Canonical text: dotted quad, or RFC 5952. */
  readonly text: string;
  /** 4 or 16 octets in network order. */
  readonly octets: Uint8Array;
}

/** Longest text form, `ffff:` six times and a dotted quad; anything longer is not worth parsing. */
const MAX_TEXT = 45;

/**
 * Parses the text of an IPv4 or IPv6 address; `undefined` for anything else. As strict as Go's `net.ParseIP`: four
 * decimal parts without leading zeros, no zone index. An IPv4-mapped IPv6 address is the IPv4 address.
 */
export function parseAddress(text: string): Address | undefined {
  if (text.length > MAX_TEXT) return undefined;
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return toAddress(ipaddr.IPv4.parse(text));
  if (text.includes("%") || !ipaddr.IPv6.isValid(text)) return undefined;
  return toAddress(ipaddr.process(text));
}

/** More than any cluster has: beyond it, most are addresses that nobody has any more. */
const MAX_KNOWN = 500_000;

/** Remembers what it parsed: most tasks repeat the addresses of few agents. */
export class AddressBook {
  readonly #known = new Map<string, Address | undefined>();

  parse(text: string): Address | undefined {
    if (this.#known.has(text)) return this.#known.get(text);
    const address = parseAddress(text);
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(text, address);
    return address;
  }
}

function toAddress(parsed: ipaddr.IPv4 | ipaddr.IPv6): Address {
  const family = parsed.kind() === "ipv4" ? 4 : 6;
  return { family, text: parsed.toString(), octets: Uint8Array.from(parsed.toByteArray()) };
}

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
  const ipv4 = readIPv4(text);
  if (ipv4) return { family: 4, text, octets: ipv4 };
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

const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** Four decimal parts without leading zeros. By hand: a cluster has one such address for each of its containers. */
function readIPv4(text: string): Uint8Array | undefined {
  const octets = new Uint8Array(4);
  let part = 0;
  let digits = 0;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === DOT && digits > 0 && part < 3) {
      octets[part++] = value;
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
  octets[part] = value;
  return part === 3 && digits > 0 ? octets : undefined;
}

function toAddress(parsed: ipaddr.IPv4 | ipaddr.IPv6): Address {
  const family = parsed.kind() === "ipv4" ? 4 : 6;
  return { family, text: parsed.toString(), octets: Uint8Array.from(parsed.toByteArray()) };
}

import { octetsOf, parseAddress } from "../base/addresses.js";
import { NetworkList } from "../base/network-list.js";
import { forwardedFor } from "./forwarded.js";

/** Addresses in a header that are looked at: proxies in a row are few, and a client may write as many as it likes. */
const MAX_HOPS = 20;

/** An address that nobody has: it may do what everybody may. */
const NOBODY = "0.0.0.0";

export interface ProxyHeaders {
  /** RFC 7239. */
  readonly forwarded: string | undefined;
  /** What most proxies send instead. */
  readonly xForwardedFor: string | undefined;
}

/** Finds out who asks where proxies that are trusted pass requests on. */
export class TrustedProxies {
  readonly #networks: NetworkList;

  /** @param networks in CIDR notation */
  constructor(networks: readonly string[]) {
    this.#networks = new NetworkList(networks);
  }

  includes(address: string): boolean {
    const parsed = parseAddress(address.split("%", 1)[0]);
    return parsed !== undefined && this.#networks.includes(octetsOf(parsed));
  }

  /**
   * The address of the client: of those that the headers name, the last that is no trusted proxy's, for those before it are the
   * client's own words. Proxies set one of the headers and pass the other on as it came: where both are there and do not agree, it
   * is not known who asks.
   *
   * @param peer the address of whoever has connected
   */
  clientOf(peer: string, { forwarded, xForwardedFor }: ProxyHeaders): string {
    if (!this.includes(peer)) return peer;
    const named = [
      ...(forwarded === undefined ? [] : [this.#lastStranger(forwardedFor(forwarded) ?? [])]),
      ...(xForwardedFor === undefined ? [] : [this.#lastStranger(xForwardedFor.split(","))]),
    ];
    if (named.length === 0) return peer;
    return named.every((address) => address === named[0]) ? named[0] : NOBODY;
  }

  #lastStranger(addresses: readonly string[]): string {
    for (const written of addresses.slice(-MAX_HOPS).reverse()) {
      const address = addressIn(written);
      if (parseAddress(address) === undefined) return NOBODY;
      if (!this.includes(address)) return address;
    }
    return NOBODY;
  }
}

/** The proxies that are trusted now; made anew only where the configured networks are others. */
export function proxiesOf(networks: () => readonly string[]): () => TrustedProxies {
  let current = networks();
  let proxies = new TrustedProxies(current);
  return () => {
    if (networks() !== current) {
      current = networks();
      proxies = new TrustedProxies(current);
    }
    return proxies;
  };
}

/** Without brackets and a port: `[2001:db8::1]:4711`, `192.0.2.1:4711`, `2001:db8::1`. */
function addressIn(written: string): string {
  const text = written.trim();
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(text);
  if (bracketed) return bracketed[1];
  return text.replace(/^([\d.]+):\d+$/, "$1");
}

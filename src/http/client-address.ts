import { octetsOf, parseAddress } from "../base/addresses.js";
import { NetworkList } from "../base/network-list.js";
import { forwardedFor } from "./forwarded.js";

/** How many addresses of a header are examined. Chains of proxies are short, but a client can write any number. */
const MAX_HOPS = 20;

/** Stands for an unknown client, which has no privileges. */
const NOBODY = "0.0.0.0";

export interface ProxyHeaders {
  /** RFC 7239. */
  readonly forwarded: string | undefined;
  /** Sent by most proxies instead of `Forwarded`. */
  readonly xForwardedFor: string | undefined;
}

/** Determines the client's address when a trusted proxy has passed on the request. */
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
   * The address of the client: the last one in a header that does not belong to a trusted proxy. Those before it may be forged by
   * the client. A proxy sets one of the two headers and passes the other on unchanged. So if both are present and disagree, the
   * client is unknown.
   *
   * @param peer the address at the other end of the connection
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

/** The proxies that are trusted now. Makes a new object only if the configured networks have changed. */
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

/** Strips brackets and a port: `[2001:db8::1]:4711`, `192.0.2.1:4711`, `2001:db8::1`. */
function addressIn(written: string): string {
  const text = written.trim();
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(text);
  if (bracketed) return bracketed[1];
  return text.replace(/^([\d.]+):\d+$/, "$1");
}

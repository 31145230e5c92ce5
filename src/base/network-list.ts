import ipaddr from "ipaddr.js";

interface Network {
  readonly octets: Uint8Array;
  readonly prefix: number;
}

/** A list of networks that can tell whether one of them includes an address. */
export class NetworkList {
  readonly #networks: readonly Network[];

  /** @param networks in CIDR notation, valid, IPv4 or IPv6 */
  constructor(networks: readonly string[]) {
    this.#networks = networks.map((text) => {
      const [address, prefix] = ipaddr.parseCIDR(text);
      return { octets: Uint8Array.from(address.toByteArray()), prefix };
    });
  }

  /** Whether one of the networks includes an address. @param octets 4 or 16 octets of the address */
  includes(octets: Uint8Array): boolean {
    return this.#networks.some((network) => network.octets.length === octets.length && sharesPrefix(network, octets));
  }
}

function sharesPrefix(network: Network, octets: Uint8Array): boolean {
  const whole = network.prefix >>> 3;
  for (let i = 0; i < whole; i++) if (network.octets[i] !== octets[i]) return false;
  const rest = network.prefix & 7;
  return rest === 0 || (network.octets[whole] ^ octets[whole]) >>> (8 - rest) === 0;
}

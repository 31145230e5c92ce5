import { networkInterfaces } from "node:os";
import { type Address, octetsOf, parseAddress } from "../base/addresses.js";

/**
 * Where this server can be reached if it listens at these addresses: there, or for a wildcard at every address of the
 * machine that others can use; at loopback if there is no other.
 */
export function ownAddresses(listeners: readonly string[]): Address[] {
  const texts = new Map(listeners.flatMap(addressesOf).map((address) => [address.text, address]));
  return [...texts.values()];
}

function addressesOf(listener: string): Address[] {
  // A link-local address is of no use without its zone index, which no record can carry.
  if (listener.includes("%")) return [];
  const address = parseAddress(listener);
  const isWildcard = address === undefined || octetsOf(address).every((octet) => octet === 0);
  if (!isWildcard) return [address];
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const wanted = all.filter(({ family, scopeid }) => !scopeid && (family === "IPv4" || address?.family === 6));
  const external = wanted.filter(({ internal }) => !internal);
  const texts = (external.length > 0 ? external : wanted).map((own) => own.address);
  return texts.map(parseAddress).filter((own) => own !== undefined);
}

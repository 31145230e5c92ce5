import { networkInterfaces } from "node:os";
import { type Address, parseAddress } from "../base/addresses.js";
import { addressesBehind, isWildcard } from "../base/wildcards.js";

/**
 * The addresses at which this server can be reached if it listens at these. A wildcard stands for all addresses of the machine
 * that others can use, or for loopback if there are none.
 */
export function ownAddresses(listeners: readonly string[]): Address[] {
  const texts = new Map(listeners.flatMap(addressesOf).map((address) => [address.text, address]));
  return [...texts.values()];
}

function addressesOf(listener: string): Address[] {
  // A link-local address cannot be used without its zone index (RFC 4007), which no record can carry.
  if (listener.includes("%")) return [];
  const address = parseAddress(listener);
  if (address && !isWildcard(address.text)) return [address];
  const wanted = addressesBehind(address?.text ?? "0.0.0.0", networkInterfaces());
  const external = wanted.filter(({ internal }) => !internal);
  const texts = (external.length > 0 ? external : wanted).map((own) => own.address);
  return texts.map(parseAddress).filter((own) => own !== undefined);
}

/** All addresses of this machine. */
export function machineAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
}

import type { NetworkInterfaceInfo } from "node:os";

/** Interfaces of the machine, as `os.networkInterfaces()` gives them. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

const ANY_IPV4 = "0.0.0.0";
const ANY_IPV6 = "::";

/** Whether who listens there hears what is sent to any address of the machine, of one family or of both. */
export function isWildcard(listener: string): boolean {
  return listener === ANY_IPV4 || listener === ANY_IPV6;
}

/** Whether who listens for all addresses, of one family or of both, hears what is sent to this one. */
export function hears(listener: string, address: string): boolean {
  return listener === ANY_IPV6 || (listener === ANY_IPV4 && !address.includes(":"));
}

/**
 * The addresses of the machine that a wildcard stands for, without those that only mean something on a link.
 * @param onlyIPv6 another listener has IPv4
 */
export function addressesBehind(wildcard: string, interfaces: Interfaces, onlyIPv6 = false): NetworkInterfaceInfo[] {
  const all = Object.values(interfaces).flatMap((list) => list ?? []);
  const families = wildcard === ANY_IPV4 ? ["IPv4"] : onlyIPv6 ? ["IPv6"] : ["IPv4", "IPv6"];
  return all.filter(({ family, scopeid }) => !scopeid && families.includes(family));
}

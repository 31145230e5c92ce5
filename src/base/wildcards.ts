import type { NetworkInterfaceInfo } from "node:os";

/** The machine's network interfaces, as returned by `os.networkInterfaces()`. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

const ANY_IPV4 = "0.0.0.0";
const ANY_IPV6 = "::";

/**
 * Whether a listener's address is a wildcard: it receives what is sent to any address of the machine, of one family or of both.
 */
export function isWildcard(listener: string): boolean {
  return listener === ANY_IPV4 || listener === ANY_IPV6;
}

/** Whether a listener's address is a wildcard that receives what is sent to `address`. "::" receives IPv4 too. */
export function hears(listener: string, address: string): boolean {
  return listener === ANY_IPV6 || (listener === ANY_IPV4 && !address.includes(":"));
}

/**
 * The addresses of the machine that a wildcard stands for, without link-local ones.
 *
 * @param onlyIPv6 whether "::" is for IPv6 only
 */
export function addressesBehind(wildcard: string, interfaces: Interfaces, onlyIPv6 = false): NetworkInterfaceInfo[] {
  const all = Object.values(interfaces).flatMap((list) => list ?? []);
  const families = wildcard === ANY_IPV4 ? ["IPv4"] : onlyIPv6 ? ["IPv6"] : ["IPv4", "IPv6"];
  return all.filter(({ family, scopeid }) => !scopeid && families.includes(family));
}

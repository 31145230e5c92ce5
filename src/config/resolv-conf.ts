import { readAddress } from "./names.js";

/**
 * The nameservers of a resolv.conf, in order, without those at `ownAddresses`: a server that forwards to itself would loop.
 * Lines that resolvers ignore are ignored here too (resolv.conf(5)).
 */
export function nameserversOf(resolvConf: string, ownAddresses: readonly string[]): readonly string[] {
  const own = new Set(ownAddresses.map((address) => readAddress(address)));
  const addresses = resolvConf
    .split("\n")
    .map((line) => /^nameserver[ \t]+(\S+)/.exec(line)?.[1])
    .map((word) => (word === undefined ? undefined : readAddress(word)))
    .filter((address) => address !== undefined && !own.has(address));
  return [...new Set(addresses)] as string[];
}

import { parseAddress } from "../base/addresses.js";
import { delay, systemTimers } from "../base/timers.js";
import { HostResolver, systemLookup } from "../build/host-resolver.js";

/** The address of each name that has one. */
export type Resolve = (hosts: ReadonlySet<string>) => Promise<ReadonlyMap<string, string>>;

/** Finds the address of each name that has one, IPv4 before IPv6; those that fail now have those of before. */
export function addressLookup(): Resolve {
  const resolver = new HostResolver({ lookup: systemLookup, delay: (ms) => delay(systemTimers, ms) });
  return async (hosts) => {
    const literals = Array.from(hosts, (host) => [host, parseAddress(host)] as const);
    const names = new Set(literals.flatMap(([host, literal]) => (literal ? [] : [host])));
    const resolved = await resolver.resolve(names);
    return new Map(
      literals.flatMap(([host, literal]) => {
        const addresses = literal ? [literal] : (resolved.get(host) ?? []);
        const best = addresses.find(({ family }) => family === 4) ?? addresses[0];
        return best ? [[host, best.text] as const] : [];
      }),
    );
  };
}

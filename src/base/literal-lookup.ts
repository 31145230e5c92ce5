type LookupCallback = (error: Error | null, address: string, family: number) => void;

/** For sockets of node:dgram that send to IP addresses only: without it, every send would pass through dns.lookup. */
export function literalLookup(family: 4 | 6) {
  return (address: string, _options: unknown, done: LookupCallback) => done(null, address, family);
}

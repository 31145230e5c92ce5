type LookupCallback = (error: Error | null, address: string, family: number) => void;

/** The `lookup` option for node:dgram sockets that send to IP addresses only. Without it, every send calls dns.lookup. */
export function literalLookup(family: 4 | 6) {
  return (address: string, _options: unknown, done: LookupCallback) => done(null, address, family);
}

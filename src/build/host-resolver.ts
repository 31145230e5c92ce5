import { lookup } from "node:dns/promises";
import { LRUCache } from "lru-cache";
import { type Address, parseAddress } from "../base/addresses.js";

/** Looks up a host name with the system's resolver. Rejects if it has no address. */
export type Lookup = (host: string) => Promise<readonly string[]>;

export const systemLookup: Lookup = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

export interface HostResolverOptions {
  readonly lookup: Lookup;
  /** `elapsed` resolves after `ms` milliseconds; `cancel` ends the wait early. */
  readonly delay: (ms: number) => { readonly elapsed: Promise<void>; readonly cancel: () => void };
}

/** How long addresses are fresh. After that they are still used until a new look-up has succeeded. */
const FRESH_MS = 5 * 60_000;
/** A name that does not resolve is looked up again after this time. */
const FAILED_MS = 30_000;
const MAX_HOSTS = 20_000;
/** A build waits at most this long for names. Names that are still unknown are left out until the next build. */
const MAX_WAIT_MS = 2_000;

/** Resolves the host names in a cluster's state. It caches addresses, so that a slow resolver never holds up the zone. */
export class HostResolver {
  readonly #options: HostResolverOptions;
  readonly #known = new LRUCache<string, readonly Address[]>({ max: MAX_HOSTS, ttl: FRESH_MS, allowStale: true });
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(options: HostResolverOptions) {
    this.#options = options;
  }

  /** The addresses of each name that resolves. Takes at most about two seconds. */
  async resolve(hosts: ReadonlySet<string>): Promise<ReadonlyMap<string, readonly Address[]>> {
    const waiting: Promise<void>[] = [];
    for (const host of hosts) if (!this.#known.has(host)) waiting.push(this.#lookUp(host));
    if (waiting.length > 0) {
      const timeout = this.#options.delay(MAX_WAIT_MS);
      await Promise.race([Promise.all(waiting), timeout.elapsed]);
      timeout.cancel();
    }
    const resolved = new Map<string, readonly Address[]>();
    for (const host of hosts) {
      const addresses = this.#known.get(host, { noDeleteOnStaleGet: true });
      if (addresses && addresses.length > 0) resolved.set(host, addresses);
    }
    return resolved;
  }

  #lookUp(host: string): Promise<void> {
    const before = this.#underWay.get(host);
    if (before) return before;
    const lookup = this.#options
      .lookup(host)
      .then((texts) => {
        const addresses = texts.map(parseAddress).filter((address) => address !== undefined);
        this.#known.set(host, addresses);
      })
      .catch(() => {
        // While the resolver fails, keep the last known addresses. A name that never resolved has none.
        const stale = this.#known.get(host, { noDeleteOnStaleGet: true }) ?? [];
        this.#known.set(host, stale, { ttl: FAILED_MS });
      })
      .finally(() => this.#underWay.delete(host));
    this.#underWay.set(host, lookup);
    return lookup;
  }
}

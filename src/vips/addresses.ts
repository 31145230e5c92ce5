import { createHash } from "node:crypto";
import { phash2 } from "./phash2.js";

/** A range of addresses, as numbers; both ends belong to it. */
export interface AddressRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** How a name leads to a number. */
export type NameHash = (name: string) => bigint;

/** For IPv4, as DC/OS does. */
export const hashForIPv4: NameHash = (name) => BigInt(phash2(Buffer.from(name)));

/** For IPv6, as DC/OS does: 160 bits. */
export const hashForIPv6: NameHash = (name) => BigInt(`0x${createHash("sha1").update(name).digest("hex")}`);

export interface Assigned {
  readonly addresses: ReadonlyMap<string, bigint>;
  /** Names that have another address than the one that they lead to, and who has that. */
  readonly collisions: readonly (readonly [name: string, holder: string])[];
  /** Names for which no address is left. */
  readonly without: readonly string[];
}

/**
 * Gives each name an address. It depends on the set of names alone, so that all servers come to the same: a name has the address that it
 * leads to, unless a name before it in the order of octets leads there too. Who loses has the next free one above, the first following the
 * last.
 *
 * @param names without duplicates, ASCII
 * @param taken addresses that nobody gets, with who has them
 */
export function assignAddresses(
  names: readonly string[],
  range: AddressRange,
  hash: NameHash,
  taken: ReadonlyMap<bigint, string>,
): Assigned {
  const holders = new Map(taken);
  const addresses = new Map<string, bigint>();
  const losers: string[] = [];
  const sorted = names.toSorted((a, b) => (a < b ? -1 : 1));
  // DC/OS' own modulus, by which the last address is only reached after a collision.
  const modulus = range.last - range.first || 1n;
  const homeOf = (name: string) => range.first + (hash(name) % modulus);
  for (const name of sorted) {
    const home = homeOf(name);
    if (holders.has(home)) losers.push(name);
    else give(name, home);
  }
  const collisions: [string, string][] = [];
  const without: string[] = [];
  for (const name of losers) {
    const home = homeOf(name);
    const free = nextFree(home, range, holders);
    if (free === undefined) without.push(name);
    else {
      collisions.push([name, holders.get(home) ?? ""]);
      give(name, free);
    }
  }
  return { addresses, collisions, without };

  function give(name: string, address: bigint): void {
    holders.set(address, name);
    addresses.set(name, address);
  }
}

/** The first address behind `home` that nobody has, going round; `undefined` if everybody has one. */
function nextFree(
  home: bigint,
  { first, last }: AddressRange,
  holders: ReadonlyMap<bigint, string>,
): bigint | undefined {
  const size = last - first + 1n;
  for (let step = 1n; step < size; step++) {
    const address = first + ((home - first + step) % size);
    if (!holders.has(address)) return address;
  }
  return undefined;
}

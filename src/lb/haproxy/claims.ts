import { parseAddress } from "../../base/addresses.js";
import type { Notice, Service } from "../services.js";

/** What only one service can have: a port, a name with a path, or the name of a backend. */
export interface Claim {
  readonly key: string;
  readonly service: Service;
  /** Who asks for more of it gets it, if nobody has it yet. */
  readonly weight: number;
  /** Whether its app is not there any more: it gets only what nobody else wants. */
  readonly isGone: boolean;
}

/** By key, which app has it in the configuration that runs. */
export type Holders = ReadonlyMap<string, string>;

export interface Conflict {
  readonly key: string;
  /** `undefined` if it is nobody's, but the load balancer's own. */
  readonly winner: Service | undefined;
  readonly losers: readonly Service[];
}

export interface Claims {
  /** By key, who has it. */
  readonly owners: ReadonlyMap<string, Service>;
  /** Sorted by key. */
  readonly conflicts: readonly Conflict[];
}

/**
 * Who gets what several want: whose app is there, then who has it already, else who gives it more weight, else who has been configured for longest, else the
 * smaller id.
 */
export function settle(claims: readonly Claim[], holders: Holders): Claims {
  const byKey = new Map<string, Claim[]>();
  for (const claim of claims) {
    const known = byKey.get(claim.key);
    if (known) known.push(claim);
    else byKey.set(claim.key, [claim]);
  }
  const owners = new Map<string, Service>();
  const conflicts: Conflict[] = [];
  for (const [key, wanted] of byKey) {
    const [winner, ...losers] = ranked(wanted, holders.get(key));
    owners.set(key, winner as Service);
    if (losers.length > 0) conflicts.push({ key, winner, losers });
  }
  return { owners, conflicts: conflicts.sort((a, b) => (a.key < b.key ? -1 : 1)) };
}

function ranked(claims: readonly Claim[], holder: string | undefined): readonly Service[] {
  const rank = ({ service, isGone }: Claim) => (isGone ? 2 : service.appId === holder ? 0 : 1);
  const sorted = [...claims].sort((a, b) => {
    if (rank(a) !== rank(b)) return rank(a) - rank(b);
    if (a.weight !== b.weight) return b.weight - a.weight;
    return byAge(a.service, b.service);
  });
  return sorted.map(({ service }) => service);
}

function byAge(a: Service, b: Service): number {
  // An app of which that is not known is as new as can be.
  const [since, other] = [a.lastConfigChangeAt || "~", b.lastConfigChangeAt || "~"];
  if (since !== other) return since < other ? -1 : 1;
  return a.appId === b.appId ? a.index - b.index : a.appId < b.appId ? -1 : 1;
}

/** A port, at an address, which has many spellings; "*" for all of them. */
export function portKey(port: number, address: string): string {
  return `port ${port}${address === "*" ? "" : ` at ${parseAddress(address)?.text ?? address}`}`;
}

/** A name and a beginning of paths; "" for all paths. */
export function hostKey(host: string, path: string): string {
  return `host ${host}${path}`;
}

/** The name of a backend. */
export function nameKey(name: string): string {
  return `backend ${name}`;
}

/** What each loser does not get, for people. */
export function conflictNotices({ key, winner, losers }: Conflict): readonly Notice[] {
  const owner = winner === undefined ? "is the load balancer's own, or another program's" : `is ${winner.appId}'s`;
  return losers.map(({ appId }) => ({ appId, text: `does not get the ${key}, which ${owner}` }));
}

import type { Address } from "../../base/addresses.js";
import type { HostPort } from "../../base/host-port.js";
import type { Master } from "./node-layout.js";

/** What is known of the masters. */
export interface MasterFacts {
  readonly leaderAddresses: readonly Address[];
  readonly cluster: { readonly leader: HostPort };
  numberedMasters(): readonly HostPort[];
  resolve(host: string): readonly Address[];
}

/** The masters in the order of their names, with their addresses. */
export function masterNodes(facts: MasterFacts): readonly Master[] {
  const leading = new Set(facts.leaderAddresses.map(({ text }) => text));
  return facts.numberedMasters().map(({ host, port }) => {
    const addresses = facts.resolve(host).map(({ text }) => text);
    const isThere = host === facts.cluster.leader.host || addresses.some((text) => leading.has(text));
    return { host, port, addresses, isLeader: port === facts.cluster.leader.port && isThere };
  });
}

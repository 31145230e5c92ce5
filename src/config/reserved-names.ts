/** The label below which agents have their names, of one label each. No other name is directly below it. */
export const AGENTS = "agent";

const RESERVED = new RegExp(`^(?:leader|master\\d*|slave|${AGENTS})$`);

/** Those, and where their services are. */
const CLUSTERS = new RegExp(`^(?:leader|master\\d*|slave|${AGENTS}|_leader|_master|_slave)$`);

/** Whether a name below the domain is the cluster's: reserved, or below a reserved one. @param relative without the domain */
export function isOfCluster(relative: string): boolean {
  return CLUSTERS.test(relative.slice(relative.lastIndexOf(".") + 1));
}

/** Whether a name directly below the domain is reserved for masters and agents. @param label in lower case */
export function isReserved(label: string): boolean {
  return RESERVED.test(label);
}

import { type Address, parseAddress } from "../base/addresses.js";
import type { Config } from "../config/config.js";
import type { Cluster, Endpoint } from "../sources/mesos/cluster.js";
import { hostNames, RecordGenerator } from "../views/mesos-dns/generate.js";
import { recordRulesOf } from "./record-rules.js";

/** Stands for what a host name leads to: whether it resolves is not the cluster's doing. */
const ANYWHERE = [parseAddress("192.0.2.1") as Address];

/** About how many records a cluster gives under this configuration: those that are equal count each. */
export function countRecords(cluster: Cluster, masters: readonly Endpoint[], config: Config): number {
  const resolved = new Map(Array.from(hostNames(cluster, masters), (host) => [host, ANYWHERE]));
  const rules = recordRulesOf(config);
  const nameServer = { name: config.SOAMname, addresses: [] };
  const generator = new RecordGenerator({ cluster, rules, masters, nameServer, resolved });
  let records = 0;
  const count = () => {
    records++;
  };
  generator.generate({ address: count, service: count });
  return records;
}

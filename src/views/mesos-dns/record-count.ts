import { type Address, parseAddress } from "../../base/addresses.js";
import type { HostPort } from "../../base/host-port.js";
import type { ZoneConfig } from "../../config/config.js";
import type { Cluster } from "../../sources/mesos/cluster.js";
import { emitAll } from "../changes.js";
import { ClusterFacts, HostNames } from "../facts.js";
import { together } from "../view.js";
import { domainRecords } from "./view.js";

/** Stands in for the addresses of every host name: the count should not depend on which names resolve. */
const ANYWHERE = [parseAddress("192.0.2.1") as Address];

/** Roughly how many records a cluster has under this configuration: duplicates are counted too. */
export function countRecords(cluster: Cluster, masters: readonly HostPort[], config: ZoneConfig): number {
  const resolved = new Map(Array.from(new HostNames().of(cluster, masters), (host) => [host, ANYWHERE]));
  const facts = new ClusterFacts({
    cluster,
    masters,
    nameServers: [],
    resolved,
    ipSources: config.IPSources,
    records: [],
  });
  let records = 0;
  const count = () => {
    records++;
  };
  const emitter = together([
    domainRecords(facts, config, { address: count, service: count, pointer: count, character: count }),
  ]);
  emitAll({ facts, emitter }, new Map());
  return records;
}

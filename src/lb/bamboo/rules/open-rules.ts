import { connectFully } from "../../../sources/mesos/zookeeper/connection.js";
import { ZooKeeperRules, type ZooKeeperRulesOptions } from "./zookeeper-store.js";

/** Begins to read rules from an ensemble. Load this file only where they are there: it brings the client. */
export function openRulesInZooKeeper(options: Omit<ZooKeeperRulesOptions, "connect">): ZooKeeperRules {
  const store = new ZooKeeperRules({ ...options, connect: connectFully });
  store.start();
  return store;
}

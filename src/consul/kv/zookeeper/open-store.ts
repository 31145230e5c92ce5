import { parseZkUrl } from "../../../config/zk-url.js";
import { connectWriting } from "../../../sources/mesos/zookeeper/connection.js";
import { SharedSessions } from "./shared-sessions.js";
import { ZooKeeperStore, type ZooKeeperStoreOptions } from "./store.js";

/** Keys in an ensemble with the sessions that are there, from when they have been read. */
export interface SharedKeys {
  readonly store: ZooKeeperStore;
  readonly sessions: SharedSessions;
}

/** Begins to read keys. Load this file only where they are in ZooKeeper: it brings the client. @param zk a valid URL */
export function openShared(zk: string, options: Omit<ZooKeeperStoreOptions, "url" | "connect">): SharedKeys {
  const url = parseZkUrl(zk);
  if (!url) throw new Error("this is no URL of an ensemble");
  const store = new ZooKeeperStore({ ...options, url, connect: connectWriting });
  store.start();
  return { store, sessions: new SharedSessions({ store, timers: options.timers, log: options.log }) };
}

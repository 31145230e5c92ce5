/** ZooKeeper's URL as Mesos writes it: `zk://user:password@h1:2181,h2:2181/mesos`. */
import type { HostPort } from "./config.js";
import { readZooKeeperServer } from "./names.js";

export interface ZkUrl {
  /** The members of the ensemble, at least one, each once. */
  readonly servers: readonly HostPort[];
  /** `user:password` for digest authentication, as written: the URL knows no escapes. */
  readonly credentials: string | undefined;
  /** Where the masters register, without a slash at the end. */
  readonly path: string;
}

/** As in Mesos: the path begins at the first slash, the servers behind the last `@` before it. */
const ZK_URL = /^zk:\/\/(?:(?<credentials>[^/]*)@)?(?<servers>[^/@]+)(?<path>\/.+)$/;

/** A user and a password: the digest scheme has no users without one. */
const CREDENTIALS = /^[^:]+:./s;

/** One or more names behind a slash each, none of them relative; no control characters. */
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[^/\s\p{Cc}]+)+$/u;

/** The parts of a URL; `undefined` where it is none. */
export function parseZkUrl(text: string): ZkUrl | undefined {
  const parts = ZK_URL.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const { credentials, servers = "", path = "" } = parts;
  const read = servers.split(",").map(readZooKeeperServer);
  if (!read.every((server) => server !== undefined) || !PATH.test(path)) return undefined;
  if (credentials !== undefined && !CREDENTIALS.test(credentials)) return undefined;
  const distinct = new Map(read.map((server) => [JSON.stringify(server), server]));
  return { servers: [...distinct.values()], credentials, path };
}

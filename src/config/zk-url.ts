import type { HostPort } from "../base/host-port.js";
/** Reads ZooKeeper's URL in the notation of Mesos: `zk://user:password@h1:2181,h2:2181/mesos`. */
import { explainHostPort } from "./explain.js";
import { maskPassword, readZooKeeperServer } from "./names.js";

export interface ZkUrl {
  /** The members of the ensemble: at least one, without duplicates. */
  readonly servers: readonly HostPort[];
  /** `user:password` for digest authentication, as written: the URL has no escapes. */
  readonly credentials: string | undefined;
  /** The path at which the masters register, without a final slash. */
  readonly path: string;
}

export interface ZkReading {
  /** The parts of the URL; absent if the text is not such a URL. */
  readonly url?: ZkUrl;
  /** What is wrong: a phrase that completes "allowed: …", and contains no secret. */
  readonly fault?: string;
  /** Remarks on parts that are not used as written. */
  readonly remarks: readonly string[];
}

const SCHEME = "zk://";

/** As in Mesos: the path begins at the first slash, and the servers after the last `@` before it. */
const PARTS = /^(?:(?<credentials>[^/]*)@)?(?<servers>[^/@]*)(?<path>\/.*)?$/s;

/** A user and a password: the digest scheme requires both. */
const CREDENTIALS = /^[^:]+:./s;

/** One or more names, each after a slash. No relative names, no control characters. */
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[^/\s\p{Cc}]+)+$/u;

/** The parts of a URL; `undefined` if the text is not such a URL. */
export function parseZkUrl(text: string): ZkUrl | undefined {
  return readZkUrl(text).url;
}

export function readZkUrl(text: string): ZkReading {
  const refuse = (fault: string): ZkReading => ({ fault, remarks: [] });
  if (text !== text.trim() && parseZkUrl(text.trim()))
    return refuse(`no space before it or behind it: ${maskPassword(text.trim())}`);
  if (!text.startsWith(SCHEME)) return refuse(`a URL that begins with zk://${suggest(withScheme(text))}`);
  const { credentials, servers = "", path = "" } = PARTS.exec(text.slice(SCHEME.length))?.groups ?? {};
  const entries = servers.split(",");
  const named = entries.filter((entry) => entry !== "");
  if (named.length === 0) return refuse("at least one server between zk:// and the path: zk://host:2181/mesos");
  const faulty = named.find((entry) => readZooKeeperServer(entry) === undefined);
  if (faulty !== undefined) {
    // The part that looks like a server may be the first half of a password, which must not be repeated.
    if (path.includes("@")) return refuse("user and password before the servers, and no slash in either");
    return refuse(explainHostPort(faulty, 2181, readZooKeeperServer));
  }
  // Mesos-DNS's own documentation has a final slash, which Mesos ignores.
  const place = path.replace(/\/+$/, "");
  if (place === "") {
    const complete = `${text.slice(0, text.length - path.length)}/mesos`;
    return refuse(`a path behind the servers, the one of the masters' --zk, usually ${maskPassword(complete)}`);
  }
  if (!PATH.test(place)) return refuse("a path of names with one slash before each and no spaces, such as /mesos");
  const remarks: string[] = [];
  if (named.length < entries.length) remarks.push("the empty name of a server, before or behind a comma, is ignored");
  const hasPassword = credentials !== undefined && CREDENTIALS.test(credentials);
  if (credentials !== undefined && !hasPassword)
    remarks.push("what stands before the @ is ignored: it takes a user and a password, user:password@");
  const read = named.map((entry) => readZooKeeperServer(entry) as HostPort);
  const distinct = new Map(read.map((server) => [JSON.stringify(server), server]));
  return {
    url: { servers: [...distinct.values()], credentials: hasPassword ? credentials : undefined, path: place },
    remarks,
  };
}

/** The URL that was probably meant by one with another scheme, or with none. */
function withScheme(text: string): string {
  return `${SCHEME}${text.trim().replace(/^[a-z][a-z0-9+.-]*:\/+/i, "")}`;
}

function suggest(url: string): string {
  return parseZkUrl(url) ? `: ${maskPassword(url)}` : "";
}

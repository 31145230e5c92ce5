import { type HostPort, isPort } from "../../../base/host-port.js";
import { isObject, type JsonObject, textOf } from "../../../base/lenient.js";
import { parsePid, sameEndpoint } from "../endpoint.js";

/** The masters' election as registered in ZooKeeper. */
export interface Election {
  /** The leader first, then the others in the order in which they would lead; each address once. */
  readonly masters: readonly HostPort[];
  readonly unreadable: readonly UnreadableNode[];
}

/** A master's node that cannot be read. */
export interface UnreadableNode {
  readonly node: string;
  /** A clause, such as `it is not JSON`. */
  readonly reason: string;
}

export interface MasterNode {
  readonly name: string;
  readonly data: Uint8Array;
}

/** `json.info_0000000012`, or `info_0000000012` before Mesos 0.24. Other nodes below the path do not belong to masters. */
const MASTER_NODE = /^(json\.)?info_(-?\d{1,10})$/;
/** A cluster has three or five masters, and twice as many nodes while the sessions of restarted masters expire. */
const MAX_MASTERS = 64;
const DEFAULT_PORT = 5050;
/** A host name or an address, without characters that could change the meaning of a URL. */
const HOST = /^[A-Za-z0-9._:-]+$/;

/** The masters' nodes among `children`, by sequence number. The first one belongs to the leader. */
export function masterNodes(children: readonly string[]): readonly string[] {
  const sequences = children.flatMap((name) => {
    const sequence = MASTER_NODE.exec(name)?.[2];
    return sequence === undefined ? [] : [{ name, sequence: Number(sequence) }];
  });
  sequences.sort((a, b) => a.sequence - b.sequence);
  return sequences.slice(0, MAX_MASTERS).map(({ name }) => name);
}

/** Reads masters' nodes in the order of `masterNodes`. A node that cannot be read does not affect the others. */
export function readElection(nodes: readonly MasterNode[]): Election {
  const masters: HostPort[] = [];
  const unreadable: UnreadableNode[] = [];
  for (const { name, data } of nodes) {
    const master = readMaster(name, data);
    if (typeof master === "string") unreadable.push({ node: name, reason: master });
    // A restarted master has two nodes until the session of the first expires.
    else if (!masters.some((known) => sameEndpoint(known, master))) masters.push(master);
  }
  return { masters, unreadable };
}

/** The address in a node, or a clause that says what is wrong with it. */
function readMaster(name: string, data: Uint8Array): HostPort | string {
  if (!name.startsWith("json.")) return "it is a protobuf message, which masters before Mesos 0.24 write; list masters";
  let info: unknown;
  try {
    info = JSON.parse(Buffer.from(data).toString("utf8"));
  } catch {
    return "it is not JSON";
  }
  if (!isObject(info)) return "it is not a JSON object";
  return addressOf(info) ?? "it names neither an address, nor a pid, nor a host name";
}

/** Prefers an IP address, which need not be resolved, over a host name. */
function addressOf({ address, pid, hostname, port }: JsonObject): HostPort | undefined {
  const given = isObject(address) ? address : {};
  return (
    endpoint(given.ip, given.port) ??
    endpoint(given.hostname, given.port) ??
    parsePid(pid) ??
    endpoint(hostname, port ?? DEFAULT_PORT)
  );
}

function endpoint(host: unknown, port: unknown): HostPort | undefined {
  return HOST.test(textOf(host)) && isPort(port) ? { host: textOf(host), port } : undefined;
}

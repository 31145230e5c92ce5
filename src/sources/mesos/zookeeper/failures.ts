import { MesosDnsError } from "../../../base/errors.js";
import { formatHostPort, type HostPort } from "../../../base/host-port.js";
import type { ZkUrl } from "../../../config/zk-url.js";
import type { Election } from "./election.js";

/** No member of the ensemble could be used. @param reasons a clause for each, such as `the connection was refused` */
export function unreachable({ servers }: ZkUrl, reasons: ReadonlyMap<HostPort, string>): MesosDnsError {
  // In the order of the configuration, so that equal failures have equal messages.
  const each = servers.map((server) => `${formatHostPort(server)}: ${reasons.get(server)}`);
  return new MesosDnsError("ZOOKEEPER_UNREACHABLE", `no ZooKeeper server can be used: ${each.join("; ")}`);
}

/** A server refused a request. The message never contains the password. */
export function refused({ path, credentials }: ZkUrl, kind: "no-node" | "no-auth"): MesosDnsError {
  if (kind === "no-node") {
    const message = `ZooKeeper has no ${path}: no Mesos master has ever registered there, or zk names the wrong path`;
    return new MesosDnsError("ZOOKEEPER_NO_MASTERS", message);
  }
  const user = credentials?.slice(0, credentials.indexOf(":"));
  const who = user === undefined ? "read without a user and password" : `read with this password of the user ${user}`;
  return new MesosDnsError("ZOOKEEPER_AUTH", `ZooKeeper does not let ${path} be ${who}; correct zk`);
}

/** The path has no master's node, or none that can be read. */
export function noMasters({ path }: ZkUrl, { unreadable }: Election): MesosDnsError {
  if (unreadable.length === 0) {
    return new MesosDnsError("ZOOKEEPER_NO_MASTERS", `no Mesos master is registered in ZooKeeper at ${path}`);
  }
  const each = unreadable.map(({ node, reason }) => `${node}: ${reason}`);
  const message = `no Mesos master registered in ZooKeeper at ${path} can be read: ${each.join("; ")}`;
  return new MesosDnsError("ZOOKEEPER_NODE_UNREADABLE", message);
}

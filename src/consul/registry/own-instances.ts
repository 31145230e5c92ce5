import type { CatalogNode } from "../../catalog/model.js";
import type { ConsulNode, Registration } from "./model.js";
import type { Master } from "./node-layout.js";
import type { ConsulNodes } from "./nodes.js";

/** Instances that are no tasks: this server, and masters and agents if they are published. */
export interface OwnInstance {
  readonly node: ConsulNode;
  readonly registration: Registration;
}

export interface OwnRules {
  /** The port of this server's API. */
  readonly httpPort: number;
  /** The name under which masters and agents are published, as mesos-consul does; "" for none. */
  readonly mesosService: string;
}

export function ownInstances(
  nodes: ConsulNodes,
  agents: Iterable<CatalogNode>,
  masters: readonly Master[],
  { httpPort, mesosService: name }: OwnRules,
): readonly OwnInstance[] {
  const own = nodes.own ? [instanceOn(nodes.own, "consul", [], httpPort)] : [];
  if (name === "") return own;
  const ofMasters = nodes.ofMasters.map((node, index) => {
    const { port, isLeader } = masters[index];
    return instanceOn(node, name, isLeader ? ["leader", "master"] : ["master"], port);
  });
  const ofAgents = [...agents].flatMap(({ id, port }) => {
    const node = nodes.ofAgent(id);
    return node ? [instanceOn(node, name, ["agent", "follower"], port)] : [];
  });
  return [...own, ...ofMasters, ...ofAgents];
}

function instanceOn(node: ConsulNode, name: string, tags: readonly string[], port: number): OwnInstance {
  const { address, ipv4, ipv6 } = node;
  const wishedId = name === "consul" ? name : `${name}:${node.name}:${port}`;
  return { node, registration: { address, ipv4, ipv6, wishedId, name, tags, meta: [], port } };
}

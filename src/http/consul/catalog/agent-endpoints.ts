import { formatHostPort } from "../../../base/host-port.js";
import type { ConsulNode } from "../../../consul/registry/model.js";
import { json, NO_LEADER, refusal } from "../answers.js";
import type { ConsulEndpoint, Reading } from "../endpoint.js";
import { topicKey } from "./board.js";
import type { CatalogParts } from "./catalog-endpoints.js";
import { foundOf } from "./lists.js";
import { serviceForm } from "./shapes.js";

/** A version that Consul had: clients look what it can do. */
const CONSUL_VERSION = "1.10.12";
/** Consul's own port, which its addresses of servers have. */
const SERVER_PORT = 8300;
const SERF_PORT = 8301;
const OWN = "consul";

export interface AgentParts extends CatalogParts {
  /** Of this program. */
  readonly version: string;
  /** Whether a master answers. */
  readonly hasLeader: () => boolean;
}

/** `/v1/agent/…` and `/v1/status/…`: this server, as an agent and as the only server of its datacenter. */
export function agentEndpoints(parts: AgentParts): readonly ConsulEndpoint[] {
  const { board } = parts;
  const withNode = (answer: (node: ConsulNode) => unknown) => () => {
    const node = board.node(board.ownNode)?.state.node;
    return node ? json(answer(node)) : NO_LEADER;
  };
  const leader = ({ address }: ConsulNode) => formatHostPort({ host: address, port: SERVER_PORT });
  const hasLeader = () => parts.hasLeader() && board.node(board.ownNode) !== undefined;
  return [
    { path: "/v1/status/leader", GET: () => (hasLeader() ? withNode(leader)() : json("")) },
    { path: "/v1/status/peers", GET: withNode((node) => [leader(node)]) },
    { path: "/v1/agent/self", GET: withNode((node) => self(node, parts)) },
    { path: "/v1/agent/members", GET: withNode((node) => [member(node, parts)]) },
    // What is registered at this agent, which is itself alone: who cleans up removes all that it finds here.
    { path: "/v1/agent/services", GET: () => json(Object.fromEntries(ownService(parts).map((own) => [own.ID, own]))) },
    { path: "/v1/agent/checks", GET: () => json({}) },
    { path: "/v1/agent/service/", GET: ({ rest }) => agentService(parts, rest) },
    { path: "/v1/query", GET: () => emptyReading(parts) },
    { path: "/v1/coordinate/nodes", GET: () => emptyReading(parts) },
    { path: "/v1/coordinate/datacenters", GET: () => json([]) },
  ];
}

/** The one service that is this agent's own; none before the first state. */
function ownService({ board }: CatalogParts) {
  const own = board.node(board.ownNode);
  return own ? [...foundOf(board, [...own.instances.values()])].map(serviceForm).filter(({ ID }) => ID === OWN) : [];
}

function agentService(parts: AgentParts, id: string): Reading {
  const { board } = parts;
  return {
    isHashed: true,
    index: () => 1,
    watch: (listener) => board.topics.watch(topicKey({ kind: "service", key: OWN }), listener),
    answer: () => {
      const own = ownService(parts).find((each) => each.ID === id);
      return own ? json({ ...own, Datacenter: parts.datacenter() }) : refusal(404, `unknown service ID: ${id}`);
    },
  };
}

/** `[]`, which never changes. */
function emptyReading({ board }: CatalogParts): Reading {
  const index = () => Math.max(1, board.indexes.all);
  return { index, watch: () => () => undefined, answer: () => json([], index()) };
}

function self(node: ConsulNode, { datacenter, version, ...parts }: AgentParts) {
  return {
    Config: {
      Datacenter: datacenter(),
      PrimaryDatacenter: datacenter(),
      NodeName: node.name,
      NodeID: node.id,
      Revision: "",
      Server: true,
      Version: CONSUL_VERSION,
    },
    DebugConfig: {},
    Coord: {},
    Member: member(node, { datacenter, version, ...parts }),
    Stats: { agent: { check_monitors: "0", checks: "0", services: "0" }, build: { "mesos-dns": version } },
    Meta: {},
  };
}

function member({ name, id, address }: ConsulNode, { datacenter }: AgentParts) {
  return {
    Name: name,
    Addr: address,
    Port: SERF_PORT,
    Tags: { dc: datacenter(), role: "consul", id, build: CONSUL_VERSION, port: String(SERVER_PORT) },
    Status: 1,
    ProtocolMin: 1,
    ProtocolMax: 5,
    ProtocolCur: 2,
    DelegateMin: 2,
    DelegateMax: 5,
    DelegateCur: 4,
  };
}

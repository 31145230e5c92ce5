import { createHash } from "node:crypto";
import type { CatalogNode } from "../../catalog/model.js";
import { agentSuffix, RFC1123, toLabel } from "../../wire/labels.js";
import { MAX_LABEL } from "../../wire/names.js";
import { metaOf } from "./labels.js";
import type { ConsulNode } from "./model.js";
import { placeOf } from "./place.js";

/** Which nodes there are. */

export type NodeDraft = Omit<ConsulNode, "indexes">;

/** This server itself. */
export interface OwnNode {
  /** One label in lower case. */
  readonly name: string;
  readonly addresses: readonly string[];
}

export interface Master {
  readonly host: string;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly isLeader: boolean;
}

export interface NodeLayout {
  readonly nodes: ReadonlyMap<string, NodeDraft>;
  /** The name of each agent's node, by the agent's id. */
  readonly ofAgents: ReadonlyMap<string, string>;
  /** The name of this server's node. */
  readonly own: string;
  /** The names of the masters' nodes, in their order. */
  readonly ofMasters: readonly string[];
}

/**
 * Gives every agent, master and this server a node. Agents with the same label share one if their addresses are the same; else the first by
 * its id has the label. This server and masters share the node of an agent at their address.
 *
 * @param masters those that get nodes
 */
export function layOutNodes(agents: Iterable<CatalogNode>, own: OwnNode, masters: readonly Master[]): NodeLayout {
  const nodes = new Map<string, NodeDraft>();
  const ofAgents = new Map<string, string>();
  const add = (name: string, sharing: readonly CatalogNode[]) => {
    nodes.set(name, draftOf(name, sharing));
    for (const { id } of sharing) ofAgents.set(id, name);
  };
  const later: (readonly [label: string, sharing: readonly CatalogNode[]])[] = [];
  for (const [label, [first, ...others]] of hostsByLabel(agents)) {
    add(label, first);
    for (const sharing of others) later.push([label, sharing]);
  }
  // Labels that hosts have come before those that are made up here.
  for (const [label, sharing] of later) add(suffixed(label, agentSuffix(sharing[0].id), nodes), sharing);
  const ownName = nodeAt(own, nodes);
  return { nodes, ofAgents, own: ownName, ofMasters: masters.map((master, index) => masterNode(master, index, nodes)) };
}

/** Agents in a list of hosts for each label, and in a list for each host: those with the same addresses. Sorted by id. */
function hostsByLabel(agents: Iterable<CatalogNode>): ReadonlyMap<string, readonly (readonly CatalogNode[])[]> {
  const sorted = [...agents].sort((a, b) => (a.id < b.id ? -1 : 1));
  const labels = new Map<string, Map<string, CatalogNode[]>>();
  for (const agent of sorted) {
    const label = toLabel(agent.hostname, RFC1123) || toLabel(agent.id, RFC1123) || "agent";
    const hosts = labels.get(label) ?? new Map<string, CatalogNode[]>();
    labels.set(label, hosts);
    const at = agent.addresses.join(" ");
    const sharing = hosts.get(at);
    if (sharing) sharing.push(agent);
    else hosts.set(at, [agent]);
  }
  return new Map(Array.from(labels, ([label, hosts]) => [label, [...hosts.values()]]));
}

/** The node of agents that share it: it is called after the first, and is well while one of them is. */
function draftOf(name: string, sharing: readonly CatalogNode[]): NodeDraft {
  const [{ id, hostname, addresses, attributes }] = sharing;
  const pairs = attributes.map(({ key, value }) => [key, value] as const);
  const meta = metaOf(pairs, [
    ["mesos-agent-id", id],
    ["mesos-hostname", hostname],
  ]);
  const isPassing = sharing.some(({ active }) => active);
  return { name, id: uuidOf(id), ...placeOf(addresses, hostname || id), meta, isPassing };
}

function nodeAt({ name, addresses }: OwnNode, nodes: Map<string, NodeDraft>): string {
  const known = nodes.get(name);
  if (known && isThere(known, addresses)) return name;
  const free = known ? suffixed(name, "consul", nodes) : name;
  nodes.set(free, { name: free, id: uuidOf(free), ...placeOf(addresses, "127.0.0.1"), meta: [], isPassing: true });
  return free;
}

function masterNode({ host, addresses }: Master, index: number, nodes: Map<string, NodeDraft>): string {
  for (const node of nodes.values()) if (isThere(node, addresses)) return node.name;
  const usual = `master${index}`;
  const name = nodes.has(usual) ? suffixed(usual, "mesos", nodes) : usual;
  nodes.set(name, { name, id: uuidOf(name), ...placeOf(addresses, host), meta: [], isPassing: true });
  return name;
}

function isThere({ ipv4, ipv6 }: NodeDraft, addresses: readonly string[]): boolean {
  return addresses.some((address) => address === ipv4 || address === ipv6);
}

/** `web-s1`, within the length of a label, and with a number behind it if a node has that name already. */
function suffixed(label: string, suffix: string, nodes: ReadonlyMap<string, NodeDraft>): string {
  for (let count = 1; ; count++) {
    const end = `-${toLabel(suffix, RFC1123)}${count === 1 ? "" : `-${count}`}`;
    const name = label.slice(0, Math.max(1, MAX_LABEL - end.length)) + end;
    if (!nodes.has(name)) return name;
  }
}

/** The first 32 hexadecimal digits of SHA-256, written as a UUID. */
function uuidOf(text: string): string {
  const digits = createHash("sha256").update(text).digest("hex");
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20, 32),
  ].join("-");
}

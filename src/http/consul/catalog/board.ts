import { Deletions } from "../../../catalog/deletions.js";
import type { ConsulCounts, ListIndexes, NodeState, ServiceState } from "../../../consul/registry/model.js";
import type { ConsulEnd, ConsulPiece, InstanceText } from "../../../consul/registry/pieces.js";
import { Renderings } from "../../waiting/renderings.js";
import type { BoardState } from "../../waiting/waiters.js";
import { Topics } from "./topics.js";

/** What a client can ask for, and wait for changes of. */
export type ConsulTopic =
  /** The list of services; all instances and nodes; the list of nodes; all checks. */
  | { readonly kind: "services" | "catalog" | "nodes" | "checks" }
  /** A service without its checks, and with them. */
  | { readonly kind: "service" | "health"; readonly key: string }
  /** A node with its instances, and its checks. */
  | { readonly kind: "node" | "nodeHealth"; readonly name: string };

/** A node and the instances on it, by id. */
export interface BoardNode {
  readonly state: NodeState;
  readonly instances: ReadonlyMap<string, InstanceText>;
}

interface OwnNode {
  state: NodeState;
  readonly instances: Map<string, InstanceText>;
}

interface OwnService {
  state: ServiceState;
  readonly instances: Set<InstanceText>;
}

/** A registry, or a change of it, of which not all pieces have arrived yet. */
interface Incoming {
  readonly isFirst: boolean;
  readonly pieces: ConsulPiece[];
}

/**
 * Consul's catalogue on the main thread: a row of text for each instance. A change takes effect when its last piece has arrived, and then
 * wakes those who wait for what it has changed.
 */
export class ConsulBoard {
  #isKept: boolean;
  #nodes = new Map<string, OwnNode>();
  #services = new Map<string, OwnService>();
  #gone = new Deletions(0);
  #end: ConsulEnd | undefined;
  #incoming: Incoming | undefined;
  readonly topics = new Topics();
  /** Bodies of answers that many ask for. */
  readonly renderings = new Renderings();

  constructor(isKept: boolean) {
    this.#isKept = isKept;
  }

  get state(): BoardState {
    if (!this.#isKept) return "off";
    return this.#end ? "ready" : "empty";
  }

  /** `undefined` before the first registry. */
  get counts(): ConsulCounts | undefined {
    return this.#end?.counts;
  }

  /** Those of the lists; 0 before the first registry. */
  get indexes(): ListIndexes {
    return this.#end?.indexes ?? { all: 0, services: 0, catalog: 0, nodes: 0, checks: 0 };
  }

  /** The name of this server's node; "" before the first registry. */
  get ownNode(): string {
    return this.#end?.ownNode ?? "";
  }

  /** Sorted by name. */
  get nodes(): readonly BoardNode[] {
    return [...this.#nodes.values()].sort((a, b) => (a.state.node.name < b.state.node.name ? -1 : 1));
  }

  /** @param name in any case */
  node(name: string): BoardNode | undefined {
    return this.#nodes.get(name.toLowerCase());
  }

  get services(): Iterable<ServiceState> {
    return Array.from(this.#services.values(), ({ state }) => state);
  }

  /** The instances of a service by node and id; empty for one that there is not. */
  instancesOf(key: string): readonly InstanceText[] {
    return [...(this.#services.get(key)?.instances ?? [])].sort(compareTexts);
  }

  /** The index of a topic's last change. */
  indexOf(topic: ConsulTopic): number {
    switch (topic.kind) {
      case "services":
      case "catalog":
      case "nodes":
      case "checks":
        return this.indexes[topic.kind];
      case "service":
        return this.#services.get(topic.key)?.state.catalogIndex ?? this.#gone.indexOf(topic.key);
      case "health":
        return this.#services.get(topic.key)?.state.healthIndex ?? this.#gone.indexOf(topic.key);
      case "node":
        return this.node(topic.name)?.state.catalogIndex ?? this.indexes.nodes;
      case "nodeHealth":
        return this.node(topic.name)?.state.healthIndex ?? this.indexes.nodes;
    }
  }

  /** Call this when the configuration turns it on or off. Drops the content on a change. */
  configure(isKept: boolean): void {
    if (isKept === this.#isKept) return;
    this.#isKept = isKept;
    this.#clear();
    this.#end = undefined;
    this.#incoming = undefined;
    this.topics.tellAll();
  }

  /** Takes the next piece from the builder. Pieces must arrive in order. */
  take(piece: ConsulPiece): void {
    if (!this.#isKept) return;
    if (piece.isFirst) this.#incoming = { isFirst: true, pieces: [] };
    // A change of a registry that has been dropped cannot be used.
    else if (!this.#incoming && !this.#end) return;
    this.#incoming ??= { isFirst: false, pieces: [] };
    this.#incoming.pieces.push(piece);
    if (piece.end) this.#publish(this.#incoming, piece.end);
  }

  #clear(): void {
    this.#nodes = new Map();
    this.#services = new Map();
    this.renderings.clear();
  }

  #publish({ isFirst, pieces }: Incoming, end: ConsulEnd): void {
    this.#incoming = undefined;
    const before = this.indexes;
    this.#end = end;
    if (isFirst) {
      this.#clear();
      this.#gone = new Deletions(end.indexes.all);
    }
    const touched = new Set<string>();
    for (const { gone } of pieces) for (const { node, id } of gone) this.#drop(node, id);
    for (const { nodes } of pieces) for (const state of nodes) this.#putNode(state, touched);
    for (const { services } of pieces) for (const state of services) this.#putService(state, touched);
    for (const { instances } of pieces) for (const instance of instances) this.#put(instance);
    for (const { goneNodes } of pieces) for (const name of goneNodes) this.#dropNode(name, touched);
    for (const { services } of pieces)
      for (const { key } of services)
        if (this.#services.get(key)?.state.listing.length === 0) this.#services.delete(key);
    if (isFirst) {
      this.topics.tellAll();
      return;
    }
    for (const kind of ["services", "catalog", "nodes", "checks"] as const)
      if (end.indexes[kind] > before[kind]) touched.add(topicKey({ kind }));
    this.topics.tell(touched);
  }

  #putNode(state: NodeState, touched: Set<string>): void {
    const { name } = state.node;
    const known = this.#nodes.get(name);
    if (known) known.state = state;
    else this.#nodes.set(name, { state, instances: new Map() });
    touched.add(topicKey({ kind: "node", name }));
    touched.add(topicKey({ kind: "nodeHealth", name }));
  }

  #dropNode(name: string, touched: Set<string>): void {
    this.#nodes.delete(name);
    touched.add(topicKey({ kind: "node", name }));
    touched.add(topicKey({ kind: "nodeHealth", name }));
  }

  #putService(state: ServiceState, touched: Set<string>): void {
    const { key } = state;
    const known = this.#services.get(key);
    if (state.listing.length === 0) this.#gone.add(key, state.healthIndex);
    else this.#gone.delete(key);
    if (state.catalogIndex > (known?.state.catalogIndex ?? 0)) touched.add(topicKey({ kind: "service", key }));
    touched.add(topicKey({ kind: "health", key }));
    if (known) known.state = state;
    else this.#services.set(key, { state, instances: new Set() });
  }

  #put(instance: InstanceText): void {
    this.#drop(instance.node, instance.id);
    this.#nodes.get(instance.node)?.instances.set(instance.id, instance);
    this.#services.get(instance.service)?.instances.add(instance);
  }

  #drop(node: string, id: string): void {
    const instances = this.#nodes.get(node)?.instances;
    const known = instances?.get(id);
    if (!instances || !known) return;
    instances.delete(id);
    this.#services.get(known.service)?.instances.delete(known);
  }
}

/** A text that identifies a topic. */
export function topicKey(topic: ConsulTopic): string {
  if ("key" in topic) return `${topic.kind} ${topic.key}`;
  return "name" in topic ? `${topic.kind} ${topic.name.toLowerCase()}` : topic.kind;
}

function compareTexts(a: InstanceText, b: InstanceText): number {
  if (a.node !== b.node) return a.node < b.node ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

import { Deletions } from "../../../catalog/deletions.js";
import type { ConsulCounts, ConsulNode, ListIndexes, ServiceState } from "../../../consul/registry/model.js";
import type { ConsulEnd, ConsulPiece, InstanceText } from "../../../consul/registry/pieces.js";
import { Renderings } from "../../waiting/renderings.js";
import type { BoardState } from "../../waiting/waiters.js";
import { type BoardNode, Content } from "./content.js";
import { Topics } from "./topics.js";

/** What a client can ask for, and wait for changes of. */
export type ConsulTopic =
  /** The list of services; all instances and nodes; the list of nodes; all checks. */
  | { readonly kind: "services" | "catalog" | "nodes" | "checks" }
  /** A service without its checks, and with them. */
  | { readonly kind: "service" | "health"; readonly key: string }
  /** A node with its instances, and its checks. */
  | { readonly kind: "node" | "nodeHealth"; readonly name: string };

/** A change of which not all pieces have arrived yet. */
interface Incoming {
  /** What a whole registry has come to so far; `undefined` for a change of the one that is shown. */
  readonly content: Content | undefined;
  readonly pieces: ConsulPiece[];
}

/**
 * Consul's catalogue on the main thread: a row of text for each instance. A change takes effect when its last piece has arrived, and then
 * wakes those who wait for what it has changed.
 */
export class ConsulBoard {
  #isKept: boolean;
  #content = new Content();
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
    return this.#content.nodes;
  }

  /** @param name in any case */
  node(name: string): BoardNode | undefined {
    return this.#content.node(name.toLowerCase());
  }

  /** The node that an instance is on. */
  nodeOf({ node }: InstanceText): ConsulNode | undefined {
    return this.#content.node(node)?.state.node;
  }

  get services(): Iterable<ServiceState> {
    return this.#content.services;
  }

  /** The instances of a service by node and id; empty for one that there is not. */
  instancesOf(key: string): readonly InstanceText[] {
    return this.#content.instancesOf(key);
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
        return this.#content.service(topic.key)?.catalogIndex ?? this.#gone.indexOf(topic.key);
      case "health":
        return this.#content.service(topic.key)?.healthIndex ?? this.#gone.indexOf(topic.key);
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
    this.#content = new Content();
    this.renderings.clear();
    this.#end = undefined;
    this.#incoming = undefined;
    this.topics.tellAll();
  }

  /** Takes the next piece from the builder. Pieces must arrive in order. */
  take(piece: ConsulPiece): void {
    if (!this.#isKept) return;
    if (piece.isFirst) this.#incoming = { content: new Content(), pieces: [] };
    // A change of a registry that has been dropped cannot be used.
    else if (!this.#incoming && !this.#end) return;
    this.#incoming ??= { content: undefined, pieces: [] };
    const { content, pieces } = this.#incoming;
    // A whole registry is put together as it comes in: all of it at the end would take long.
    if (content) content.apply(piece);
    else pieces.push(piece);
    if (piece.end) this.#publish(this.#incoming, piece.end);
  }

  #publish({ content, pieces }: Incoming, end: ConsulEnd): void {
    this.#incoming = undefined;
    const before = this.indexes;
    this.#end = end;
    if (content) {
      this.#content = content;
      this.renderings.clear();
      this.#gone = new Deletions(end.indexes.all);
      this.topics.tellAll();
      return;
    }
    const touched = new Set<string>();
    for (const piece of pieces) this.#note(piece, touched);
    for (const piece of pieces) this.#content.apply(piece);
    this.#content.sweep(pieces.flatMap(({ services }) => services.map(({ key }) => key)));
    for (const kind of ["services", "catalog", "nodes", "checks"] as const)
      if (end.indexes[kind] > before[kind]) touched.add(topicKey({ kind }));
    this.topics.tell(touched);
  }

  /** Notes the topics that a piece changes, before it does. */
  #note({ nodes, goneNodes, services }: ConsulPiece, touched: Set<string>): void {
    for (const { key, listing, catalogIndex, healthIndex } of services) {
      if (listing.length === 0) this.#gone.add(key, healthIndex);
      else this.#gone.delete(key);
      if (catalogIndex > (this.#content.service(key)?.catalogIndex ?? 0))
        touched.add(topicKey({ kind: "service", key }));
      touched.add(topicKey({ kind: "health", key }));
    }
    for (const name of [...nodes.map(({ node }) => node.name), ...goneNodes]) {
      touched.add(topicKey({ kind: "node", name }));
      touched.add(topicKey({ kind: "nodeHealth", name }));
    }
  }
}

/** A text that identifies a topic. */
export function topicKey(topic: ConsulTopic): string {
  if ("key" in topic) return `${topic.kind} ${topic.key}`;
  return "name" in topic ? `${topic.kind} ${topic.name.toLowerCase()}` : topic.kind;
}

import { inChunks } from "../../base/text-chunks.js";
import { Deletions } from "../../catalog/deletions.js";
import { type CatalogCounts, compareNodes, compareServices, keyOf, type ServiceKey } from "../../catalog/model.js";
import type { CatalogEnd, CatalogPiece, NodeText, ServiceText } from "../../catalog/pieces.js";
import { type Rendering, Renderings } from "../waiting/renderings.js";
import type { BoardState } from "../waiting/waiters.js";
import { SortedList } from "./sorted-list.js";

/** What a client can request, and wait for changes of. */
export type Topic =
  | { readonly kind: "services" }
  | { readonly kind: "nodes" }
  | { readonly kind: "service"; readonly key: ServiceKey };

/** A service as JSON text. */
interface ServiceEntry extends ServiceKey {
  readonly index: number;
  /** Its element in the list of services. */
  readonly line: string;
  readonly parts: readonly string[];
}

/** A catalogue, or a change of it, of which not all pieces have arrived yet. */
interface Incoming {
  readonly isFirst: boolean;
  readonly services: ServiceEntry[];
  readonly gone: ServiceKey[];
  readonly nodes: NodeText[];
  readonly goneNodes: string[];
  parts: string[];
}

/**
 * The catalogue on the main thread: the JSON text of each service, made by the builder thread. A change takes effect when its last
 * piece has arrived. Then the board tells its listeners which topics have changed.
 */
export class CatalogBoard {
  #isKept: boolean;
  #services = new SortedList<ServiceEntry, ServiceKey>(compareServices);
  #nodes = new SortedList<NodeText, Pick<NodeText, "id">>(compareNodes);
  #gone = new Deletions(0);
  #end: CatalogEnd | undefined;
  #incoming: Incoming | undefined;
  readonly #renderings = new Renderings();
  readonly #listeners = new Set<(touched: ReadonlySet<string> | "all") => void>();

  constructor(isKept: boolean) {
    this.#isKept = isKept;
  }

  get state(): BoardState {
    if (!this.#isKept) return "off";
    return this.#end ? "ready" : "empty";
  }

  /** `undefined` before the first catalogue. */
  get counts(): CatalogCounts | undefined {
    return this.#isKept ? this.#end?.counts : undefined;
  }

  /** The index of the last change of any topic; 0 before the first catalogue. */
  get index(): number {
    return this.#end?.index ?? 0;
  }

  /** Call this when the configuration turns the catalogue on or off. Drops the content on a change. */
  configure(isKept: boolean): void {
    if (isKept === this.#isKept) return;
    this.#isKept = isKept;
    this.#services = new SortedList(compareServices);
    this.#nodes = new SortedList(compareNodes);
    this.#end = undefined;
    this.#incoming = undefined;
    this.#renderings.clear();
    this.#tell("all");
  }

  /** @param listener receives the topicKey() of each topic that has changed @returns a function that removes the listener */
  listen(listener: (touched: ReadonlySet<string> | "all") => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  keyOf(topic: Topic): string {
    return topicKey(topic);
  }

  /** The index of the last change of a topic. */
  indexOf(topic: Topic): number {
    if (topic.kind === "services") return this.#end?.servicesIndex ?? 0;
    if (topic.kind === "nodes") return this.#end?.nodesIndex ?? 0;
    return this.#services.find(topic.key)?.index ?? this.#gone.indexOf(keyOf(topic.key));
  }

  /** The response body for a topic; `undefined` for a service that does not exist. The bytes are made once for each index. */
  rendering(topic: Topic): Rendering | undefined {
    const index = this.indexOf(topic);
    if (topic.kind !== "service") {
      return this.#renderings.get(topicKey(topic), index, () => [...inChunks(this.#listing(topic.kind, index))]);
    }
    const entry = this.#services.find(topic.key);
    return entry && this.#renderings.get(topicKey(topic), index, () => entry.parts);
  }

  /** Takes the next piece from the builder. Pieces must arrive in order. */
  take(piece: CatalogPiece): void {
    if (!this.#isKept) return;
    if (piece.isFirst) this.#incoming = beginning(true);
    // A change of a catalogue that has been dropped cannot be used.
    else if (!this.#incoming && !this.#end) return;
    this.#incoming ??= beginning(false);
    const incoming = this.#incoming;
    for (const service of piece.services) takeService(service, incoming);
    incoming.nodes.push(...piece.nodes);
    incoming.gone.push(...piece.gone);
    incoming.goneNodes.push(...piece.goneNodes);
    if (piece.end) this.#publish(incoming, piece.end);
  }

  #publish(incoming: Incoming, end: CatalogEnd): void {
    this.#incoming = undefined;
    this.#end = end;
    if (incoming.isFirst) {
      // The builder sends them sorted.
      this.#services = new SortedList(compareServices, incoming.services);
      this.#nodes = new SortedList(compareNodes, incoming.nodes);
      this.#gone = new Deletions(end.index);
      this.#renderings.clear();
      this.#tell("all");
      return;
    }
    const touched = new Set<string>();
    for (const entry of incoming.services) {
      this.#services.put(entry);
      this.#gone.delete(keyOf(entry));
      touched.add(topicKey({ kind: "service", key: entry }));
    }
    for (const key of incoming.gone) {
      this.#services.delete(key);
      this.#gone.add(keyOf(key), end.servicesIndex);
      touched.add(topicKey({ kind: "service", key }));
    }
    for (const node of incoming.nodes) this.#nodes.put(node);
    for (const id of incoming.goneNodes) this.#nodes.delete({ id });
    if (touched.size > 0) touched.add("services");
    if (incoming.nodes.length + incoming.goneNodes.length > 0) touched.add("nodes");
    this.#renderings.forget(touched);
    this.#tell(touched);
  }

  *#listing(kind: "services" | "nodes", index: number): Generator<string> {
    yield `{"index":${index},"${kind}":[`;
    let separator = "";
    for (const each of kind === "services" ? this.#services.all : this.#nodes.all) {
      yield separator + ("line" in each ? each.line : each.text);
      separator = ",";
    }
    yield "]}";
  }

  #tell(touched: ReadonlySet<string> | "all"): void {
    for (const listener of this.#listeners) listener(touched);
  }
}

/** A text that identifies a topic. */
export function topicKey(topic: Topic): string {
  return topic.kind === "service" ? `service ${keyOf(topic.key)}` : topic.kind;
}

function beginning(isFirst: boolean): Incoming {
  return { isFirst, services: [], gone: [], nodes: [], goneNodes: [], parts: [] };
}

function takeService({ text, ends, ...service }: ServiceText, incoming: Incoming): void {
  incoming.parts.push(text);
  if (!ends) return;
  const { framework, name, index, instances, healthy } = service;
  const line = JSON.stringify({ framework, name, index, instances, healthy });
  incoming.services.push({ framework, name, index, line, parts: incoming.parts });
  incoming.parts = [];
}

import { inChunks } from "../../base/text-chunks.js";
import { Deletions } from "../../catalog/deletions.js";
import { type CatalogCounts, compareNodes, compareServices, keyOf, type ServiceKey } from "../../catalog/model.js";
import type { CatalogEnd, CatalogPiece, NodeText, ServiceText } from "../../catalog/pieces.js";
import { type Rendering, Renderings } from "./renderings.js";
import { SortedList } from "./sorted-list.js";

/** What can be asked for, and waited for. */
export type Topic =
  | { readonly kind: "services" }
  | { readonly kind: "nodes" }
  | { readonly kind: "service"; readonly key: ServiceKey };

/** Off; on, but nothing is there yet; or there. */
export type BoardState = "off" | "empty" | "ready";

/** A service as text. */
interface ServiceEntry extends ServiceKey {
  readonly index: number;
  /** Its place in the list of services. */
  readonly line: string;
  readonly parts: readonly string[];
}

/** A catalogue while its pieces come in. */
interface Incoming {
  readonly isFirst: boolean;
  readonly services: ServiceEntry[];
  readonly gone: ServiceKey[];
  readonly nodes: NodeText[];
  readonly goneNodes: string[];
  parts: string[];
}

/**
 * The catalogue as the main thread has it: the text of each service, which the builder thread has made. A change counts when its last
 * piece is there; then whoever listens is told which topics it has touched.
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

  /** Nothing before there is a catalogue. */
  get counts(): CatalogCounts | undefined {
    return this.#isKept ? this.#end?.counts : undefined;
  }

  /** That of the last change of anything; 0 before there is any. */
  get index(): number {
    return this.#end?.index ?? 0;
  }

  /** Whether the configuration wants it. What is there goes with it. */
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

  /** @param listener is given the topicKey() of all that a change has touched */
  listen(listener: (touched: ReadonlySet<string> | "all") => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** That of the last change of a topic. */
  indexOf(topic: Topic): number {
    if (topic.kind === "services") return this.#end?.servicesIndex ?? 0;
    if (topic.kind === "nodes") return this.#end?.nodesIndex ?? 0;
    return this.#services.find(topic.key)?.index ?? this.#gone.indexOf(keyOf(topic.key));
  }

  /** The answer; nothing for a service that is not there. The octets are made once for each index. */
  rendering(topic: Topic): Rendering | undefined {
    const index = this.indexOf(topic);
    if (topic.kind !== "service") {
      return this.#renderings.get(topicKey(topic), index, () => [...inChunks(this.#listing(topic.kind, index))]);
    }
    const entry = this.#services.find(topic.key);
    return entry && this.#renderings.get(topicKey(topic), index, () => entry.parts);
  }

  /** The next piece from the builder, in order. */
  take(piece: CatalogPiece): void {
    if (!this.#isKept) return;
    if (piece.isFirst) this.#incoming = beginning(true);
    // What goes on from a catalogue that is not there any more is of no use.
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
      // The builder sends them in order.
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

/** One text for each topic. */
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

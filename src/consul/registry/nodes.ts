import type { CatalogNode } from "../../catalog/model.js";
import type { ConsulNode, Indexes } from "./model.js";
import { layOutNodes, type Master, type NodeDraft, type NodeLayout, type OwnNode } from "./node-layout.js";

export interface NodeChanges {
  /** Those that are new objects, by name. */
  readonly touched: ReadonlyMap<string, ConsulNode>;
  /** As they were. */
  readonly gone: readonly ConsulNode[];
  /** Ids of agents whose node is another object, or is gone: the tasks on them have to be looked at. */
  readonly moved: ReadonlySet<string>;
}

const NOTHING: NodeChanges = { touched: new Map(), gone: [], moved: new Set() };

/** The nodes of the registry. One that has not changed stays the same object. */
export class ConsulNodes {
  #known: ReadonlyMap<string, ConsulNode> = new Map();
  #layout: NodeLayout | undefined;
  #extras = "";

  get size(): number {
    return this.#known.size;
  }

  all(): Iterable<ConsulNode> {
    return this.#known.values();
  }

  get(name: string): ConsulNode | undefined {
    return this.#known.get(name);
  }

  ofAgent(id: string): ConsulNode | undefined {
    return this.#known.get(this.#layout?.ofAgents.get(id) ?? "");
  }

  /** This server's. */
  get own(): ConsulNode | undefined {
    return this.#known.get(this.#layout?.own ?? "");
  }

  /** Those of the masters, in their order. */
  get ofMasters(): readonly ConsulNode[] {
    return (this.#layout?.ofMasters ?? []).flatMap((name) => this.#known.get(name) ?? []);
  }

  /** @param hasChanged whether an agent has changed since the last call */
  update(
    agents: Iterable<CatalogNode>,
    { own, masters }: { readonly own: OwnNode; readonly masters: readonly Master[] },
    hasChanged: boolean,
    index: number,
  ): NodeChanges {
    const extras = JSON.stringify([own, masters]);
    if (!hasChanged && extras === this.#extras) return NOTHING;
    this.#extras = extras;
    const [before, former] = [this.#known, this.#layout];
    const layout = layOutNodes(agents, own, masters);
    const known = new Map<string, ConsulNode>();
    for (const draft of layout.nodes.values()) known.set(draft.name, nodeOf(draft, before.get(draft.name), index));
    this.#known = known;
    this.#layout = layout;
    const moved = new Set<string>();
    const look = (agent: string) => {
      const [was, is] = [former?.ofAgents.get(agent) ?? "", layout.ofAgents.get(agent) ?? ""];
      if (before.get(was) !== known.get(is)) moved.add(agent);
    };
    for (const agent of former?.ofAgents.keys() ?? []) look(agent);
    for (const agent of layout.ofAgents.keys()) look(agent);
    return {
      touched: new Map([...known].filter(([name, node]) => before.get(name) !== node)),
      gone: [...before.values()].filter(({ name }) => !known.has(name)),
      moved,
    };
  }
}

function nodeOf(draft: NodeDraft, known: ConsulNode | undefined, index: number): ConsulNode {
  if (!known) return { ...draft, indexes: { created: index, modified: index, checked: index } };
  const isSame = textOf(draft) === textOf(known);
  if (isSame && draft.isPassing === known.isPassing) return known;
  const indexes: Indexes = {
    created: known.indexes.created,
    modified: isSame ? known.indexes.modified : index,
    checked: draft.isPassing === known.isPassing ? known.indexes.checked : index,
  };
  return { ...draft, indexes };
}

/** What the catalogue says of a node. */
function textOf({ id, address, ipv4, ipv6, meta }: NodeDraft): string {
  return JSON.stringify([id, address, ipv4, ipv6, meta]);
}

import type { Agent } from "../sources/mesos/cluster.js";
import { nodeText } from "./instance.js";
import type { CatalogNode } from "./model.js";

interface Known {
  readonly agent: Agent;
  readonly node: CatalogNode;
}

export interface NodeChange {
  readonly touched: readonly CatalogNode[];
  readonly gone: readonly string[];
  /** Ids of nodes that are new objects, or are gone: the tasks on them have to be compared. */
  readonly moved: ReadonlySet<string>;
}

/** The agents of the cluster. */
export class Nodes {
  readonly #known = new Map<string, Known>();

  get size(): number {
    return this.#known.size;
  }

  get(id: string): CatalogNode | undefined {
    return this.#known.get(id)?.node;
  }

  all(): Iterable<CatalogNode> {
    return Array.from(this.#known.values(), ({ node }) => node);
  }

  update(
    agents: ReadonlyMap<string, Agent>,
    addressesOf: (host: string) => readonly string[],
    index: number,
  ): NodeChange {
    const touched: CatalogNode[] = [];
    const moved = new Set<string>();
    for (const agent of agents.values()) {
      const addresses = addressesOf(agent.endpoint.host);
      const known = this.#known.get(agent.id);
      if (known?.agent === agent && sameTexts(known.node.addresses, addresses)) continue;
      const node = nodeOf(agent, addresses, index);
      if (known && nodeText(known.node, false) === nodeText(node, false)) {
        this.#known.set(agent.id, { agent, node: known.node });
        continue;
      }
      this.#known.set(agent.id, { agent, node });
      touched.push(node);
      moved.add(agent.id);
    }
    const gone = [...this.#known.keys()].filter((id) => !agents.has(id));
    for (const id of gone) {
      this.#known.delete(id);
      moved.add(id);
    }
    return { touched, gone, moved };
  }
}

function nodeOf({ id, hostname, endpoint, facts }: Agent, addresses: readonly string[], index: number): CatalogNode {
  const { attributes = [], active = true } = facts ?? {};
  return { id, hostname, addresses, port: endpoint.port, attributes, active, index };
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

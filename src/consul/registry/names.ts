import type { ChangeLog } from "./change-log.js";
import type { ConsulInstance, ConsulNode, Registration } from "./model.js";
import type { ConsulNodes } from "./nodes.js";
import { isCritical, type Shelf } from "./shelf.js";

/** A service whose instances are others than before. */
export interface ServiceChange {
  /** The name in lower case. */
  readonly key: string;
  readonly before: readonly ConsulInstance[];
  readonly after: readonly ConsulInstance[];
}

export interface NameChanges {
  readonly services: readonly ServiceChange[];
  /** Names of nodes that have come, changed or gone. */
  readonly nodes: readonly string[];
}

/**
 * What Consul's names are made of: the registry, as a view of the zone sees it. It shows what the registry has now, whenever it was made:
 * use it before the next update. Instances and nodes are immutable, and those of earlier times may still be asked about.
 */
export class ConsulNames {
  readonly #shelf: Shelf;
  readonly #nodes: ConsulNodes;
  readonly #log: ChangeLog;
  /** Grows with each update that has changed anything. */
  readonly generation: number;

  constructor(shelf: Shelf, nodes: ConsulNodes, log: ChangeLog, generation: number) {
    this.#shelf = shelf;
    this.#nodes = nodes;
    this.#log = log;
    this.generation = generation;
  }

  /** The instances of each service, by its name in lower case. */
  *services(): Generator<readonly [key: string, instances: Iterable<ConsulInstance>]> {
    for (const { key, instances } of this.#shelf.services()) yield [key, instances];
  }

  /** @param key the name in lower case */
  instancesOf(key: string): Iterable<ConsulInstance> {
    return this.#shelf.service(key)?.instances ?? [];
  }

  nodes(): Iterable<ConsulNode> {
    return this.#nodes.all();
  }

  node(name: string): ConsulNode | undefined {
    return this.#nodes.get(name);
  }

  /** Name, tags, addresses and port of an instance, which are derived from its task. */
  registrationOf(instance: ConsulInstance): Registration {
    return this.#shelf.registrationOf(instance);
  }

  /** Whether a check of the instance, or of its node, is critical. */
  isCritical(instance: ConsulInstance): boolean {
    return isCritical(instance);
  }

  /** What is different from an earlier time; `undefined` if that is too long ago, or of another registry. */
  changesSince(earlier: ConsulNames): NameChanges | undefined {
    const updates = earlier.#shelf === this.#shelf ? this.#log.since(earlier.generation) : undefined;
    if (!updates) return undefined;
    const before = new Map<string, readonly ConsulInstance[]>();
    for (const { services } of updates)
      for (const [key, instances] of services) if (!before.has(key)) before.set(key, instances);
    return {
      services: Array.from(before, ([key, was]) => ({ key, before: was, after: [...this.instancesOf(key)] })),
      nodes: [...new Set(updates.flatMap(({ nodes }) => nodes))],
    };
  }
}

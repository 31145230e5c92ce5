import { Nodes } from "../../catalog/nodes.js";
import { type Placed, taskDifferences } from "../../catalog/task-differences.js";
import type { Cluster, Framework, Task } from "../../sources/mesos/cluster.js";
import { ChangeLog } from "./change-log.js";
import { Changes } from "./changes.js";
import type {
  ConsulChange,
  ConsulCounts,
  ConsulInstance,
  ListIndexes,
  NodeState,
  Registration,
  RegistryRules,
  ServiceState,
} from "./model.js";
import { ConsulNames } from "./names.js";
import type { Master, OwnNode } from "./node-layout.js";
import { ConsulNodes } from "./nodes.js";
import { type OwnInstance, type OwnRules, ownInstances } from "./own-instances.js";
import { Shelf } from "./shelf.js";

/** What an update needs beside the cluster. */
export interface Surroundings {
  /** The addresses of an agent's host. */
  readonly addressesOf: (host: string) => readonly string[];
  readonly own: OwnNode;
  readonly masters: readonly Master[];
}

/**
 * Consul's catalogue of the cluster that is served. It follows the cluster piece by piece: tasks and agents that are the same objects as
 * before cost nothing, and an instance counts as changed only if what is said of it has changed. What it has come to is a function of
 * the cluster alone, but for indexes.
 */
export class ConsulRegistry {
  readonly #rules: RegistryRules & OwnRules;
  /** Milliseconds since the epoch. */
  readonly #wallClock: () => number;
  readonly #agents = new Nodes();
  readonly #nodes = new ConsulNodes();
  readonly #shelf: Shelf;
  readonly #log = new ChangeLog();
  #frameworks: readonly Framework[] = [];
  #own: readonly OwnInstance[] = [];
  #indexes: ListIndexes;

  /** @param above indexes up to this one have been used before */
  constructor(rules: RegistryRules & OwnRules, wallClock: () => number, above = 0) {
    this.#rules = rules;
    this.#wallClock = wallClock;
    this.#shelf = new Shelf(rules);
    const index = nextIndex(above, wallClock());
    this.#indexes = { all: index, services: index, catalog: index, nodes: index, checks: index };
  }

  get indexes(): ListIndexes {
    return this.#indexes;
  }

  get counts(): ConsulCounts {
    return { ...this.#shelf.counts, nodes: this.#nodes.size };
  }

  /** The name of this server's node. */
  get ownNode(): string {
    return this.#nodes.own?.name ?? "";
  }

  /** What names are made of: another object whenever any of it has changed. */
  get names(): ConsulNames {
    return new ConsulNames(this.#shelf, this.#nodes, this.#log, this.#log.generation);
  }

  /** Tasks of which ports are left out. */
  get skipped(): Iterable<Task> {
    return this.#shelf.skippedTasks;
  }

  registrationOf(instance: ConsulInstance): Registration {
    return this.#shelf.registrationOf(instance);
  }

  /** A change that has everything. */
  everything(): ConsulChange {
    const services = Array.from(this.#shelf.services(), (entry): ServiceState => {
      const { key, catalogIndex, healthIndex, listing } = entry;
      return { key, catalogIndex, healthIndex, listing };
    });
    const nodes = Array.from(this.#nodes.all(), (node): NodeState => this.#shelf.stateOf(node));
    return { instances: [...this.#shelf.instances()], gone: [], services, nodes, goneNodes: [] };
  }

  /** Updates the registry to this cluster. Returns what has changed; `undefined` if nothing has. */
  update(
    { agents, frameworks }: Pick<Cluster, "agents" | "frameworks">,
    around: Surroundings,
  ): ConsulChange | undefined {
    const index = nextIndex(this.#indexes.all, this.#wallClock());
    const changedAgents = this.#agents.update(agents, around.addressesOf, 0);
    const hasChanged = changedAgents.touched.length + changedAgents.gone.length > 0;
    const nodes = this.#nodes.update(this.#agents.all(), around, hasChanged, index);
    const changes = new Changes(this.#shelf, index);
    this.#followTasks(frameworks, nodes.moved, changes);
    this.#followOwn(around.masters, changes);
    changes.settleIds();
    const settled = changes.settle(nodes);
    if (!settled) return undefined;
    const { change, before, moved } = settled;
    const at = (isMoved: boolean, last: number) => (isMoved ? index : last);
    this.#indexes = {
      all: index,
      services: at(moved.services, this.#indexes.services),
      catalog: at(moved.catalog, this.#indexes.catalog),
      nodes: at(moved.nodes, this.#indexes.nodes),
      checks: at(moved.checks, this.#indexes.checks),
    };
    this.#log.note({ services: before, nodes: [...nodes.touched.keys(), ...nodes.gone.map(({ name }) => name)] });
    return change;
  }

  #followTasks(frameworks: readonly Framework[], moved: ReadonlySet<string>, changes: Changes): void {
    const { gone, come } = taskDifferences(this.#frameworks, frameworks, moved);
    this.#frameworks = frameworks;
    for (const { task } of gone) changes.removeTask(task);
    for (const placed of come) this.#add(placed, changes);
  }

  #add({ task, framework, killing }: Placed, changes: Changes): void {
    const node = this.#nodes.ofAgent(task.agentId);
    if (killing || !node) return;
    changes.addTask(task, framework, node);
  }

  #followOwn(masters: readonly Master[], changes: Changes): void {
    const next = ownInstances(this.#nodes, this.#agents.all(), masters, this.#rules);
    const before = this.#own;
    const isSame = ({ node, registration }: OwnInstance, at: number) =>
      node === before[at].node && JSON.stringify(registration) === JSON.stringify(before[at].registration);
    if (next.length === before.length && next.every(isSame)) return;
    this.#own = next;
    changes.replaceOwn(next);
  }
}

/** The time in microseconds, or the last index plus 1: indexes grow across restarts without being stored, and those of servers compare. */
function nextIndex(last: number, milliseconds: number): number {
  return Math.max(last + 1, Math.floor(milliseconds * 1_000));
}

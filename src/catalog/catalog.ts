import type { Cluster, Framework } from "../sources/mesos/cluster.js";
import { fits } from "../sources/mesos/facts/facts.js";
import { Deletions } from "./deletions.js";
import { droppedOf, instanceText } from "./instance.js";
import {
  type CatalogChange,
  type CatalogCounts,
  type CatalogNode,
  compareNodes,
  compareServices,
  type Instance,
  keyOf,
  type OverLimit,
  type Service,
  type ServiceKey,
} from "./model.js";
import { Nodes } from "./nodes.js";
import { type Placed, taskDifferences } from "./task-differences.js";

/** A task with a longer name or id is left out of the catalogue. Mesos makes folders named by ids, so they have at most 255 bytes. */
const MAX_NAME_BYTES = 1_024;

/** Resolves a host name or an address to the addresses that its records have. */
export type AddressesOf = (host: string) => readonly string[];

interface Entry extends ServiceKey {
  readonly instances: Map<string, Instance>;
  index: number;
  dropped: number;
  /** Whether it has been reported that something is left out. */
  isTold: boolean;
}

/** An instance before and after an update. */
interface Slot {
  readonly before: Instance | undefined;
  after: Instance | undefined;
}

/**
 * The services and nodes of the cluster that is served. It follows the cluster piece by piece: it skips tasks and agents that are the same
 * objects as before, and an instance counts as changed only if its JSON text has changed.
 */
export class Catalog {
  /** Milliseconds since the epoch. */
  readonly #wallClock: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #nodes = new Nodes();
  readonly #deletions: Deletions;
  #frameworks: readonly Framework[] = [];
  #index: number;
  #servicesIndex: number;
  #nodesIndex: number;
  #instances = 0;
  #droppedFacts = 0;
  readonly #droppedTasks = new Set<string>();
  #overLimit: OverLimit[] = [];

  /** @param above indexes up to this one have been used before */
  constructor(wallClock: () => number, above = 0) {
    this.#wallClock = wallClock;
    this.#index = above;
    this.#index = this.#nextIndex();
    this.#servicesIndex = this.#index;
    this.#nodesIndex = this.#index;
    this.#deletions = new Deletions(this.#index);
  }

  /** The index of the last change of any service or node. */
  get index(): number {
    return this.#index;
  }

  /** The index of the last change of any service. */
  get servicesIndex(): number {
    return this.#servicesIndex;
  }

  /** The index of the last change of any node. */
  get nodesIndex(): number {
    return this.#nodesIndex;
  }

  get counts(): CatalogCounts {
    return {
      services: this.#entries.size,
      instances: this.#instances,
      nodes: this.#nodes.size,
      droppedFacts: this.#droppedFacts,
      droppedTasks: this.#droppedTasks.size,
    };
  }

  /** The index of a service's last change. For a service that is gone, the index of its removal. */
  indexOf(key: ServiceKey): number {
    return this.#entries.get(keyOf(key))?.index ?? this.#deletions.indexOf(keyOf(key));
  }

  service(key: ServiceKey): Service | undefined {
    const entry = this.#entries.get(keyOf(key));
    return entry && serviceOf(entry);
  }

  services(): Iterable<Service> {
    return Array.from(this.#entries.values(), serviceOf);
  }

  nodes(): Iterable<CatalogNode> {
    return this.#nodes.all();
  }

  /** A change that contains the whole catalogue, sorted as in lists. */
  everything(): CatalogChange {
    const services = [...this.services()].sort(compareServices);
    const nodes = [...this.nodes()].sort(compareNodes);
    return { index: this.#index, services, gone: [], nodes, goneNodes: [] };
  }

  /** Services that have gone over a limit since the last call. */
  takeOverLimit(): readonly OverLimit[] {
    const told = this.#overLimit;
    this.#overLimit = [];
    return told;
  }

  /** Updates the catalogue to this cluster. Returns what has changed; `undefined` if nothing has. */
  update(
    { agents, frameworks }: Pick<Cluster, "agents" | "frameworks">,
    addressesOf: AddressesOf,
  ): CatalogChange | undefined {
    const index = this.#nextIndex();
    const nodes = this.#nodes.update(agents, addressesOf, index);
    const { gone, come } = taskDifferences(this.#frameworks, frameworks, nodes.moved);
    this.#frameworks = frameworks;
    const slots = new Map<Entry, Map<string, Slot>>();
    for (const placed of gone) this.#remove(placed, slots);
    for (const placed of come) this.#add(placed, slots);
    const services = this.#settle(slots, index);
    const isNodes = nodes.touched.length + nodes.gone.length > 0;
    const isServices = services.touched.length + services.gone.length > 0;
    if (!isNodes && !isServices) return undefined;
    this.#index = index;
    if (isNodes) this.#nodesIndex = index;
    if (isServices) this.#servicesIndex = index;
    return { index, services: services.touched, gone: services.gone, nodes: nodes.touched, goneNodes: nodes.gone };
  }

  /**
   * The time in microseconds, or the last index plus 1. So indexes grow across restarts without being stored, and those of
   * different servers are comparable.
   */
  #nextIndex(): number {
    return Math.max(this.#index + 1, Math.floor(this.#wallClock() * 1000));
  }

  #remove(placed: Placed, slots: Map<Entry, Map<string, Slot>>): void {
    const { framework, task } = placed;
    this.#droppedTasks.delete(instanceKey(placed));
    const entry = this.#entries.get(keyOf({ framework: framework.name, name: serviceName(placed) }));
    const key = instanceKey(placed);
    const before = entry?.instances.get(key);
    if (!entry || !before) return;
    entry.instances.delete(key);
    this.#instances--;
    this.#count(entry, -droppedOf(task));
    slotsOf(slots, entry).set(key, { before, after: undefined });
  }

  #add(placed: Placed, slots: Map<Entry, Map<string, Slot>>): void {
    const { framework, task, killing } = placed;
    const node = this.#nodes.get(task.agentId);
    if (!node) return;
    const key = instanceKey(placed);
    const name = serviceName(placed);
    if (![name, framework.name, task.id].every((text) => fits(text, MAX_NAME_BYTES))) {
      this.#droppedTasks.add(key);
      this.#overLimit.push({ framework: framework.name, name, dropped: 0 });
      return;
    }
    const entry = this.#entryOf({ framework: framework.name, name });
    const own = slotsOf(slots, entry);
    const after = { key, frameworkId: framework.id, task, node, killing };
    const slot = own.get(key);
    if (slot) slot.after = after;
    else own.set(key, { before: entry.instances.get(key), after });
    if (!entry.instances.has(key)) this.#instances++;
    entry.instances.set(key, after);
    this.#count(entry, droppedOf(task));
  }

  #count(entry: Entry, dropped: number): void {
    entry.dropped += dropped;
    this.#droppedFacts += dropped;
  }

  #entryOf(key: ServiceKey): Entry {
    let entry = this.#entries.get(keyOf(key));
    if (!entry) {
      entry = { ...key, instances: new Map(), index: 0, dropped: 0, isTold: false };
      this.#entries.set(keyOf(key), entry);
    }
    return entry;
  }

  #settle(slots: ReadonlyMap<Entry, ReadonlyMap<string, Slot>>, index: number) {
    const touched: Service[] = [];
    const gone: ServiceKey[] = [];
    for (const [entry, own] of slots) {
      const { framework, name } = entry;
      this.#tell(entry);
      if (entry.instances.size === 0) {
        this.#entries.delete(keyOf(entry));
        // A service that was added and removed within one update was never published.
        if (entry.index === 0) continue;
        this.#deletions.add(keyOf(entry), index);
        gone.push({ framework, name });
      } else if ([...own.values()].some(isChange)) {
        entry.index = index;
        this.#deletions.delete(keyOf(entry));
        touched.push(serviceOf(entry));
      }
    }
    return { touched, gone };
  }

  #tell(entry: Entry): void {
    const { framework, name, dropped } = entry;
    if (dropped > 0 && !entry.isTold) this.#overLimit.push({ framework, name, dropped });
    entry.isTold = dropped > 0;
  }
}

function serviceName({ task }: Placed): string {
  return task.discovery?.name ?? task.name;
}

/** Task ids are unique only within a framework, and several frameworks may have the same name. */
function instanceKey({ framework, task }: Placed): string {
  return `${task.id}\n${framework.id}`;
}

function slotsOf(slots: Map<Entry, Map<string, Slot>>, entry: Entry): Map<string, Slot> {
  let own = slots.get(entry);
  if (!own) {
    own = new Map();
    slots.set(entry, own);
  }
  return own;
}

function isChange({ before, after }: Slot): boolean {
  if (before === undefined || after === undefined) return before !== after;
  const isSame = before.task === after.task && before.node === after.node && before.killing === after.killing;
  return !isSame && instanceText(before) !== instanceText(after);
}

function serviceOf({ framework, name, index, instances }: Entry): Service {
  const sorted = [...instances.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  return { framework, name, index, instances: sorted };
}

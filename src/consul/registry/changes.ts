import type { Framework, Task } from "../../sources/mesos/cluster.js";
import {
  type ConsulChange,
  type ConsulInstance,
  type ConsulNode,
  type GoneInstance,
  instanceKey,
  type NodeState,
  type ServiceState,
  serviceKey,
} from "./model.js";
import type { NodeChanges } from "./nodes.js";
import type { OwnInstance } from "./own-instances.js";
import { rowText } from "./row.js";
import type { Shelf } from "./shelf.js";

/** An instance while its id and its indexes are not settled yet: nobody else has it. */
type Building = { -readonly [Key in keyof ConsulInstance]: ConsulInstance[Key] };

/** Which of the lists have changed. */
export interface MovedLists {
  services: boolean;
  catalog: boolean;
  nodes: boolean;
  checks: boolean;
}

export interface Settled {
  readonly change: ConsulChange;
  /** The instances of each touched service, as they were. */
  readonly before: ReadonlyMap<string, readonly ConsulInstance[]>;
  readonly moved: MovedLists;
}

/** What of something has changed: what the catalogue says of it, or a check. */
interface Kinds {
  readonly catalog: boolean;
  readonly check: boolean;
}

const BOTH: Kinds = { catalog: true, check: true };

/** A service before the update. */
interface Former {
  readonly instances: readonly ConsulInstance[];
  readonly listing: string;
}

/** One update of the registry, from what comes and goes to what has changed. */
export class Changes {
  readonly #shelf: Shelf;
  readonly #index: number;
  /** As they were, by where they are. */
  readonly #removed = new Map<string, ConsulInstance>();
  readonly #added = new Set<Building>();
  /** Nodes on which instances have come or gone. */
  readonly #nodes = new Set<string>();
  readonly #former = new Map<string, Former>();
  readonly #touchedServices = new Map<string, Kinds>();
  readonly #touchedNodes = new Map<string, Kinds & { readonly node: ConsulNode }>();
  readonly #moved: MovedLists = { services: false, catalog: false, nodes: false, checks: false };

  constructor(shelf: Shelf, index: number) {
    this.#shelf = shelf;
    this.#index = index;
  }

  removeTask(task: Task): void {
    for (const instance of this.#shelf.ofTask(task)) this.#remove(instance);
    this.#shelf.setTask(task, [], 0);
  }

  addTask(task: Task, of: Framework, node: ConsulNode): void {
    const framework = this.#shelf.frameworkOf(of);
    const { registrations, skipped } = this.#shelf.registrationsOf({ task, framework, node });
    const instances = registrations.map(({ wishedId, name }, slot) => {
      const origin = { task, framework, slot };
      return this.#add(wishedId, { origin, node, id: wishedId, name, isPassing: !task.unhealthy, indexes: UNSETTLED });
    });
    this.#shelf.setTask(task, instances, skipped);
  }

  replaceOwn(own: readonly OwnInstance[]): void {
    for (const instance of this.#shelf.own) this.#remove(instance);
    this.#shelf.own = own.map(({ node, registration }) => {
      const { wishedId: id, name } = registration;
      return this.#add(id, { origin: { fixed: registration }, node, id, name, isPassing: true, indexes: UNSETTLED });
    });
  }

  /** Gives out ids that several want. */
  settleIds(): void {
    for (const name of this.#nodes) {
      const { ids } = this.#shelf.nodeOf(name);
      for (const [wish, instance, id] of ids.settle()) {
        if (instance.id === id) continue;
        if (this.#added.has(instance)) {
          (instance as Building).id = id;
          continue;
        }
        const renamed = { ...instance, id };
        this.#remove(instance);
        this.#shelf.replace(instance, this.#add(wish, renamed));
      }
    }
  }

  /** What has changed; `undefined` if nothing has. */
  settle(nodes: NodeChanges): Settled | undefined {
    const instances = [...this.#added].filter((instance) => this.#settleOne(instance));
    const gone = Array.from(this.#removed.values(), (instance): GoneInstance => {
      this.#touch(instance, BOTH);
      return { node: instance.node.name, id: instance.id, service: serviceKey(instance.name) };
    });
    for (const node of nodes.touched.values()) this.#touchNode(node, kindsOf(node.indexes, this.#index));
    for (const { name } of nodes.gone) this.#forgetNode(name);
    const services = [...this.#touchedServices].map(([key, kinds]) => this.#settleService(key, kinds));
    for (const [key] of this.#former)
      if (this.#shelf.service(key)?.instances.size === 0) this.#shelf.forgetService(key);
    const touchedNodes = Array.from(this.#touchedNodes.values(), (each) => this.#settleNode(each));
    if (services.length + touchedNodes.length + nodes.gone.length === 0) return undefined;
    const before = new Map(services.map(({ key }) => [key, this.#former.get(key)?.instances ?? []] as const));
    const goneNodes = nodes.gone.map(({ name }) => name);
    return { change: { instances, gone, services, nodes: touchedNodes, goneNodes }, before, moved: this.#moved };
  }

  #remove(instance: ConsulInstance): void {
    this.#keep(instance.name);
    const { wishedId } = this.#shelf.registrationOf(instance);
    this.#shelf.take(instance);
    const node = instance.node.name;
    this.#shelf.nodeOf(node).ids.remove(wishedId, instance);
    this.#nodes.add(node);
    this.#removed.set(instanceKey({ node, id: instance.id }), instance);
  }

  #add(wish: string, instance: Building): Building {
    this.#keep(instance.name);
    this.#shelf.put(instance);
    this.#shelf.nodeOf(instance.node.name).ids.add(wish, instance);
    this.#nodes.add(instance.node.name);
    this.#added.add(instance);
    return instance;
  }

  /** Remembers a service as it is, before it is changed for the first time. */
  #keep(name: string): void {
    const key = serviceKey(name);
    if (this.#former.has(key)) return;
    const entry = this.#shelf.service(key);
    const listing = JSON.stringify(entry?.listing ?? []);
    this.#former.set(key, { instances: [...(entry?.instances ?? [])], listing });
  }

  /** Gives an instance its indexes. @returns whether it has changed */
  #settleOne(instance: Building): boolean {
    const index = this.#index;
    const key = instanceKey({ node: instance.node.name, id: instance.id });
    const before = this.#removed.get(key);
    if (!before) {
      instance.indexes = { created: index, modified: index, checked: index };
      this.#touch(instance, BOTH);
      return true;
    }
    this.#removed.delete(key);
    const [was, is] = [before, instance].map((each) => this.#shelf.registrationOf(each));
    const isSame = rowText(was) === rowText(is);
    const isCheckSame =
      before.isPassing === instance.isPassing &&
      JSON.stringify([was.name, was.tags]) === JSON.stringify([is.name, is.tags]);
    const { created, modified, checked } = before.indexes;
    instance.indexes = { created, modified: isSame ? modified : index, checked: isCheckSame ? checked : index };
    const ofNode = before.node === instance.node ? NEITHER : kindsOf(instance.node.indexes, index);
    const own = { catalog: !isSame, check: !isCheckSame };
    this.#touch(instance, own, { catalog: own.catalog || ofNode.catalog, check: own.check || ofNode.check });
    if (serviceKey(before.name) !== serviceKey(instance.name)) this.#touch(before, BOTH);
    return own.catalog || own.check;
  }

  /** @param ofService what of its service has changed by it, if that is more */
  #touch({ name, node }: ConsulInstance, own: Kinds, ofService: Kinds = own): void {
    const key = serviceKey(name);
    const known = this.#touchedServices.get(key);
    if ((ofService.catalog || ofService.check) && !includes(known, ofService))
      this.#touchedServices.set(key, union(ofService, known));
    this.#touchNode(node, own);
  }

  #touchNode(node: ConsulNode, kinds: Kinds): void {
    if (!kinds.catalog && !kinds.check) return;
    this.#moved.catalog ||= kinds.catalog;
    this.#moved.checks ||= kinds.check;
    this.#moved.nodes ||= node.indexes.modified === this.#index;
    const known = this.#touchedNodes.get(node.name);
    if (known?.node === node && includes(known, kinds)) return;
    const newer = known && known.node.indexes.modified > node.indexes.modified ? known.node : node;
    this.#touchedNodes.set(node.name, { ...union(kinds, known), node: newer });
  }

  #forgetNode(name: string): void {
    this.#touchedNodes.delete(name);
    this.#shelf.forgetNode(name);
    this.#moved.catalog = true;
    this.#moved.nodes = true;
    this.#moved.checks = true;
  }

  #settleNode({ node, catalog, check }: Kinds & { readonly node: ConsulNode }): NodeState {
    const shelf = this.#shelf.nodeOf(node.name);
    if (catalog) shelf.catalogIndex = this.#index;
    if (check) shelf.healthIndex = this.#index;
    return this.#shelf.stateOf(node);
  }

  #settleService(key: string, { catalog }: Kinds): ServiceState {
    const entry = this.#shelf.entryOf(key);
    if (catalog) entry.catalogIndex = this.#index;
    entry.healthIndex = this.#index;
    const { listing, catalogIndex, healthIndex } = entry;
    this.#moved.services ||= JSON.stringify(listing) !== this.#former.get(key)?.listing;
    return { key, catalogIndex, healthIndex, listing };
  }
}

const UNSETTLED = { created: 0, modified: 0, checked: 0 };
const NEITHER: Kinds = { catalog: false, check: false };

function kindsOf({ modified, checked }: ConsulNode["indexes"], index: number): Kinds {
  return { catalog: modified === index, check: checked === index };
}

function includes(known: Kinds | undefined, { catalog, check }: Kinds): boolean {
  return known !== undefined && (known.catalog || !catalog) && (known.check || !check);
}

function union(a: Kinds, b: Kinds = NEITHER): Kinds {
  return { catalog: a.catalog || b.catalog, check: a.check || b.check };
}

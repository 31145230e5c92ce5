import type { Framework, Task } from "../../sources/mesos/cluster.js";
import {
  type ConsulCounts,
  type ConsulInstance,
  type ConsulNode,
  type FrameworkName,
  type NodeState,
  type Registration,
  type RegistryRules,
  serviceKey,
} from "./model.js";
import { NodeIds } from "./node-ids.js";
import { type PlacedTask, registrationsOf, type TaskRegistrations } from "./registrations.js";
import { ServiceEntry } from "./service-entry.js";

/** What there is on a node beside itself. */
export interface NodeShelf {
  readonly ids: NodeIds;
  catalogIndex: number;
  healthIndex: number;
}

/**
 * Where the registry keeps its instances: by service, by task and by node. Of an instance it keeps what identifies it, and derives the rest
 * from its task: there are very many.
 */
export class Shelf {
  readonly #rules: RegistryRules;
  readonly #services = new Map<string, ServiceEntry>();
  readonly #nodes = new Map<string, NodeShelf>();
  readonly #byTask = new Map<Task, readonly ConsulInstance[]>();
  readonly #skipped = new Map<Task, number>();
  /** Of each framework what its instances need: the framework itself holds all its tasks. */
  readonly #frameworks = new WeakMap<Framework, FrameworkName>();
  /** Those that are no tasks. */
  own: readonly ConsulInstance[] = [];
  #instances = 0;
  #critical = 0;
  #skippedPorts = 0;
  /** The last task that was read: its ports are asked for one after the other. */
  #last: (PlacedTask & { readonly found: TaskRegistrations }) | undefined;

  constructor(rules: RegistryRules) {
    this.#rules = rules;
  }

  get counts(): Omit<ConsulCounts, "nodes"> {
    const [instances, critical, skipped] = [this.#instances, this.#critical, this.#skippedPorts];
    return { services: this.#services.size, instances, critical, skipped };
  }

  get skippedTasks(): Iterable<Task> {
    return this.#skipped.keys();
  }

  services(): Iterable<ServiceEntry> {
    return this.#services.values();
  }

  service(key: string): ServiceEntry | undefined {
    return this.#services.get(key);
  }

  *instances(): Generator<ConsulInstance> {
    for (const { instances } of this.#services.values()) yield* instances;
  }

  /** Created if it is not there. */
  entryOf(name: string): ServiceEntry {
    const key = serviceKey(name);
    let entry = this.#services.get(key);
    if (!entry) {
      entry = new ServiceEntry(key);
      this.#services.set(key, entry);
    }
    return entry;
  }

  forgetService(key: string): void {
    this.#services.delete(key);
  }

  /** Created if it is not there. */
  nodeOf(name: string): NodeShelf {
    let node = this.#nodes.get(name);
    if (!node) {
      node = { ids: new NodeIds(), catalogIndex: 0, healthIndex: 0 };
      this.#nodes.set(name, node);
    }
    return node;
  }

  forgetNode(name: string): void {
    this.#nodes.delete(name);
  }

  stateOf(node: ConsulNode): NodeState {
    const { catalogIndex, healthIndex } = this.nodeOf(node.name);
    return { node, catalogIndex, healthIndex };
  }

  ofTask(task: Task): readonly ConsulInstance[] {
    return this.#byTask.get(task) ?? [];
  }

  setTask(task: Task, instances: readonly ConsulInstance[], skipped: number): void {
    this.#skippedPorts += skipped - (this.#skipped.get(task) ?? 0);
    if (skipped > 0) this.#skipped.set(task, skipped);
    else this.#skipped.delete(task);
    if (instances.length > 0) this.#byTask.set(task, instances);
    else this.#byTask.delete(task);
  }

  frameworkOf(framework: Framework): FrameworkName {
    let known = this.#frameworks.get(framework);
    if (!known) {
      known = { id: framework.id, name: framework.name };
      this.#frameworks.set(framework, known);
    }
    return known;
  }

  /** In the place of one of its task's that has another id. */
  replace(before: ConsulInstance, after: ConsulInstance): void {
    const swapped = (all: readonly ConsulInstance[]) => all.map((each) => (each === before ? after : each));
    if ("fixed" in before.origin) this.own = swapped(this.own);
    else this.#byTask.set(before.origin.task, swapped(this.ofTask(before.origin.task)));
  }

  put(instance: ConsulInstance): ServiceEntry {
    const entry = this.entryOf(instance.name);
    entry.add(instance, this.registrationOf(instance).tags);
    this.#instances++;
    if (isCritical(instance)) this.#critical++;
    return entry;
  }

  take(instance: ConsulInstance): ServiceEntry {
    const entry = this.entryOf(instance.name);
    entry.remove(instance, this.registrationOf(instance).tags);
    this.#instances--;
    if (isCritical(instance)) this.#critical--;
    return entry;
  }

  registrationsOf(placed: PlacedTask): TaskRegistrations {
    const last = this.#last;
    if (last && last.task === placed.task && last.node === placed.node && last.framework === placed.framework)
      return last.found;
    const found = registrationsOf(placed, this.#rules);
    this.#last = { ...placed, found };
    return found;
  }

  registrationOf({ origin, node }: ConsulInstance): Registration {
    if ("fixed" in origin) return origin.fixed;
    const { task, framework, slot } = origin;
    return this.registrationsOf({ task, framework, node }).registrations[slot];
  }
}

/** Whether clients should not be sent to it. */
export function isCritical({ isPassing, node }: ConsulInstance): boolean {
  return !(isPassing && node.isPassing);
}

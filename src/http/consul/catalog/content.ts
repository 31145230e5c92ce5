import type { NodeState, ServiceState } from "../../../consul/registry/model.js";
import type { ConsulPiece, InstanceText } from "../../../consul/registry/pieces.js";

/** A node and the instances on it, by id. */
export interface BoardNode {
  readonly state: NodeState;
  readonly instances: ReadonlyMap<string, InstanceText>;
}

interface OwnNode {
  state: NodeState;
  readonly instances: Map<string, InstanceText>;
}

interface OwnService {
  state: ServiceState;
  readonly instances: Set<InstanceText>;
  /** By node and id, as long as nothing has changed. */
  sorted: readonly InstanceText[] | undefined;
}

const NONE: readonly InstanceText[] = [];

/** The services, nodes and instances of a registry. */
export class Content {
  readonly #nodes = new Map<string, OwnNode>();
  readonly #services = new Map<string, OwnService>();

  /** Sorted by name. */
  get nodes(): readonly BoardNode[] {
    return [...this.#nodes.values()].sort((a, b) => (a.state.node.name < b.state.node.name ? -1 : 1));
  }

  /** @param name in lower case */
  node(name: string): BoardNode | undefined {
    return this.#nodes.get(name);
  }

  get services(): Iterable<ServiceState> {
    return Array.from(this.#services.values(), ({ state }) => state);
  }

  service(key: string): ServiceState | undefined {
    return this.#services.get(key)?.state;
  }

  /** The instances of a service by node and id. The array stays as it is, whatever changes. */
  instancesOf(key: string): readonly InstanceText[] {
    const service = this.#services.get(key);
    if (!service) return NONE;
    service.sorted ??= [...service.instances].sort(compareTexts);
    return service.sorted;
  }

  /** Takes a piece of a change, in the order of its pieces. */
  apply({ gone, nodes, services, instances, goneNodes }: ConsulPiece): void {
    for (const { node, id } of gone) this.#drop(node, id);
    for (const name of goneNodes) this.#nodes.delete(name);
    for (const state of nodes) this.#putNode(state);
    for (const state of services) this.#putService(state);
    for (const instance of instances) this.#put(instance);
  }

  /** Forgets these services if they have no instance any more. */
  sweep(keys: Iterable<string>): void {
    for (const key of keys) if (this.#services.get(key)?.state.listing.length === 0) this.#services.delete(key);
  }

  #putNode(state: NodeState): void {
    const { name } = state.node;
    const known = this.#nodes.get(name);
    if (known) known.state = state;
    else this.#nodes.set(name, { state, instances: new Map() });
  }

  #putService(state: ServiceState): void {
    const known = this.#services.get(state.key);
    if (known) known.state = state;
    else this.#services.set(state.key, { state, instances: new Set(), sorted: undefined });
  }

  #put(instance: InstanceText): void {
    this.#drop(instance.node, instance.id);
    this.#nodes.get(instance.node)?.instances.set(instance.id, instance);
    const service = this.#services.get(instance.service);
    if (!service) return;
    service.instances.add(instance);
    service.sorted = undefined;
  }

  #drop(node: string, id: string): void {
    const instances = this.#nodes.get(node)?.instances;
    const known = instances?.get(id);
    if (!instances || !known) return;
    instances.delete(id);
    const service = this.#services.get(known.service);
    if (!service) return;
    service.instances.delete(known);
    service.sorted = undefined;
  }
}

function compareTexts(a: InstanceText, b: InstanceText): number {
  if (a.node !== b.node) return a.node < b.node ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

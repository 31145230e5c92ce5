import {
  type ConsulChange,
  type ConsulInstance,
  type GoneInstance,
  instanceKey,
  type NodeState,
  type ServiceState,
} from "./model.js";

export interface UnsentChange {
  readonly change: ConsulChange;
  /** Whether it has everything, and replaces what was sent before. */
  readonly isFirst: boolean;
}

/** Joins changes that wait to be sent. Of what has changed twice, the last counts. */
export class Unsent {
  #isFirst = false;
  #isEmpty = true;
  readonly #instances = new Map<string, ConsulInstance>();
  readonly #gone = new Map<string, GoneInstance>();
  readonly #services = new Map<string, ServiceState>();
  readonly #nodes = new Map<string, NodeState>();
  readonly #goneNodes = new Set<string>();

  /** Everything there is, in the place of whatever waits. */
  begin(everything: ConsulChange): void {
    this.#clear();
    this.#isFirst = true;
    this.add(everything);
  }

  add({ instances, gone, services, nodes, goneNodes }: ConsulChange): void {
    this.#isEmpty = false;
    for (const each of gone) {
      this.#instances.delete(instanceKey(each));
      this.#gone.set(instanceKey(each), each);
    }
    for (const each of instances) this.#come(each);
    for (const each of services) this.#services.set(each.key, each);
    for (const name of goneNodes) {
      this.#nodes.delete(name);
      this.#goneNodes.add(name);
    }
    for (const each of nodes) {
      this.#nodes.set(each.node.name, each);
      this.#goneNodes.delete(each.node.name);
    }
  }

  /** What waits, joined; nothing waits then. */
  take(): UnsentChange | undefined {
    if (this.#isEmpty) return undefined;
    const change = {
      instances: [...this.#instances.values()],
      gone: [...this.#gone.values()],
      services: [...this.#services.values()],
      nodes: [...this.#nodes.values()],
      goneNodes: [...this.#goneNodes],
    };
    const taken = { change, isFirst: this.#isFirst };
    this.#clear();
    return taken;
  }

  /** One that went and came again may have another service: what goes is handled before what comes. */
  #come(instance: ConsulInstance): void {
    this.#instances.set(instanceKey({ node: instance.node.name, id: instance.id }), instance);
  }

  #clear(): void {
    this.#isEmpty = true;
    this.#isFirst = false;
    for (const each of [this.#instances, this.#gone, this.#services, this.#nodes, this.#goneNodes]) each.clear();
  }
}

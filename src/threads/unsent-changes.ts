import { type CatalogChange, type CatalogNode, keyOf, type Service, type ServiceKey } from "../catalog/model.js";

export interface UnsentChange {
  readonly change: CatalogChange;
  /** Whether the change contains the whole catalogue, and replaces what was sent before. */
  readonly isFirst: boolean;
}

/** Combines changes that wait to be sent. If something has changed twice, the last change counts. */
export class UnsentChanges {
  #index = 0;
  #isFirst = false;
  #isEmpty = true;
  readonly #services = new Map<string, Service>();
  readonly #gone = new Map<string, ServiceKey>();
  readonly #nodes = new Map<string, CatalogNode>();
  readonly #goneNodes = new Set<string>();

  add({ index, services, gone, nodes, goneNodes }: CatalogChange, isFirst: boolean): void {
    this.#isEmpty = false;
    this.#index = index;
    this.#isFirst ||= isFirst;
    for (const service of services) this.#come(service);
    for (const key of gone) this.#go(key);
    for (const node of nodes) {
      this.#nodes.set(node.id, node);
      this.#goneNodes.delete(node.id);
    }
    for (const id of goneNodes) {
      this.#nodes.delete(id);
      this.#goneNodes.add(id);
    }
  }

  /** Returns the combined change, and removes it; `undefined` if nothing has changed. */
  take(): UnsentChange | undefined {
    if (this.#isEmpty) return undefined;
    const change = {
      index: this.#index,
      services: [...this.#services.values()],
      gone: [...this.#gone.values()],
      nodes: [...this.#nodes.values()],
      goneNodes: [...this.#goneNodes],
    };
    const taken = { change, isFirst: this.#isFirst };
    this.#isEmpty = true;
    this.#isFirst = false;
    for (const each of [this.#services, this.#gone, this.#nodes, this.#goneNodes]) each.clear();
    return taken;
  }

  #come(service: Service): void {
    this.#services.set(keyOf(service), service);
    this.#gone.delete(keyOf(service));
  }

  #go(key: ServiceKey): void {
    this.#services.delete(keyOf(key));
    this.#gone.set(keyOf(key), key);
  }
}

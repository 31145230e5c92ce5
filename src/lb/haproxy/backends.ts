import type { Service } from "../services.js";
import { type BackendOptions, backendOf } from "./backend.js";
import type { Backend } from "./balancer.js";

interface Known {
  readonly name: string;
  readonly isBound: boolean;
  readonly backend: Backend;
}

/** Backends of services: those of services that are the same objects are not made again. */
export class Backends {
  readonly #known = new WeakMap<Service, Known>();

  /** Throws an Error that says which label or value cannot be in a configuration. */
  check(service: Service, options: Pick<BackendOptions, "name" | "cookieKey">): void {
    if (!this.#known.has(service)) this.of(service, { ...options, isBound: service.port !== 0, ofApp: [] });
  }

  /** Throws as `check` does. */
  of(service: Service, options: BackendOptions): Backend {
    const { name, isBound } = options;
    const known = this.#known.get(service);
    // Where its health is asked may depend on other services.
    const isSame = known?.name === name && known.isBound === isBound && service.settings.checkIndex === undefined;
    if (isSame) return known.backend;
    const backend = backendOf(service, options);
    this.#known.set(service, { name, isBound, backend });
    return backend;
  }
}

import type { EndpointKind } from "../../consul/report.js";

/** What has been asked, for metrics. */
export class ConsulStats {
  readonly #requests = new Map<string, { readonly kind: EndpointKind; readonly status: number; count: number }>();
  refusedWrites = 0;
  refusedWaits = 0;

  get requests(): readonly (readonly [kind: EndpointKind, status: number, count: number])[] {
    return Array.from(this.#requests.values(), ({ kind, status, count }) => [kind, status, count] as const);
  }

  answered(kind: EndpointKind, status: number): void {
    const key = `${kind} ${status}`;
    const known = this.#requests.get(key);
    if (known) known.count++;
    else this.#requests.set(key, { kind, status, count: 1 });
  }
}

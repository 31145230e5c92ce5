import { type Actual, type Service, serviceKey } from "./model.js";
import type { DataPlane, Refusal } from "./plane.js";

/** Services that a plane can carry, and those that it cannot, by their keys. */
export interface Sorted {
  readonly carried: readonly Service[];
  readonly refused: ReadonlyMap<string, { readonly service: Service; readonly refusal: Refusal }>;
}

/**
 * Asks a plane about the services that it does not carry yet.
 *
 * @param known refusals that still count
 */
export async function sortOut(
  plane: Pick<DataPlane, "refusal">,
  services: readonly Service[],
  actual: Actual,
  known: ReadonlyMap<string, Refusal> = new Map(),
): Promise<Sorted> {
  const standing = new Set(actual.map(serviceKey));
  const refused = new Map<string, { readonly service: Service; readonly refusal: Refusal }>();
  for (const service of services) {
    const key = serviceKey(service);
    if (standing.has(key)) continue;
    const refusal = known.get(key) ?? (await plane.refusal(service));
    if (refusal) refused.set(key, { service, refusal });
  }
  return { carried: services.filter((service) => !refused.has(serviceKey(service))), refused };
}

import type { Backend, Claim } from "./claims.js";

/** Identifies a service: virtual addresses of both families, and both protocols of a port, are services of their own. */
export type ServiceId = Pick<Claim, "vip" | "isLiteral" | "protocol" | "port" | "family">;

export function serviceKey({ vip, protocol, port, family }: ServiceId): string {
  return `${vip} ${port} ${protocol} ${family}`;
}

/** The backends of one service, as tasks claim them. A claim can be made several times, and has to be withdrawn as often. */
export class ServiceBackends {
  readonly id: ServiceId;
  readonly #claims: Claim[] = [];
  /** When it lost its last backend; `undefined` while it has any. */
  emptySince: number | undefined;

  constructor(id: ServiceId) {
    this.id = id;
  }

  get isEmpty(): boolean {
    return this.#claims.length === 0;
  }

  add(claim: Claim): void {
    this.#claims.push(claim);
    this.emptySince = undefined;
  }

  /** Throws for a claim that was not made. */
  remove(claim: Claim): void {
    const text = textOf(claim);
    const at = this.#claims.findIndex((each) => textOf(each) === text);
    if (at < 0) throw new Error(`nobody has claimed ${serviceKey(claim)} for ${claim.backend.ip}`);
    this.#claims.splice(at, 1);
  }

  /**
   * Each backend once, with the largest of its weights, in order of address and port.
   *
   * @param failOpen if all weights are 0, those whose health alone makes them so count
   */
  backends(failOpen: boolean): readonly Backend[] {
    const isOpen = failOpen && this.#claims.every(({ backend }) => backend.weight === 0);
    const byPlace = new Map<string, Backend>();
    for (const { backend, openWeight } of this.#claims) {
      const place = `${backend.ip} ${backend.port}`;
      const weight = isOpen ? openWeight : backend.weight;
      const known = byPlace.get(place);
      if (!known || known.weight < weight) byPlace.set(place, { ...backend, weight });
    }
    return [...byPlace.values()].sort((a, b) => (a.ip === b.ip ? a.port - b.port : a.ip < b.ip ? -1 : 1));
  }
}

function textOf({ backend, openWeight }: Claim): string {
  return JSON.stringify([backend, openWeight]);
}

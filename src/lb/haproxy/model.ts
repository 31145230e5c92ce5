import { LastGood, type Refused } from "../last-good.js";
import { SERVICE_TRAITS, type ServiceNow } from "../service-traits.js";
import type { Service, Services } from "../services.js";
import { Backends } from "./backends.js";
import { type BuildOptions, type Built, buildBalancer } from "./build.js";
import type { Holders } from "./claims.js";
import type { LbMemory } from "./memory.js";

export interface ModelResult extends Omit<Built, "refused"> {
  readonly refused: readonly Refused[];
}

const { keyOf } = SERVICE_TRAITS;

export type ModelOptions = Omit<BuildOptions, "holders" | "gone" | "reservedPorts" | "backends">;

/**
 * What HAProxy should run, from what is known now and what was good before: an app that breaks the configuration goes on as it was, and
 * one without tasks keeps its place for a while, so that it comes back without a reload.
 */
export class LbModel {
  readonly #options: ModelOptions;
  readonly #ownPorts: ReadonlySet<number>;
  readonly #lingerMs: number;
  #holders: Holders;
  readonly #good: LastGood<ServiceNow, Service>;
  /** Ports at which nobody can listen, and why. */
  #unbindable: ReadonlyMap<number, string> = new Map();
  /** By service, since when it has had no servers. */
  readonly #emptySince = new Map<string, number>();
  readonly #backends = new Backends();
  #last: readonly Service[] = [];
  #gone: ReadonlySet<string> = new Set();

  /**
   * @param ownPorts those of the shared frontends
   * @param memory of the program before this one
   */
  constructor(options: ModelOptions, ownPorts: ReadonlySet<number>, lingerMs: number, memory: LbMemory) {
    this.#holders = memory.holders;
    this.#good = new LastGood(SERVICE_TRAITS, memory.good);
    this.#options = options;
    this.#ownPorts = ownPorts;
    this.#lingerMs = lingerMs;
  }

  /** @param now in milliseconds of any clock */
  build({ appIds, services, unreadable }: Omit<Services, "notices">, now: number): ModelResult {
    const notes: Refused[] = [];
    const kept = unreadable.flatMap((service) => this.#good.before(service, service.reason, notes));
    const here = [...services, ...kept];
    const lingering = this.#lingering(here, now);
    const wanted = [...here, ...lingering];
    this.#gone = new Set(lingering.flatMap(({ appId }) => (appIds.has(appId) ? [] : appId)));
    const first = this.#built(this.#good.chosen(wanted, notes));
    if (first.refused.length === 0) return { ...first, refused: notes };
    // What a label keeps out goes on as it was before the label.
    const refused = new Map(first.refused.map(({ service, text }) => [keyOf(service), text]));
    this.#last = this.#last.flatMap((service) => this.#good.orBefore(service, refused.get(keyOf(service)), notes));
    return { ...this.#built(this.#last), refused: notes };
  }

  #built(services: readonly Service[]): Built {
    this.#last = services;
    return this.#balancerOf(services);
  }

  #balancerOf(services: readonly Service[]): Built {
    const reservedPorts = new Set([...this.#ownPorts, ...this.#unbindable.keys()]);
    return buildBalancer(services, {
      ...this.#options,
      holders: this.#holders,
      gone: this.#gone,
      reservedPorts,
      backends: this.#backends,
    });
  }

  /**
   * HAProxy has taken what was built last.
   * @returns whether what has to be remembered is something else now
   */
  accept({ holders }: Pick<Built, "holders">): boolean {
    const before = this.#holders;
    const isNew = holders.size !== before.size || Array.from(holders).some(([key, app]) => before.get(key) !== app);
    this.#holders = holders;
    return this.#good.accept(this.#last) || isNew;
  }

  get memory(): LbMemory {
    return { holders: this.#holders, good: [...this.#good.known.values()] };
  }

  /** What HAProxy would have with nothing but these apps. */
  only(apps: ReadonlySet<string>): Built {
    return this.#balancerOf(this.#last.filter(({ appId }) => apps.has(appId)));
  }

  /** The apps of what was built last, and first those that HAProxy has so. */
  get apps(): readonly string[] {
    return this.#good.settledFirst(this.#last);
  }

  /** These apps go on as they were until they change. @param reasons by app */
  refuse(reasons: ReadonlyMap<string, string>): void {
    this.#good.refuse(reasons, this.#last);
  }

  /** From now on no service has these ports. */
  leaveOut(ports: ReadonlyMap<number, string>): void {
    this.#unbindable = new Map([...this.#unbindable, ...ports]);
  }

  /** Ports at which nobody could listen are tried again. */
  tryAgain(): void {
    this.#unbindable = new Map();
  }

  get unbindable(): ReadonlyMap<number, string> {
    return this.#unbindable;
  }

  /** Services that had servers until a while ago. */
  #lingering(services: readonly Service[], now: number): readonly Service[] {
    const here = new Set(services.map(keyOf));
    const { known } = this.#good;
    for (const key of this.#emptySince.keys()) if (here.has(key) || !known.has(key)) this.#emptySince.delete(key);
    return Array.from(known).flatMap(([key, service]) => {
      if (here.has(key)) return [];
      const since = this.#emptySince.get(key) ?? now;
      this.#emptySince.set(key, since);
      return now - since < this.#lingerMs ? [{ ...service, servers: [] }] : [];
    });
  }
}

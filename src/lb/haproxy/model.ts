import type { Service, Services, Unreadable } from "../services.js";
import { Backends } from "./backends.js";
import { type BuildOptions, type Built, buildBalancer } from "./build.js";
import type { Holders } from "./claims.js";
import type { LbMemory } from "./memory.js";

/** A service that does not run as it asks to, and why, for people. */
export interface Refused {
  readonly appId: string;
  readonly index: number;
  readonly reason: string;
  /** Whether it goes on as it was when it was last well. */
  readonly isKept: boolean;
}

export interface ModelResult extends Omit<Built, "refused"> {
  readonly refused: readonly Refused[];
}

export type ModelOptions = Omit<BuildOptions, "holders" | "reservedPorts" | "backends">;

/**
 * What HAProxy should run, from what is known now and what was good before: an app that breaks the configuration goes on as it was, and
 * one without tasks keeps its place for a while, so that it comes back without a reload.
 */
export class LbModel {
  readonly #options: ModelOptions;
  readonly #ownPorts: ReadonlySet<number>;
  readonly #lingerMs: number;
  #holders: Holders;
  /** By service, as it was when HAProxy had it last. */
  readonly #good: Map<string, Service>;
  /** By app, what HAProxy refuses, and why. */
  readonly #broken = new Map<string, { readonly likeness: string; readonly reason: string }>();
  /** Ports at which nobody can listen, and why. */
  #unbindable: ReadonlyMap<number, string> = new Map();
  /** By service, since when it has had no servers. */
  readonly #emptySince = new Map<string, number>();
  readonly #backends = new Backends();
  #last: readonly Service[] = [];

  /**
   * @param ownPorts those of the shared frontends
   * @param memory of the program before this one
   */
  constructor(options: ModelOptions, ownPorts: ReadonlySet<number>, lingerMs: number, memory: LbMemory) {
    this.#holders = memory.holders;
    this.#good = new Map(memory.good.map((service) => [keyOf(service), service]));
    this.#options = options;
    this.#ownPorts = ownPorts;
    this.#lingerMs = lingerMs;
  }

  /** @param now in milliseconds of any clock */
  build({ services, unreadable }: Pick<Services, "services" | "unreadable">, now: number): ModelResult {
    const notes: Refused[] = [];
    const kept = unreadable.flatMap((service) => this.#before(service, service.reason, notes));
    const here = [...services, ...kept];
    const wanted = [...here, ...this.#lingering(here, now)];
    const first = this.#built(
      wanted.flatMap((service) => this.#orBefore(service, this.#reasonOf(service, wanted), notes)),
    );
    if (first.refused.length === 0) return { ...first, refused: notes };
    // What a label keeps out goes on as it was before the label.
    const refused = new Map(first.refused.map(({ service, text }) => [keyOf(service), text]));
    this.#last = this.#last.flatMap((service) => this.#orBefore(service, refused.get(keyOf(service)), notes));
    return { ...this.#built(this.#last), refused: notes };
  }

  #built(services: readonly Service[]): Built {
    this.#last = services;
    const reservedPorts = new Set([...this.#ownPorts, ...this.#unbindable.keys()]);
    return buildBalancer(services, {
      ...this.#options,
      holders: this.#holders,
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
    let isNew = holders.size !== before.size || Array.from(holders).some(([key, app]) => before.get(key) !== app);
    this.#holders = holders;
    for (const service of this.#last) {
      const key = keyOf(service);
      const known = this.#good.get(key);
      isNew ||= known !== service && (!known || likeness(known) !== likeness(service));
      this.#good.set(key, service);
    }
    const known = new Set(this.#last.map(keyOf));
    for (const key of this.#good.keys()) {
      if (known.has(key)) continue;
      this.#good.delete(key);
      isNew = true;
    }
    return isNew;
  }

  get memory(): LbMemory {
    return { holders: this.#holders, good: [...this.#good.values()] };
  }

  /** What HAProxy would have with nothing but these apps. */
  only(apps: ReadonlySet<string>): Built {
    const services = this.#last.filter(({ appId }) => apps.has(appId));
    const reservedPorts = new Set([...this.#ownPorts, ...this.#unbindable.keys()]);
    return buildBalancer(services, {
      ...this.#options,
      holders: this.#holders,
      reservedPorts,
      backends: this.#backends,
    });
  }

  /** The apps of what was built last. */
  get apps(): readonly string[] {
    return [...new Set(this.#last.map(({ appId }) => appId))];
  }

  /** These apps go on as they were until they change. */
  refuse(apps: ReadonlySet<string>, reason: string): void {
    for (const appId of apps) this.#broken.set(appId, { likeness: likenessOf(appId, this.#last), reason });
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

  #reasonOf({ appId }: Service, all: readonly Service[]): string | undefined {
    const broken = this.#broken.get(appId);
    if (!broken) return undefined;
    if (broken.likeness === likenessOf(appId, all)) return broken.reason;
    this.#broken.delete(appId);
    return undefined;
  }

  /** The service, or if there is a reason against it what it was before. */
  #orBefore(service: Service, reason: string | undefined, notes: Refused[]): readonly Service[] {
    if (reason === undefined) return [service];
    const before = this.#good.get(keyOf(service));
    // As it was then it would be refused as well.
    if (before && likeness(before) === likeness(service)) this.#good.delete(keyOf(service));
    return this.#before(service, reason, notes);
  }

  /** A service as it was when HAProxy had it last, with the servers of now. */
  #before(service: Service | Unreadable, reason: string, notes: Refused[]): readonly Service[] {
    const { appId, index, servers } = service;
    const before = this.#good.get(keyOf(service));
    notes.push({ appId, index, reason, isKept: before !== undefined });
    return before ? [{ ...before, servers }] : [];
  }

  /** Services that had servers until a while ago. */
  #lingering(services: readonly Service[], now: number): readonly Service[] {
    const here = new Set(services.map(keyOf));
    for (const key of this.#emptySince.keys()) if (here.has(key) || !this.#good.has(key)) this.#emptySince.delete(key);
    return Array.from(this.#good).flatMap(([key, service]) => {
      if (here.has(key)) return [];
      const since = this.#emptySince.get(key) ?? now;
      this.#emptySince.set(key, since);
      return now - since < this.#lingerMs ? [{ ...service, servers: [] }] : [];
    });
  }
}

function keyOf({ appId, index }: Pick<Service, "appId" | "index">): string {
  return `${appId} ${index}`;
}

/** What an app asks for, without who serves it. */
function likenessOf(appId: string, services: readonly Service[]): string {
  return services.flatMap((service) => (service.appId === appId ? likeness(service) : [])).join("\n");
}

function likeness({ servers: _, settings, ...rest }: Service): string {
  return JSON.stringify([rest, settings, [...settings.templates]]);
}

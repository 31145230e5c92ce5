import { formatResolver } from "../base/host-port.js";
import type { Resolver } from "../config/config.js";
import type { Query } from "../wire/query.js";
import { type MakeLinks, Upstream } from "./upstream.js";

/** The upstreams for one zone of `zoneResolvers`, or for all names that are in no such zone. */
export interface Group {
  /** Lower case, no final dot; "" for names in no such zone. */
  readonly zone: string;
  readonly upstreams: readonly Upstream[];
  /** Number of this zone with this list of resolvers, unique in the process: keeps the groups' cached answers apart. */
  readonly scope: number;
}

export interface GroupPolicy {
  readonly resolvers: readonly Resolver[];
  /** Zone (lower case, no final dot) to its resolvers. */
  readonly zoneResolvers: Readonly<Record<string, readonly Resolver[]>>;
  /** Certificates, in PEM, of the authorities to trust for DNS over TLS; undefined for those that Node.js trusts. */
  readonly authorities: string | undefined;
}

/** Finds the upstreams for a name. A resolver in several lists is one `Upstream`, so that its health and speed are known once. */
export class Groups {
  readonly #makeLinks: MakeLinks;
  #authorities: string | undefined;
  readonly #upstreams = new Map<string, Upstream>();
  readonly #scopes = new Map<string, number>();
  readonly #zones = new Map<string, Group>();
  /** The group for names in no zone of `zoneResolvers`. */
  #others: Group;

  constructor(makeLinks: MakeLinks, policy: GroupPolicy) {
    this.#makeLinks = makeLinks;
    this.#authorities = policy.authorities;
    this.#others = this.#group("", policy.resolvers);
    this.configure(policy);
  }

  get upstreams(): Iterable<Upstream> {
    return this.#upstreams.values();
  }

  get all(): readonly Group[] {
    return [this.#others, ...this.#zones.values()];
  }

  /** Upstreams that are configured again keep their state; the others are closed. */
  configure({ resolvers, zoneResolvers, authorities }: GroupPolicy): void {
    if (authorities !== this.#authorities) this.#drop(({ resolver }) => resolver.tlsName !== undefined);
    this.#authorities = authorities;
    this.#others = this.#group("", resolvers);
    this.#zones.clear();
    for (const [zone, list] of Object.entries(zoneResolvers)) this.#zones.set(zone, this.#group(zone, list));
    const used = new Set(this.all.flatMap(({ upstreams }) => upstreams));
    this.#drop((upstream) => !used.has(upstream));
  }

  #drop(shouldDrop: (upstream: Upstream) => boolean): void {
    for (const [name, upstream] of this.#upstreams) {
      if (!shouldDrop(upstream)) continue;
      upstream.close();
      this.#upstreams.delete(name);
    }
  }

  /** The group of the longest zone that the query's name is in, or the group for all other names. */
  of(query: Query): Group {
    if (this.#zones.size === 0) return this.#others;
    const { name, labels, labelAt } = query;
    const texts = Array.from({ length: labels }, (_, i) =>
      String.fromCharCode(...name.subarray(labelAt[i] + 1, labelAt[i] + 1 + name[labelAt[i]])),
    );
    for (let i = 0; i < labels; i++) {
      const group = this.#zones.get(texts.slice(i).join("."));
      // Compare the number of labels: a label that contains a dot must not match two labels.
      if (group && group.zone.split(".").length === labels - i) return group;
    }
    return this.#others;
  }

  #group(zone: string, resolvers: readonly Resolver[]): Group {
    const upstreams = resolvers.map((resolver) => this.#upstream(resolver));
    const identity = JSON.stringify([zone, ...upstreams.map(({ name }) => name)]);
    const scope = this.#scopes.get(identity) ?? this.#scopes.size;
    this.#scopes.set(identity, scope);
    return { zone, upstreams, scope };
  }

  #upstream(resolver: Resolver): Upstream {
    const name = formatResolver(resolver);
    const upstream = this.#upstreams.get(name) ?? new Upstream(resolver, this.#authorities, this.#makeLinks);
    this.#upstreams.set(name, upstream);
    return upstream;
  }
}

/** How often upstreams of the group have recovered. */
export function recoveriesOf({ upstreams }: Group): number {
  return upstreams.reduce((sum, { recoveries }) => sum + recoveries, 0);
}

import { formatResolver } from "../base/host-port.js";
import type { Resolver } from "../config/config.js";
import type { Query } from "../wire/query.js";
import { type MakeLinks, Upstream } from "./upstream.js";

/** The upstreams that are asked for one zone, or for all names that are in none. */
export interface Group {
  /** Lower case, no final dot; "" for all other names. */
  readonly zone: string;
  readonly upstreams: readonly Upstream[];
  /** A number that no other zone and no other list of resolvers has: answers of one group are never another's. */
  readonly scope: number;
}

export interface GroupPolicy {
  readonly resolvers: readonly Resolver[];
  /** Zone (lower case, no final dot) to its resolvers. */
  readonly zoneResolvers: Readonly<Record<string, readonly Resolver[]>>;
  /** PEM of those who sign the certificates of resolvers asked over TLS; nothing for those that Node.js trusts. */
  readonly authorities: string | undefined;
}

/** Knows whom to ask for a name. An upstream that stands in several lists is one: what is learnt of it serves all. */
export class Groups {
  readonly #makeLinks: MakeLinks;
  #authorities: string | undefined;
  readonly #upstreams = new Map<string, Upstream>();
  readonly #scopes = new Map<string, number>();
  readonly #zones = new Map<string, Group>();
  /** Most names have fewer labels than the shortest zone, or there is none. */
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

  /** Upstreams that stay keep what is known of them; the others are closed. */
  configure({ resolvers, zoneResolvers, authorities }: GroupPolicy): void {
    if (authorities !== this.#authorities) this.#drop(({ resolver }) => resolver.tlsName !== undefined);
    this.#authorities = authorities;
    this.#others = this.#group("", resolvers);
    this.#zones.clear();
    for (const [zone, list] of Object.entries(zoneResolvers)) this.#zones.set(zone, this.#group(zone, list));
    const used = new Set(this.all.flatMap(({ upstreams }) => upstreams));
    this.#drop((upstream) => !used.has(upstream));
  }

  #drop(isMeant: (upstream: Upstream) => boolean): void {
    for (const [name, upstream] of this.#upstreams) {
      if (!isMeant(upstream)) continue;
      upstream.close();
      this.#upstreams.delete(name);
    }
  }

  /** The group of the longest zone that the question's name is in, else the general one. */
  of(query: Query): Group {
    if (this.#zones.size === 0) return this.#others;
    const { name, labels, labelAt } = query;
    const texts = Array.from({ length: labels }, (_, i) =>
      String.fromCharCode(...name.subarray(labelAt[i] + 1, labelAt[i] + 1 + name[labelAt[i]])),
    );
    for (let i = 0; i < labels; i++) {
      const group = this.#zones.get(texts.slice(i).join("."));
      // A label with a dot inside must not look like two.
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

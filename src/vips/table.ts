import { type Address, formatOctets, octetsOf, parseAddress } from "../base/addresses.js";
import { Nodes } from "../catalog/nodes.js";
import { type Placed, taskDifferences } from "../catalog/task-differences.js";
import type { Cluster, Framework } from "../sources/mesos/cluster.js";
import { type AddressRange, assignAddresses, hashForIPv4, hashForIPv6 } from "./addresses.js";
import { type Backend, type Claim, claimsOf, type TaskClaims } from "./claims.js";
import type { SkippedLabel } from "./ports.js";
import { ServiceBackends, type ServiceId, serviceKey } from "./service.js";

export interface VipOptions {
  /** The longest zone that names have to fit into. */
  readonly zone: string;
  readonly ipv4: AddressRange;
  readonly ipv6: AddressRange;
  /** Addresses by name below the zone, such as `redis.marathon`, which nobody else gets. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly failOpen: boolean;
  /** How long a service without backends stays. */
  readonly lingerMs: number;
}

/** A virtual address and port, and where its connections go. */
export interface VipService {
  readonly id: ServiceId;
  /** In its shortest spelling. */
  readonly address: string;
  readonly backends: readonly Backend[];
}

/** What names and addresses there are: another object whenever one has changed. By name below the zone. */
export type VipNames = ReadonlyMap<string, { readonly ipv4?: string; readonly ipv6?: string }>;

export interface VipCounts {
  readonly services: number;
  readonly backends: { readonly zero: number; readonly positive: number };
  /** Labels that name no virtual address, by reason. */
  readonly skipped: ReadonlyMap<string, number>;
  readonly collisions: readonly (readonly [name: string, holder: string])[];
  /** Names for which no address of their range is left: they are not served. */
  readonly without: readonly string[];
}

/**
 * The virtual addresses of the cluster. It follows the cluster task by task; what it has come to is a function of the cluster alone, but
 * for services that have just lost their last backend.
 */
export class VipTable {
  readonly #options: VipOptions;
  /** Addresses that belong to names, in their shortest spelling. */
  readonly #pinned: ReadonlySet<string | undefined>;
  readonly #nodes = new Nodes();
  #frameworks: readonly Framework[] = [];
  /** By task and framework. */
  readonly #claims = new Map<string, TaskClaims>();
  readonly #services = new Map<string, ServiceBackends>();
  /** Whether the services that there are have been given their addresses. */
  #isAssigned = true;
  #names: VipNames = new Map();
  #addresses: ReadonlyMap<string, string> = new Map();
  #collisions: VipCounts["collisions"] = [];
  #without: VipCounts["without"] = [];

  constructor(options: VipOptions) {
    this.#options = options;
    this.#pinned = new Set(Object.values(options.addresses).map((text) => parseAddress(text)?.text));
  }

  get names(): VipNames {
    return this.#names;
  }

  /** The keys of all services, which sort them by name, port, protocol and family. */
  get keys(): readonly string[] {
    return [...this.#services.keys()].sort();
  }

  get services(): readonly VipService[] {
    return this.keys.flatMap((key) => this.service(key) ?? []);
  }

  /** `undefined` for one that there is not, or for which no address is left. */
  service(key: string): VipService | undefined {
    const service = this.#services.get(key);
    return service && this.#serviceOf(service);
  }

  /** When the first service that has no backends goes, in the same milliseconds; `undefined` if none does. */
  get nextEnd(): number | undefined {
    let first: number | undefined;
    for (const { emptySince } of this.#services.values())
      if (emptySince !== undefined) first = Math.min(first ?? emptySince, emptySince);
    return first === undefined ? undefined : first + this.#options.lingerMs;
  }

  get counts(): VipCounts {
    const { services } = this;
    const weights = services.flatMap(({ backends }) => backends.map(({ weight }) => weight));
    const zero = weights.filter((weight) => weight === 0).length;
    const skipped = new Map<string, number>();
    for (const { reason } of this.skipped) skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
    const backends = { zero, positive: weights.length - zero };
    return { services: services.length, backends, skipped, collisions: this.#collisions, without: this.#without };
  }

  get skipped(): readonly (SkippedLabel & { readonly task: string })[] {
    return [...this.#claims].flatMap(([task, { skipped }]) => skipped.map((each) => ({ ...each, task })));
  }

  /**
   * Changes the table to this cluster, and drops services that have had no backends for long enough.
   *
   * @param addressesOf the addresses of an agent's host
   * @param now milliseconds from any fixed point
   * @returns the keys of services that have changed, have another address or none, or are gone
   */
  update(cluster: Cluster, addressesOf: (host: string) => readonly string[], now: number): ReadonlySet<string> {
    const { moved } = this.#nodes.update(cluster.agents, addressesOf, 0);
    const { gone, come } = taskDifferences(this.#frameworks, cluster.frameworks, moved);
    this.#frameworks = cluster.frameworks;
    const touched = new Set<string>();
    for (const placed of gone) this.#withdraw(taskKey(placed), touched);
    for (const placed of come) this.#claim(placed, touched);
    for (const key of touched) {
      const service = this.#services.get(key);
      if (service?.isEmpty) service.emptySince ??= now;
    }
    return this.#settle(touched, now);
  }

  #settle(touched: Set<string>, now: number): ReadonlySet<string> {
    for (const [key, { emptySince }] of this.#services) {
      if (emptySince === undefined || now - emptySince < this.#options.lingerMs) continue;
      this.#services.delete(key);
      this.#isAssigned = false;
      touched.add(key);
    }
    if (this.#isAssigned) return touched;
    const before = this.#addresses;
    this.#assign();
    for (const [key, { id }] of this.#services)
      if (before.get(addressKey(id)) !== this.#addresses.get(addressKey(id))) touched.add(key);
    return touched;
  }

  #withdraw(task: string, touched: Set<string>): void {
    for (const claim of this.#claims.get(task)?.claims ?? []) {
      const key = serviceKey(claim);
      this.#services.get(key)?.remove(claim);
      touched.add(key);
    }
    this.#claims.delete(task);
  }

  #claim(placed: Placed, touched: Set<string>): void {
    const { task, killing, framework } = placed;
    const agent = (this.#nodes.get(task.agentId)?.addresses ?? [])
      .map(parseAddress)
      .filter((each) => each !== undefined);
    const all = claimsOf({ task, killing, framework: framework.name, agent }, this.#options.zone);
    const found = withoutForbidden(all, this.#options, this.#pinned);
    if (found.claims.length + found.skipped.length === 0) return;
    this.#claims.set(taskKey(placed), found);
    for (const claim of found.claims) {
      const key = serviceKey(claim);
      const service = this.#services.get(key) ?? this.#begin(key, claim);
      service.add(claim);
      touched.add(key);
    }
  }

  #begin(key: string, claim: Claim): ServiceBackends {
    const service = new ServiceBackends(idOf(claim));
    this.#services.set(key, service);
    this.#isAssigned = false;
    return service;
  }

  /** Gives names their addresses, which depend on what services there are alone. */
  #assign(): void {
    const { ipv4, ipv6, addresses: pinned } = this.#options;
    const ids = [...this.#services.values()].map(({ id }) => id);
    const taken = new Map<bigint, string>();
    for (const { vip, isLiteral } of ids) if (isLiteral) taken.set(numberOf(vip), vip);
    for (const [name, address] of Object.entries(pinned)) taken.set(numberOf(address), name);
    const names = (family: 4 | 6) => [
      ...new Set(ids.filter((id) => !id.isLiteral && id.family === family).map(({ vip }) => vip)),
    ];
    const pinnedTo = (name: string, family: 4 | 6) => {
      const address = pinned[name] === undefined ? undefined : parseAddress(pinned[name]);
      return address?.family === family ? address.text : undefined;
    };
    const given = ([4, 6] as const).map((family) => {
      const free = names(family).filter((name) => pinnedTo(name, family) === undefined);
      const [range, hash] = family === 4 ? ([ipv4, hashForIPv4] as const) : ([ipv6, hashForIPv6] as const);
      const assigned = assignAddresses(free, range, hash, taken);
      const own = new Map(Array.from(assigned.addresses, ([name, number]) => [name, textOf(number, family)]));
      for (const name of names(family)) {
        const fixed = pinnedTo(name, family);
        if (fixed !== undefined) own.set(name, fixed);
      }
      return { own, collisions: assigned.collisions, without: assigned.without };
    });
    const [v4, v6] = given;
    this.#collisions = given.flatMap(({ collisions }) => collisions);
    this.#without = given.flatMap(({ without }) => without);
    const addresses = new Map<string, string>([
      ...Array.from(v4.own, ([name, text]) => [`${name} 4`, text] as const),
      ...Array.from(v6.own, ([name, text]) => [`${name} 6`, text] as const),
    ]);
    if (!isEqual(addresses, this.#addresses)) this.#names = namesOf(v4.own, v6.own);
    this.#addresses = addresses;
    this.#isAssigned = true;
  }

  #serviceOf(service: ServiceBackends): VipService | undefined {
    const { id } = service;
    const address = id.isLiteral ? id.vip : this.#addresses.get(addressKey(id));
    return address === undefined ? undefined : { id, address, backends: service.backends(this.#options.failOpen) };
  }
}

/**
 * What anybody can write in a label, or say of a container, and nobody may have: an address that is pinned to a name; and as a target one of
 * the range, as a node that sends connections to a virtual address sends them to itself, without end.
 */
function withoutForbidden(
  { claims, skipped }: TaskClaims,
  options: Pick<VipOptions, "ipv4" | "ipv6">,
  pinned: ReadonlySet<string | undefined>,
): TaskClaims {
  const isForbidden = ({ vip, isLiteral, family, backend }: Claim) => {
    const { first, last } = family === 4 ? options.ipv4 : options.ipv6;
    const target = numberOf(backend.ip);
    return (isLiteral && pinned.has(vip)) || (first <= target && target <= last);
  };
  const forbidden = claims.filter(isForbidden);
  if (forbidden.length === 0) return { claims, skipped };
  const more = forbidden.map(({ vip, port }) => ({ reason: "address" as const, label: `${vip}:${port}` }));
  return { claims: claims.filter((claim) => !isForbidden(claim)), skipped: [...skipped, ...more] };
}

/** Where the address of a name stands. A literal address has none there. */
function addressKey({ vip, family }: ServiceId): string {
  return `${vip} ${family}`;
}

function taskKey({ framework, task }: Placed): string {
  return `${task.id} ${framework.id}`;
}

function idOf({ vip, isLiteral, protocol, port, family }: Claim): ServiceId {
  return { vip, isLiteral, protocol, port, family };
}

function namesOf(v4: ReadonlyMap<string, string>, v6: ReadonlyMap<string, string>): VipNames {
  return new Map(
    [...new Set([...v4.keys(), ...v6.keys()])].map((name) => {
      const [ipv4, ipv6] = [v4.get(name), v6.get(name)];
      return [name, { ...(ipv4 !== undefined && { ipv4 }), ...(ipv6 !== undefined && { ipv6 }) }];
    }),
  );
}

function isEqual(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}

/** An address as a number. */
export function numberOf(text: string): bigint {
  const octets = octetsOf(parseAddress(text) as Address);
  return octets.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
}

function textOf(number: bigint, family: 4 | 6): string {
  const count = family === 4 ? 4 : 16;
  const octets = Uint8Array.from({ length: count }, (_, index) =>
    Number((number >> BigInt(8 * (count - 1 - index))) & 255n),
  );
  return formatOctets(octets);
}

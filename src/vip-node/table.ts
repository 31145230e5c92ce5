/** The table of virtual addresses as servers tell it, and what it means for a node. */
import { parseAddress } from "../base/addresses.js";
import { isPort } from "../base/host-port.js";
import { isObject } from "../base/lenient.js";
import { type Service, serviceKey, type Target, targetKey } from "./model.js";

/** A service in the form of `/v1/vips`. */
export interface TableEntry {
  readonly vip: string;
  readonly address: string;
  readonly protocol: "tcp" | "udp";
  readonly backend: readonly TableTarget[];
}

export interface TableTarget {
  readonly ip: string;
  readonly port: number;
  readonly weight: number;
  /** The address of its agent. */
  readonly agent: string;
  /** Where its port leads to on its own agent. */
  readonly local?: { readonly ip: string; readonly port: number };
}

/** By the key that the server gives. */
export type Table = ReadonlyMap<string, TableEntry>;

const MAX_WEIGHT = 256;

/** An entry as a server sends it; `undefined` if it is none. */
export function readEntry(value: unknown): TableEntry | undefined {
  if (!isObject(value)) return undefined;
  const { vip, address, protocol, backend } = value;
  const at = typeof address === "string" ? parseAddress(address) : undefined;
  if (typeof vip !== "string" || !at || (protocol !== "tcp" && protocol !== "udp") || !Array.isArray(backend))
    return undefined;
  const targets = backend.map(readTarget);
  if (!isPort(portOf(vip)) || targets.some((target) => target === undefined)) return undefined;
  return { vip, address: at.text, protocol, backend: targets.filter((target) => target !== undefined) };
}

function readTarget(value: unknown): TableTarget | undefined {
  if (!isObject(value)) return undefined;
  const { weight, agent, local } = value;
  const place = readPlace(value);
  const isWeight = typeof weight === "number" && Number.isInteger(weight) && weight >= 0 && weight <= MAX_WEIGHT;
  if (!place || !isWeight || typeof agent !== "string") return undefined;
  const mapped = local === undefined ? undefined : readPlace(local);
  return { ...place, weight, agent, ...(mapped && { local: mapped }) };
}

function readPlace(value: unknown): { readonly ip: string; readonly port: number } | undefined {
  if (!isObject(value) || typeof value.ip !== "string") return undefined;
  const ip = parseAddress(value.ip)?.text;
  return ip !== undefined && isPort(value.port) ? { ip, port: value.port } : undefined;
}

function portOf(vip: string): number {
  return Number(vip.slice(vip.lastIndexOf(":") + 1));
}

/** What the table depends on for a node. */
export interface NodeTraits {
  /** The addresses of this node. */
  readonly ownAddresses: ReadonlySet<string>;
  /** Whether packets to the node's own port mappings would not arrive: then a target of this node is replaced by where its port leads. */
  readonly mapsLocally: boolean;
}

/** What entries mean for a node: one that has not changed stays the same object, so that nobody has to compare it again. */
export class KnownServices {
  #traits = "";
  #services = new WeakMap<TableEntry, Service>();

  of(entry: TableEntry): Service | undefined {
    return this.#services.get(entry);
  }

  note(entry: TableEntry, service: Service): void {
    this.#services.set(entry, service);
  }

  /** Forgets all that was known of a node with other traits. */
  dependOn({ mapsLocally, ownAddresses }: NodeTraits): void {
    const traits = mapsLocally ? [...ownAddresses].sort().join(" ") : "";
    if (traits !== this.#traits) this.#services = new WeakMap();
    this.#traits = traits;
  }
}

/**
 * The services that a node carries, in order of their keys: each address, port and protocol once.
 *
 * @param known is read and kept up to date
 */
export function desiredServices(table: Table, traits: NodeTraits, known = new KnownServices()): readonly Service[] {
  const services = new Map<string, Service>();
  known.dependOn(traits);
  for (const entry of table.values()) {
    const service = known.of(entry) ?? serviceOf(entry, traits);
    known.note(entry, service);
    const key = serviceKey(service);
    const other = services.get(key);
    services.set(key, other ? { ...other, targets: joined([...other.targets, ...service.targets]) } : service);
  }
  return [...services].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, service]) => service);
}

function serviceOf({ vip, address, protocol, backend }: TableEntry, traits: NodeTraits): Service {
  const targets = joined(backend.map((target) => targetOf(target, traits)));
  return { address, port: portOf(vip), protocol, name: vip, targets };
}

/** The services without targets of weight 0, for planes that do not tell them from those that are not wanted at all. */
export function withoutDrained(services: readonly Service[]): readonly Service[] {
  return services.map((each) => {
    const targets = each.targets.filter(({ weight }) => weight > 0);
    return targets.length === each.targets.length ? each : { ...each, targets };
  });
}

function targetOf({ ip, port, weight, agent, local }: TableTarget, traits: NodeTraits): Target {
  const isOwn = traits.mapsLocally && traits.ownAddresses.has(agent);
  return { ...(isOwn && local ? local : { ip, port }), weight };
}

/** Each address and port once, with the largest of its weights. */
function joined(targets: readonly Target[]): readonly Target[] {
  const byPlace = new Map<string, Target>();
  for (const target of targets) {
    const known = byPlace.get(targetKey(target));
    if (!known || known.weight < target.weight) byPlace.set(targetKey(target), target);
  }
  return [...byPlace.values()];
}

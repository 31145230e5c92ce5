import { isPort } from "../../../base/host-port.js";
import { isObject, type JsonObject, listOf, textOf } from "../../../base/lenient.js";
import { isDiscoveryPort } from "../discovery.js";
import { attributesIn } from "./attributes.js";
import {
  type AgentFacts,
  fits,
  type Label,
  LIMITS,
  type Network,
  type PortMapping,
  type StatusFacts,
  type TaskFacts,
} from "./facts.js";
import { Interner } from "./interner.js";

const NONE: readonly never[] = Object.freeze([]);
const NOT_REPORTED: StatusFacts = Object.freeze({ networks: NONE, mappings: NONE, dropped: 0 });

/** The members of a task that facts are read from, in the form of a state or of the operator API. */
export interface TaskMembers {
  /** A list in a state; the operator API wraps the list in an object. */
  readonly labels: unknown;
  readonly discovery: unknown;
  readonly healthCheck: unknown;
  readonly container: unknown;
}

/** How much of a task's limits is left. */
interface Budget {
  labels: number;
  bytes: number;
  dropped: number;
}

/**
 * Reads the catalogue's facts from decoded JSON of any content. A label or mapping that is malformed or over a limit is left out
 * and counted; its task is kept.
 */
export class FactsReader {
  readonly #interner = new Interner();

  /** Call this when a whole state begins. */
  beginState(): void {
    this.#interner.turn();
  }

  ofTask({ labels, discovery, healthCheck, container }: TaskMembers): TaskFacts {
    const budget: Budget = { labels: LIMITS.labels, bytes: LIMITS.labelBytes, dropped: 0 };
    const own = this.#labels(labels, budget);
    const portLabels = this.#portLabels(discovery, budget);
    const mappings = isObject(container) ? this.#mappings(containerMappings(container), budget) : NONE;
    return {
      labels: own,
      portLabels,
      hasHealthCheck: isObject(healthCheck),
      containerType: isObject(container) ? this.#short(textOf(container.type), LIMITS.networkNameBytes) : "",
      mappings,
      ...(isObject(container) && listOf(container.network_infos).length > 0 && { hasNetworks: true }),
      dropped: budget.dropped,
    };
  }

  /** @param status the latest TASK_RUNNING status, if there is one */
  ofStatus(status: JsonObject | undefined, networkInfos: readonly JsonObject[]): StatusFacts {
    if (status === undefined) return NOT_REPORTED;
    const budget = { dropped: Math.max(0, networkInfos.length - LIMITS.networks) };
    const infos = networkInfos.slice(0, LIMITS.networks);
    const networks = infos.length === 0 ? NONE : infos.map((info) => this.#network(info, budget));
    const mappings = this.#mappings(
      infos.flatMap((info) => listOf(info.port_mappings)),
      budget,
    );
    const facts = { networks, mappings, dropped: budget.dropped };
    if (typeof status.healthy === "boolean") return { healthy: status.healthy, ...facts };
    return networks.length === 0 && budget.dropped === 0 ? NOT_REPORTED : facts;
  }

  ofAgent(attributes: unknown, active: unknown): AgentFacts {
    const budget: Budget = { labels: LIMITS.attributes, bytes: Number.POSITIVE_INFINITY, dropped: 0 };
    const named = new Map<string, Label>();
    for (const label of this.#labels(attributesIn(attributes), budget)) named.set(label.key, label);
    const sorted = [...named.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    return { attributes: this.#interner.labels(sorted), active: active !== false, dropped: budget.dropped };
  }

  #labels(written: unknown, budget: Budget): readonly Label[] {
    const list = listOf(isObject(written) ? written.labels : written);
    if (list.length === 0) return NONE;
    const labels: Label[] = [];
    for (const each of list) {
      const label = labelIn(each);
      const bytes = label ? Buffer.byteLength(label.key) + Buffer.byteLength(label.value) : 0;
      if (!label || budget.labels === 0 || bytes > budget.bytes) {
        budget.dropped++;
        continue;
      }
      budget.labels--;
      budget.bytes -= bytes;
      labels.push(label);
    }
    return this.#interner.labels(labels);
  }

  #portLabels(discovery: unknown, budget: Budget): readonly (readonly Label[])[] {
    const ports = isObject(discovery) && isObject(discovery.ports) ? listOf(discovery.ports.ports) : [];
    const lists = ports.filter(isDiscoveryPort).map(({ labels }) => this.#labels(labels, budget));
    return lists.some((list) => list.length > 0) ? lists : NONE;
  }

  #mappings(written: readonly unknown[], budget: Pick<Budget, "dropped">): readonly PortMapping[] {
    if (written.length === 0) return NONE;
    const mappings = written.map(mappingIn).filter((mapping) => mapping !== undefined);
    const kept = mappings.slice(0, LIMITS.mappings);
    budget.dropped += written.length - kept.length;
    return kept.map((mapping) => ({ ...mapping, protocol: this.#interner.text(mapping.protocol) }));
  }

  #network(info: JsonObject, budget: Pick<Budget, "dropped">): Network {
    const written = listOf(info.ip_addresses)
      .filter(isObject)
      .map(({ ip_address }) => textOf(ip_address));
    // Mesos 0.25 wrote one address per network.
    const all = written.length > 0 ? written : [textOf(info.ip_address)].filter(Boolean);
    const addresses = all.filter((text) => fits(text, LIMITS.addressBytes)).slice(0, LIMITS.addressesPerNetwork);
    budget.dropped += all.length - addresses.length;
    return { name: this.#short(textOf(info.name), LIMITS.networkNameBytes), addresses };
  }

  #short(text: string, bytes: number): string {
    return fits(text, bytes) ? this.#interner.text(text) : "";
  }
}

function labelIn(value: unknown): Label | undefined {
  if (!isObject(value) || typeof value.key !== "string") return undefined;
  const label = { key: value.key, value: textOf(value.value) };
  return fits(label.key, LIMITS.keyBytes) && fits(label.value, LIMITS.valueBytes) ? label : undefined;
}

/** A Docker container has its port mappings in `docker`, other containers in their networks. */
function containerMappings({ type, docker, network_infos }: JsonObject): readonly unknown[] {
  if (type === "DOCKER") return isObject(docker) ? listOf(docker.port_mappings) : [];
  return listOf(network_infos)
    .filter(isObject)
    .flatMap(({ port_mappings }) => listOf(port_mappings));
}

function mappingIn(value: unknown): PortMapping | undefined {
  if (!isObject(value) || !isPort(value.host_port) || !isPort(value.container_port)) return undefined;
  const protocol = textOf(value.protocol).toLowerCase();
  if (!fits(protocol, LIMITS.protocolBytes)) return undefined;
  return { hostPort: value.host_port, containerPort: value.container_port, protocol };
}

import { isDiscoveryPort } from "../discovery.js";
import { isPort } from "../endpoint.js";
import { isObject, type JsonObject, listOf, textOf } from "../lenient.js";
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

/** The members of a task that facts are read from, as a state and the operator API write them. */
export interface TaskMembers {
  /** A state lists labels; the operator API wraps the list once more. */
  readonly labels: unknown;
  readonly discovery: unknown;
  readonly healthCheck: unknown;
  readonly container: unknown;
}

/** What is left of a task's limits. */
interface Budget {
  labels: number;
  octets: number;
  dropped: number;
}

/**
 * Reads what the catalogue wants from decoded JSON, whatever that holds: what is malformed or over a limit costs itself and is
 * counted, never its task.
 */
export class FactsReader {
  readonly #interner = new Interner();

  /** To be called when a whole state begins. */
  beginState(): void {
    this.#interner.turn();
  }

  ofTask({ labels, discovery, healthCheck, container }: TaskMembers): TaskFacts {
    const budget: Budget = { labels: LIMITS.labels, octets: LIMITS.labelOctets, dropped: 0 };
    const own = this.#labels(labels, budget);
    const portLabels = this.#portLabels(discovery, budget);
    const mappings = isObject(container) ? this.#mappings(containerMappings(container), budget) : NONE;
    return {
      labels: own,
      portLabels,
      hasHealthCheck: isObject(healthCheck),
      containerType: isObject(container) ? this.#short(textOf(container.type), LIMITS.networkNameOctets) : "",
      mappings,
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
    const budget: Budget = { labels: LIMITS.attributes, octets: Number.POSITIVE_INFINITY, dropped: 0 };
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
      const octets = label ? Buffer.byteLength(label.key) + Buffer.byteLength(label.value) : 0;
      if (!label || budget.labels === 0 || octets > budget.octets) {
        budget.dropped++;
        continue;
      }
      budget.labels--;
      budget.octets -= octets;
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
    // Mesos 0.25 had one address a network.
    const all = written.length > 0 ? written : [textOf(info.ip_address)].filter(Boolean);
    const addresses = all.filter((text) => fits(text, LIMITS.addressOctets)).slice(0, LIMITS.addressesPerNetwork);
    budget.dropped += all.length - addresses.length;
    return { name: this.#short(textOf(info.name), LIMITS.networkNameOctets), addresses };
  }

  #short(text: string, octets: number): string {
    return fits(text, octets) ? this.#interner.text(text) : "";
  }
}

function labelIn(value: unknown): Label | undefined {
  if (!isObject(value) || typeof value.key !== "string") return undefined;
  const label = { key: value.key, value: textOf(value.value) };
  return fits(label.key, LIMITS.keyOctets) && fits(label.value, LIMITS.valueOctets) ? label : undefined;
}

/** A Docker container's networks are Docker's own affair; what it maps stands beside them. */
function containerMappings({ type, docker, network_infos }: JsonObject): readonly unknown[] {
  if (type === "DOCKER") return isObject(docker) ? listOf(docker.port_mappings) : [];
  return listOf(network_infos)
    .filter(isObject)
    .flatMap(({ port_mappings }) => listOf(port_mappings));
}

function mappingIn(value: unknown): PortMapping | undefined {
  if (!isObject(value) || !isPort(value.host_port) || !isPort(value.container_port)) return undefined;
  const protocol = textOf(value.protocol).toLowerCase();
  if (!fits(protocol, LIMITS.protocolOctets)) return undefined;
  return { hostPort: value.host_port, containerPort: value.container_port, protocol };
}

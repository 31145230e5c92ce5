import type { Discovery, DiscoveryPort, PortRange, ReportedAddresses, Task } from "./cluster.js";
import { isPort } from "./endpoint.js";
import { isObject, type JsonObject, listOf, type Malformed, malformed, textOf } from "./lenient.js";
import { parsePortRanges } from "./ports.js";
import { MemberNames, type StateScanner } from "./state-scanner.js";

/** The state of a task that has records, and of the statuses that say where it is. */
const RUNNING = "TASK_RUNNING";
const MESOS_LABEL = "MesosContainerizer.NetworkSettings.IPAddress";
const DOCKER_LABEL = "Docker.NetworkSettings.IPAddress";
const NONE: readonly never[] = Object.freeze([]);
const NO_ADDRESSES: ReportedAddresses = Object.freeze({});

const FIELDS = ["id", "name", "slave_id", "state", "resources", "statuses", "discovery"] as const;
type Field = (typeof FIELDS)[number];

/**
 * Reads tasks one after the other. Nothing of a task is decoded before it is known to run, and what many tasks have in
 * common (agent ids, names, port lists) is kept once: 100,000 tasks have to stay small.
 */
export class TaskReader {
  readonly #scanner: StateScanner;
  readonly #names = new MemberNames(FIELDS);
  readonly #starts = new Array<number>(FIELDS.length).fill(-1);
  readonly #ends = new Array<number>(FIELDS.length).fill(-1);
  readonly #strings = new Map<string, string>();
  readonly #ports = new Map<string, readonly PortRange[]>();

  constructor(scanner: StateScanner) {
    this.#scanner = scanner;
  }

  /** Consumes the element the scanner stands at. `undefined` for a task that is not running. */
  read(): Task | Malformed | undefined {
    if (this.#scanner.kind() !== "object") {
      this.#scanner.skip();
      return malformed("it is not an object");
    }
    this.#locate();
    const state = this.#field("state");
    const id = this.#field("id");
    if (typeof state !== "string") return malformed("its state is not a string", id);
    if (state !== RUNNING) return undefined;
    return this.#running(id, this.#field("name"), this.#field("slave_id"));
  }

  /** Notes where each field of this task stands; of a field given twice, the last. */
  #locate(): void {
    const scanner = this.#scanner;
    this.#starts.fill(-1);
    scanner.members(this.#names, (field) => {
      this.#starts[field] = scanner.at();
      scanner.skip();
      this.#ends[field] = scanner.at();
    });
  }

  #field(name: Field): unknown {
    const field = FIELDS.indexOf(name);
    const start = this.#starts[field] as number;
    return start < 0 ? undefined : this.#scanner.decode(start, this.#ends[field] as number);
  }

  #running(id: unknown, name: unknown, agentId: unknown): Task | Malformed {
    if (typeof id !== "string" || id === "") return malformed("it has no id", id);
    if (typeof name !== "string") return malformed("its name is not a string", id);
    if (typeof agentId !== "string" || agentId === "") return malformed("it has no slave_id", id);
    const agent = this.#intern(agentId);
    const ports = this.#portsOf(this.#field("resources"));
    const addresses = addressesOf(listOf(this.#field("statuses")));
    const discovery = this.#discoveryOf(this.#field("discovery"));
    if (discovery === undefined) return { id, name: this.#intern(name), agentId: agent, ports, addresses };
    return { id, name: this.#intern(name), agentId: agent, discovery, ports, addresses };
  }

  #intern(text: string): string {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    this.#strings.set(text, text);
    return text;
  }

  #portsOf(resources: unknown): readonly PortRange[] {
    const text = isObject(resources) ? textOf(resources.ports) : "";
    let ports = this.#ports.get(text);
    if (ports === undefined) {
      ports = trimmed(parsePortRanges(text));
      this.#ports.set(text, ports);
    }
    return ports;
  }

  #discoveryOf(value: unknown): Discovery | undefined {
    if (!isObject(value) || textOf(value.name) === "") return undefined;
    const ports = isObject(value.ports) ? listOf(value.ports.ports) : [];
    return {
      name: this.#intern(textOf(value.name)),
      ports: trimmed(ports.flatMap((port) => this.#discoveryPortOf(port))),
    };
  }

  /** Port 0 is kept: schedulers publish it for containers that have an address of their own. */
  #discoveryPortOf(port: unknown): DiscoveryPort[] {
    const number = isObject(port) ? port.number : undefined;
    if (!isObject(port) || !(number === 0 || isPort(number))) return [];
    return [{ number, name: this.#intern(textOf(port.name)), protocol: this.#intern(textOf(port.protocol)) }];
  }
}

function addressesOf(statuses: readonly unknown[]): ReportedAddresses {
  const status = latestRunning(statuses);
  if (status === undefined) return NO_ADDRESSES;
  const netinfo = networkAddresses(status);
  const mesos = labelValues(status, MESOS_LABEL);
  const docker = labelValues(status, DOCKER_LABEL);
  if (mesos.length + docker.length + netinfo.length === 0) return NO_ADDRESSES;
  if (mesos.length + docker.length === 0) return { netinfo: trimmed(netinfo) };
  return {
    ...(netinfo.length > 0 && { netinfo: trimmed(netinfo) }),
    ...(mesos.length > 0 && { mesos: trimmed(mesos) }),
    ...(docker.length > 0 && { docker: trimmed(docker) }),
  };
}

/** A list built element by element has room for 17; its copy has room for what is in it. There are 100,000 of them. */
function trimmed<Item>(list: readonly Item[]): readonly Item[] {
  return list.length === 0 ? NONE : list.slice();
}

/** Masters list statuses in no order that can be relied on: the greatest timestamp counts, of equal ones the last. */
function latestRunning(statuses: readonly unknown[]): JsonObject | undefined {
  let latest: JsonObject | undefined;
  let latestTime = Number.NEGATIVE_INFINITY;
  for (const status of statuses) {
    if (!isObject(status) || status.state !== RUNNING) continue;
    const time = typeof status.timestamp === "number" ? status.timestamp : 0;
    if (time < latestTime) continue;
    latest = status;
    latestTime = time;
  }
  return latest;
}

function networkAddresses(status: JsonObject): string[] {
  const container = status.container_status;
  const networks = isObject(container) ? listOf(container.network_infos) : [];
  return networks.filter(isObject).flatMap((network) => {
    const addresses = listOf(network.ip_addresses).filter(isObject).map(addressIn).filter(Boolean);
    // Mesos 0.25 had one address a network; 0.26 and 0.27 give it both ways.
    return addresses.length > 0 ? addresses : [addressIn(network)].filter(Boolean);
  });
}

function addressIn(holder: JsonObject): string {
  return textOf(holder.ip_address);
}

function labelValues(status: JsonObject, key: string): string[] {
  const labels = listOf(status.labels).filter(isObject);
  return labels.filter((label) => label.key === key).flatMap((label) => textOf(label.value) || []);
}

import { type Address, AddressBook } from "../base/addresses.js";
import type { HostPort } from "../base/host-port.js";
import type { IpSource } from "../config/config.js";
import type { StaticRecord } from "../config/static-record.js";
import type { ConsulNames } from "../consul/registry/names.js";
import type { Cluster, Task } from "../sources/mesos/cluster.js";
import type { VipNames } from "../vips/table.js";

const NONE: readonly Address[] = [];

export interface FactsInput {
  readonly cluster: Cluster;
  /** The known masters, in the order in which they are numbered. */
  readonly masters: readonly HostPort[];
  /** The zones' name servers: lower case, with their addresses. A name gets records only if it is inside the domain. */
  readonly nameServers: readonly { readonly name: string; readonly addresses: readonly Address[] }[];
  /** The addresses of host names, resolved beforehand. A name that does not resolve is absent. */
  readonly resolved: ReadonlyMap<string, readonly Address[]>;
  /** The sources of a task's addresses, by priority. */
  readonly ipSources: readonly IpSource[];
  /** The operator's own records. The same array as long as they have not changed. */
  readonly records: readonly StaticRecord[];
  /** What health checks say of their values; absent if nothing is checked. */
  readonly health?: Health | undefined;
  /** Names of virtual addresses; absent if they are not served. Another object whenever one has changed. */
  readonly vips?: VipNames | undefined;
  /** What Consul's names are made of; absent if they are not served. Another object whenever any of it has changed. */
  readonly consul?: ConsulNames | undefined;
}

/** The results of health checks at one moment: another object whenever one has changed. */
export interface Health {
  /**
   * Whether a value is healthy. One that has not been checked is.
   *
   * @param check the name of its check
   * @param value as in `StaticValue`
   */
  isHealthy(check: string, value: string): boolean;
}

const ALL_HEALTHY: Health = { isHealthy: () => true };

/** A task's addresses. Each list may be empty. */
export interface TaskAddresses {
  /** All valid addresses of the first IP source that has any. */
  readonly own: readonly Address[];
  readonly host: readonly Address[];
}

/** A cluster at one moment, and what all views need to know about it. */
export class ClusterFacts {
  readonly input: FactsInput;
  readonly #book: AddressBook;
  readonly #hosts = new Map<string, readonly Address[]>();

  /** @param book addresses that have been parsed before */
  constructor(input: FactsInput, book: AddressBook = new AddressBook()) {
    this.input = input;
    this.#book = book;
  }

  get cluster(): Cluster {
    return this.input.cluster;
  }

  get health(): Health {
    return this.input.health ?? ALL_HEALTHY;
  }

  /** The addresses of a host, which is a name or an IP address. */
  resolve(host: string): readonly Address[] {
    const known = this.#hosts.get(host);
    if (known) return known;
    const literal = this.#book.parse(host);
    const addresses = literal ? [literal] : (this.input.resolved.get(host) ?? []);
    this.#hosts.set(host, addresses);
    return addresses;
  }

  /** Whether all host names have the addresses that they have in another cluster. */
  hasHostsOf({ input }: ClusterFacts): boolean {
    const { resolved } = this.input;
    if (resolved.size !== input.resolved.size) return false;
    const textOf = (addresses: readonly Address[] = []) => addresses.map(({ text }) => text).join(" ");
    return Array.from(resolved).every(
      ([host, addresses]) => input.resolved.has(host) && textOf(addresses) === textOf(input.resolved.get(host)),
    );
  }

  /** The same as one text, for comparing. */
  addressesOf(host: string): string {
    return this.resolve(host)
      .map(({ text }) => text)
      .join(" ");
  }

  parse(texts: readonly string[]): readonly Address[] {
    if (texts.length === 0) return NONE;
    // Most tasks have one.
    const first = this.#book.parse(texts[0]);
    if (texts.length === 1) return first ? [first] : NONE;
    return texts.map((text) => this.#book.parse(text)).filter((address) => address !== undefined);
  }

  /** The addresses of a task; `undefined` if its agent is unknown. */
  addressesOfTask(task: Task): TaskAddresses | undefined {
    const agent = this.cluster.agents.get(task.agentId);
    if (!agent) return undefined;
    const host = this.resolve(agent.endpoint.host);
    return { own: this.#ownAddresses(task, host), host };
  }

  #ownAddresses(task: Task, host: readonly Address[]): readonly Address[] {
    for (const source of this.input.ipSources) {
      const addresses = source === "host" ? host : this.parse(task.addresses[source] ?? []);
      if (addresses.length > 0) return addresses;
    }
    return [];
  }

  get leaderAddresses(): readonly Address[] {
    return this.resolve(this.cluster.leader.host);
  }

  /** The known masters, followed by the leader if it is not among them. */
  numberedMasters(): readonly HostPort[] {
    const { masters } = this.input;
    const { leader } = this.cluster;
    const texts = new Set(this.leaderAddresses.map((address) => address.text));
    const isLeader = (master: HostPort) =>
      master.port === leader.port &&
      (master.host === leader.host || this.resolve(master.host).some((address) => texts.has(address.text)));
    return masters.some(isLeader) ? masters : [...masters, leader];
  }
}

/** The host names (not IP literals) whose addresses the views need. */
export class HostNames {
  /** Thousands that seldom change: looked through once for each list of them. */
  #agents: Cluster["agents"] | undefined;
  #ofAgents: readonly string[] = [];

  /** @param book addresses that have been parsed before */
  of(cluster: Cluster, masters: readonly HostPort[], book: AddressBook = new AddressBook()): Set<string> {
    const isName = (host: string) => host !== "" && !book.parse(host);
    if (cluster.agents !== this.#agents) {
      this.#agents = cluster.agents;
      this.#ofAgents = Array.from(cluster.agents.values(), ({ endpoint }) => endpoint.host).filter(isName);
    }
    const names = new Set(this.#ofAgents);
    const add = (host: string) => {
      if (isName(host)) names.add(host);
    };
    add(cluster.leader.host);
    for (const master of masters) add(master.host);
    for (const framework of cluster.frameworks) {
      if (framework.pid && book.parse(framework.pid.host)) continue;
      if (framework.pid) add(framework.pid.host);
      add(framework.hostname);
    }
    return names;
  }
}

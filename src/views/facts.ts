import { type Address, AddressBook } from "../base/addresses.js";
import type { HostPort } from "../base/host-port.js";
import type { IpSource } from "../config/config.js";
import type { Cluster, Task } from "../sources/mesos/cluster.js";

export interface FactsInput {
  readonly cluster: Cluster;
  /** The masters that are known, in their order. */
  readonly masters: readonly HostPort[];
  /** SOA mname, lower case, and where this server listens; it gets addresses only inside the domain. */
  readonly nameServer: { readonly name: string; readonly addresses: readonly Address[] };
  /** What host names resolve to, found out beforehand; nothing for a name that does not resolve. */
  readonly resolved: ReadonlyMap<string, readonly Address[]>;
  /** Which of a task's addresses counts, the first one first. */
  readonly ipSources: readonly IpSource[];
}

/** Where a task can be reached; each list may be empty. */
export interface TaskAddresses {
  /** Every address of the first IP source that gives a valid one. */
  readonly own: readonly Address[];
  readonly host: readonly Address[];
}

/** A cluster at one moment, and what all views need to know of it. */
export class ClusterFacts {
  readonly input: FactsInput;
  readonly #book: AddressBook;
  readonly #hosts = new Map<string, readonly Address[]>();

  /** @param book what is already known of addresses */
  constructor(input: FactsInput, book: AddressBook = new AddressBook()) {
    this.input = input;
    this.#book = book;
  }

  get cluster(): Cluster {
    return this.input.cluster;
  }

  /** Addresses of a host, by its name or its address. */
  resolve(host: string): readonly Address[] {
    const known = this.#hosts.get(host);
    if (known) return known;
    const literal = this.#book.parse(host);
    const addresses = literal ? [literal] : (this.input.resolved.get(host) ?? []);
    this.#hosts.set(host, addresses);
    return addresses;
  }

  /** The same as text, to compare with what it is at another time. */
  addressesOf(host: string): string {
    return this.resolve(host)
      .map(({ text }) => text)
      .join(" ");
  }

  parse(texts: readonly string[]): Address[] {
    return texts.map((text) => this.#book.parse(text)).filter((address) => address !== undefined);
  }

  /** Addresses of a task; nothing where its agent is not known. */
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

  /** The masters that are known, and behind them a leader that is none of them. */
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

/**
 * The host names (not IP literals) whose addresses the views need.
 * @param book what is already known of addresses
 */
export function hostNames(
  cluster: Cluster,
  masters: readonly HostPort[],
  book: AddressBook = new AddressBook(),
): Set<string> {
  const names = new Set<string>();
  const add = (host: string) => {
    if (host !== "" && !book.parse(host)) names.add(host);
  };
  add(cluster.leader.host);
  for (const master of masters) add(master.host);
  for (const agent of cluster.agents.values()) add(agent.endpoint.host);
  for (const framework of cluster.frameworks) {
    if (framework.pid && book.parse(framework.pid.host)) continue;
    if (framework.pid) add(framework.pid.host);
    add(framework.hostname);
  }
  return names;
}

import { type Address, AddressBook } from "../../base/addresses.js";
import type { HealthPolicy, IpSource } from "../../config/config.js";
import { AGENTS, isReserved } from "../../config/reserved-names.js";
import type { Agent, Cluster, Endpoint, Framework, Skipped, SkipReason, Task } from "../../sources/mesos/cluster.js";
import { isDnsName } from "../../wire/names.js";
import { emitDcosMasters, emitDcosTask } from "../dcos/dcos.js";
import { type ClaimSink, type PointerSink, ReverseNames } from "../reverse/reverse.js";
import { type LabelRules, toFragment, toLabel } from "./labels.js";
import { FrameworkNames } from "./shared-names.js";
import { isStandby } from "./standby.js";
import { emitTask } from "./task-records.js";

/**
 * Takes the records of a zone, one at a time. Names are lower case, without the final dot, and valid (`isDnsName`).
 * A record on standby, such as an unhealthy task's, is published only where its name has no others.
 */
export interface RecordSink {
  /** An A or AAAA record, after the address's family. */
  address(name: string, address: Address, standby?: boolean): void;
  /** An SRV record; priority and weight are the zone's. */
  service(name: string, target: string, port: number, standby?: boolean): void;
}

export interface RecordRules {
  /** The zone's apex, lower case, without the final dot. */
  readonly domain: string;
  readonly labels: LabelRules;
  readonly ipSources: readonly IpSource[];
  readonly healthPolicy: HealthPolicy;
}

/** Where all that a cluster gives goes to. */
export interface Emission {
  readonly records: RecordSink;
  /** Nothing where reverse names are not wanted. */
  readonly claims: ClaimSink | undefined;
  /** Takes DC/OS's own names; nothing where they are not wanted. */
  readonly dcos: RecordSink | undefined;
}

/** What has to be left out, by what it is. */
export type Problems = Map<Task | Framework, Skipped>;

export interface GeneratorInput {
  readonly cluster: Cluster;
  readonly rules: RecordRules;
  /** The configured masters in their order. */
  readonly masters: readonly Endpoint[];
  /** SOA mname, lower case, and where this server listens; it gets addresses only inside the domain. */
  readonly nameServer: { readonly name: string; readonly addresses: readonly Address[] };
  /** What host names resolve to, found out beforehand; nothing for a name that does not resolve. */
  readonly resolved: ReadonlyMap<string, readonly Address[]>;
}

/** Why a task gets no records. */
interface Problem {
  readonly reason: SkipReason;
  readonly detail: string;
}

/** Derives every record of the zone from the cluster (docs/records.md has the rules). */
export class RecordGenerator {
  readonly #input: GeneratorInput;
  readonly #book: AddressBook;
  readonly #hosts = new Map<string, readonly Address[]>();
  readonly #names = new Map<Framework, FrameworkNames>();

  /** @param book what it already knows of addresses */
  constructor(input: GeneratorInput, book = new AddressBook()) {
    this.#input = input;
    this.#book = book;
  }

  get input(): GeneratorInput {
    return this.#input;
  }

  /**
   * Emits the whole zone but its apex, and returns what had to be left out.
   * @param pointers takes the reverse names of the cluster's addresses, where they are wanted
   */
  generate(sink: RecordSink, pointers?: PointerSink): Skipped[] {
    const reverse = pointers && new ReverseNames();
    const problems: Problems = new Map();
    this.emit({ records: sink, claims: reverse?.claims, dcos: undefined }, problems);
    if (pointers) reverse?.publish(pointers, pointers);
    return [...problems.values()];
  }

  /** Emits the whole zone but its apex, and notes what had to be left out. */
  emit(emission: Emission, problems: Problems): void {
    const { cluster } = this.#input;
    this.#nameServer(emission.records);
    this.masters(emission);
    for (const agent of cluster.agents.values()) this.agent(agent, emission);
    for (const framework of cluster.frameworks) {
      this.framework(framework, emission, problems);
      for (const task of framework.tasks) this.task(framework, task, emission, problems);
    }
  }

  /** Emits one task, and notes why it cannot be. */
  task(framework: Framework, task: Task, emission: Emission, problems: Problems): void {
    const problem = this.taskRecords(framework, task, emission);
    if (problem) problems.set(task, { kind: "task", id: task.id, ...problem });
  }

  /** The addresses of a host, to compare with what they are at another time. */
  addressesOf(host: string): string {
    return this.#resolve(host)
      .map(({ text }) => text)
      .join(" ");
  }

  /** Emits the records of one task, and claims its own addresses; says why where it gets none. */
  taskRecords(framework: Framework, task: Task, { records, claims, dcos }: Emission): Problem | undefined {
    const { cluster, rules } = this.#input;
    const agent = cluster.agents.get(task.agentId);
    if (!agent) return { reason: "unknown_agent", detail: `its agent ${task.agentId} is not in the state` };
    const hostAddresses = this.#resolve(agent.endpoint.host);
    const addresses = this.#taskAddresses(task, hostAddresses);
    if (addresses.length === 0 && hostAddresses.length === 0) {
      return { reason: "no_address", detail: `none of ${rules.ipSources.join(", ")} gives an address` };
    }
    const isContainers = addresses !== hostAddresses;
    const emitted = emitTask(task, this.#namesOf(framework), { own: addresses, host: hostAddresses }, rules, records);
    if (isContainers) for (const address of addresses) claims?.task(address, task.agentId, emitted.canonical);
    if (dcos) {
      const container = this.#parseAll(task.addresses.netinfo ?? []);
      emitDcosTask(framework, task, { agent: hostAddresses, container }, isStandby(task, rules), dcos);
    }
    if (emitted.named) return undefined;
    const name = task.discovery?.name ?? task.name;
    return { reason: "invalid_name", detail: `"${name}" gives no DNS name in framework "${framework.name}"` };
  }

  #namesOf(framework: Framework): FrameworkNames {
    let names = this.#names.get(framework);
    if (!names) {
      const { domain, labels } = this.#input.rules;
      names = new FrameworkNames(framework.name, domain, labels);
      this.#names.set(framework, names);
    }
    return names;
  }

  #nameServer(sink: RecordSink): void {
    const { nameServer, rules } = this.#input;
    if (!nameServer.name.endsWith(`.${rules.domain}`)) return;
    for (const address of nameServer.addresses) sink.address(nameServer.name, address);
  }

  masters({ records: sink, claims: reverse, dcos }: Emission): void {
    const { cluster, masters, rules } = this.#input;
    const leaderName = `leader.${rules.domain}`;
    const leaders = this.#resolve(cluster.leader.host);
    for (const address of leaders) sink.address(leaderName, address);
    if (leaders.length > 0) emitBoth(sink, "_leader", rules.domain, leaderName, cluster.leader.port);
    const numbered = this.#numberedMasters(masters, leaders);
    if (dcos)
      emitDcosMasters(
        numbered.flatMap(({ host }) => this.#resolve(host)),
        leaders,
        dcos,
      );
    numbered.forEach((master, index) => {
      const name = `master${index}.${rules.domain}`;
      const addresses = this.#resolve(master.host);
      for (const address of addresses) {
        sink.address(`master.${rules.domain}`, address);
        sink.address(name, address);
        reverse?.master(address, name);
      }
      if (addresses.length > 0) emitBoth(sink, "_master", rules.domain, name, master.port);
    });
  }

  /** The configured masters, and behind them a leader that is none of them. */
  #numberedMasters(masters: readonly Endpoint[], leaderAddresses: readonly Address[]): readonly Endpoint[] {
    const leader = this.#input.cluster.leader;
    const texts = new Set(leaderAddresses.map((address) => address.text));
    const isLeader = (master: Endpoint) =>
      master.port === leader.port &&
      (master.host === leader.host || this.#resolve(master.host).some((address) => texts.has(address.text)));
    return masters.some(isLeader) ? masters : [...masters, leader];
  }

  agent(agent: Agent, { records, claims }: Emission): void {
    const name = `slave.${this.#input.rules.domain}`;
    const addresses = this.#resolve(agent.endpoint.host);
    const ownName = this.#agentName(agent);
    for (const address of addresses) {
      records.address(name, address);
      if (ownName !== "") records.address(ownName, address);
      claims?.agent(address, ownName);
    }
    if (addresses.length > 0 && agent.endpoint.port > 0) {
      records.service(`_slave._tcp.${this.#input.rules.domain}`, name, agent.endpoint.port);
    }
  }

  /** The agent's host name as one label, or "" where it makes no name. Agents of one label share the name. */
  #agentName({ hostname }: Agent): string {
    const { domain, labels } = this.#input.rules;
    const name = `${toLabel(hostname, labels)}.agent.${domain}`;
    return isDnsName(name) ? name : "";
  }

  /** Emits what a framework has of its own, without its tasks. */
  framework(framework: Framework, { records: sink }: Emission, problems: Problems): void {
    const { rules, nameServer } = this.#input;
    const fragment = toFragment(framework.name, rules.labels);
    const name = `${fragment}.${rules.domain}`;
    const isAgents = fragment === AGENTS || isDirectlyBelow(fragment, AGENTS);
    if (fragment === "" || !isDnsName(name) || isReserved(fragment) || isAgents || name === nameServer.name) {
      const own = `its name "${framework.name}" gives no DNS name of its own`;
      const detail = isAgents ? `${own}: what lies directly below ${AGENTS}.${rules.domain} belongs to agents` : own;
      problems.set(framework, { kind: "framework", id: framework.id, reason: "invalid_name", detail });
      return;
    }
    const ofPid = framework.pid ? this.#resolve(framework.pid.host) : [];
    const addresses = ofPid.length > 0 ? ofPid : this.#resolve(framework.hostname);
    for (const address of addresses) sink.address(name, address);
    const service = `_framework._tcp.${name}`;
    if (addresses.length > 0 && framework.pid && framework.pid.port > 0 && isDnsName(service)) {
      sink.service(service, name, framework.pid.port);
    }
  }

  /** Every address of the first IP source that yields a valid one. */
  #taskAddresses(task: Task, hostAddresses: readonly Address[]): readonly Address[] {
    for (const source of this.#input.rules.ipSources) {
      const addresses = source === "host" ? hostAddresses : this.#parseAll(task.addresses[source] ?? []);
      if (addresses.length > 0) return addresses;
    }
    return [];
  }

  #parseAll(texts: readonly string[]): Address[] {
    return texts.map((text) => this.#book.parse(text)).filter((address) => address !== undefined);
  }

  #resolve(host: string): readonly Address[] {
    const known = this.#hosts.get(host);
    if (known) return known;
    const literal = this.#book.parse(host);
    const addresses = literal ? [literal] : (this.#input.resolved.get(host) ?? []);
    this.#hosts.set(host, addresses);
    return addresses;
  }
}

/**
 * The host names (not IP literals) whose addresses a zone needs.
 * @param book what it already knows of addresses
 */
export function hostNames(
  cluster: Cluster,
  masters: readonly Endpoint[],
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

function isDirectlyBelow(name: string, parent: string): boolean {
  return name.endsWith(`.${parent}`) && !name.slice(0, -parent.length - 1).includes(".");
}

function emitBoth(sink: RecordSink, service: string, domain: string, target: string, port: number): void {
  if (port === 0) return;
  for (const protocol of ["tcp", "udp"]) sink.service(`${service}._${protocol}.${domain}`, target, port);
}

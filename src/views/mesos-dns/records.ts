import { AGENTS, isReserved } from "../../config/reserved-names.js";
import type { Agent, Framework, Task } from "../../sources/mesos/cluster.js";
import { toFragment, toLabel } from "../../wire/labels.js";
import { isDnsName } from "../../wire/names.js";
import type { ClusterFacts, TaskAddresses } from "../facts.js";
import type { ClaimSink, RecordSink } from "../sink.js";
import type { Emitter, Problem } from "../view.js";
import { isInside, type NamingRules } from "./rules.js";
import { FrameworkNames } from "./shared-names.js";
import { emitTask } from "./task-records.js";

/** A cache of the names of frameworks. */
export type NamesOfFrameworks = WeakMap<Framework, FrameworkNames>;

export interface MesosDnsRecordsOptions {
  readonly facts: ClusterFacts;
  readonly rules: NamingRules;
  readonly names: NamesOfFrameworks;
  readonly records: RecordSink;
  readonly claims: ClaimSink;
}

/** Emits all records of the domain from a cluster (docs/records.md has the rules). */
export class MesosDnsRecords implements Emitter {
  readonly #options: MesosDnsRecordsOptions;

  constructor(options: MesosDnsRecordsOptions) {
    this.#options = options;
  }

  nameServers(): void {
    const { facts, rules, records } = this.#options;
    for (const { name, addresses } of facts.input.nameServers) {
      if (!name.endsWith(`.${rules.domain}`) || isInside(name, rules)) continue;
      for (const address of addresses) records.address(name, address);
    }
  }

  masters(): void {
    const { facts, rules, records, claims } = this.#options;
    const { leader } = facts.cluster;
    const leaderName = `leader.${rules.domain}`;
    const leaders = facts.leaderAddresses;
    for (const address of leaders) records.address(leaderName, address);
    if (leaders.length > 0) emitBoth(records, "_leader", rules.domain, leaderName, leader.port);
    facts.numberedMasters().forEach((master, index) => {
      const name = `master${index}.${rules.domain}`;
      const addresses = facts.resolve(master.host);
      for (const address of addresses) {
        records.address(`master.${rules.domain}`, address);
        records.address(name, address);
        claims.master(address, name);
      }
      if (addresses.length > 0) emitBoth(records, "_master", rules.domain, name, master.port);
    });
  }

  agent(agent: Agent): void {
    const { facts, rules, records, claims } = this.#options;
    const name = `slave.${rules.domain}`;
    const addresses = facts.resolve(agent.endpoint.host);
    const ownName = this.#agentName(agent);
    for (const address of addresses) {
      records.address(name, address);
      if (ownName !== "") records.address(ownName, address);
      claims.agent(address, ownName);
    }
    if (addresses.length > 0 && agent.endpoint.port > 0) {
      records.service(`_slave._tcp.${rules.domain}`, name, agent.endpoint.port);
    }
  }

  framework(framework: Framework): Problem | undefined {
    const { facts, rules, records } = this.#options;
    const fragment = toFragment(framework.name, rules.labels);
    const name = `${fragment}.${rules.domain}`;
    const isAgents = fragment === AGENTS || isDirectlyBelow(fragment, AGENTS);
    const isServers = facts.input.nameServers.some((server) => server.name === name);
    const isTaken = isInside(name, rules);
    if (fragment === "" || !isDnsName(name) || isReserved(fragment) || isAgents || isServers || isTaken) {
      const own = `its name "${framework.name}" gives no DNS name of its own`;
      const why = isAgents ? `: what lies directly below ${AGENTS}.${rules.domain} belongs to agents` : "";
      const where = isTaken ? `, nor to its tasks: ${rules.zoneInside} is a zone of its own (catalogZone)` : "";
      return { reason: "invalid_name", detail: `${own}${why}${where}` };
    }
    const ofPid = framework.pid ? facts.resolve(framework.pid.host) : [];
    const addresses = ofPid.length > 0 ? ofPid : facts.resolve(framework.hostname);
    for (const address of addresses) records.address(name, address);
    const service = `_framework._tcp.${name}`;
    if (addresses.length > 0 && framework.pid && framework.pid.port > 0 && isDnsName(service)) {
      records.service(service, name, framework.pid.port);
    }
    return undefined;
  }

  task(framework: Framework, task: Task): Problem | undefined {
    const { facts, rules, records, claims } = this.#options;
    const addresses = facts.addressesOfTask(task);
    if (!addresses) return { reason: "unknown_agent", detail: `its agent ${task.agentId} is not in the state` };
    if (isNowhere(addresses)) {
      const detail = `none of ${facts.input.ipSources.join(", ")} gives an address`;
      return { reason: "no_address", detail };
    }
    const emitted = emitTask(task, this.#namesOf(framework), addresses, rules, records);
    const { own, host } = addresses;
    if (own !== host) for (const address of own) claims.task(address, task.agentId, emitted.canonical);
    if (emitted.named) return undefined;
    const name = task.discovery?.name ?? task.name;
    return { reason: "invalid_name", detail: `"${name}" gives no DNS name in framework "${framework.name}"` };
  }

  #namesOf(framework: Framework): FrameworkNames {
    const { names, rules } = this.#options;
    let own = names.get(framework);
    if (!own) {
      own = new FrameworkNames(framework.name, rules);
      names.set(framework, own);
    }
    return own;
  }

  /** The agent's name, with its host name as one label; "" if that is not a DNS name. Agents with the same label share the name. */
  #agentName({ hostname }: Agent): string {
    const { domain, labels } = this.#options.rules;
    const name = `${toLabel(hostname, labels)}.agent.${domain}`;
    return isDnsName(name) ? name : "";
  }
}

/** Whether a task has no address at all. */
export function isNowhere({ own, host }: TaskAddresses): boolean {
  return own.length === 0 && host.length === 0;
}

function isDirectlyBelow(name: string, parent: string): boolean {
  return name.endsWith(`.${parent}`) && !name.slice(0, -parent.length - 1).includes(".");
}

function emitBoth(records: RecordSink, service: string, domain: string, target: string, port: number): void {
  if (port === 0) return;
  for (const protocol of ["tcp", "udp"]) records.service(`${service}._${protocol}.${domain}`, target, port);
}

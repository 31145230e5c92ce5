import { type Address, parseAddress } from "../base/addresses.js";
import type { Task } from "../sources/mesos/cluster.js";
import type { Protocol, VipLabel } from "./label.js";
import { vipName } from "./name.js";
import { onAgent, type SkippedLabel, type VipPort, vipPortsOf } from "./ports.js";

/** One backend of one virtual address, as one task says. */
export interface Claim {
  /** The name below the zone, or else the literal address. */
  readonly vip: string;
  readonly isLiteral: boolean;
  readonly protocol: Protocol;
  readonly port: number;
  readonly family: 4 | 6;
  readonly backend: Backend;
  /** Its weight if its health counted for nothing; 0 while it is being killed. */
  readonly openWeight: number;
}

export interface Backend {
  readonly ip: string;
  readonly port: number;
  /** 0: it keeps the connections that it has, and gets no new ones. */
  readonly weight: number;
  /** The address of its agent. */
  readonly agent: string;
  /** Where the agent's port leads to, on the agent itself; absent if that is the agent or Docker's own business. */
  readonly local?: LocalTarget;
}

export interface LocalTarget {
  readonly ip: string;
  readonly port: number;
}

export interface TaskClaims {
  readonly claims: readonly Claim[];
  readonly skipped: readonly SkippedLabel[];
}

/** A task, and what else decides about its backends. */
export interface PlacedTask {
  readonly task: Task;
  readonly killing: boolean;
  /** The name of its framework. */
  readonly framework: string;
  /** The addresses of its agent, the preferred one first. */
  readonly agent: readonly Address[];
}

/** The backends that a task gives to virtual addresses. @param zone that their names have to fit into */
export function claimsOf({ task, killing, framework, agent }: PlacedTask, zone: string): TaskClaims {
  const { ports, skipped } = vipPortsOf(task);
  const own = agent.find(({ family }) => family === 4) ?? agent[0];
  if (ports.length === 0 || !own) return { claims: [], skipped };
  const container = containerAddresses(task);
  const isAgents = container.length === 1 && container[0].text === own.text;
  const isReady = isWell(task);
  const problems = [...skipped];
  const claims = (isAgents ? onAgent(ports) : ports).flatMap((port) => {
    const backends = backendsOf(port, own, container, task);
    if (backends.length === 0) problems.push({ reason: "address", label: port.vips.map(textOf).join(" ") });
    return port.vips.flatMap(({ label, literal, port: vipPort }) => {
      const vip = literal ?? vipName(label ?? "", framework, zone);
      if (vip === undefined) {
        problems.push({ reason: "name", label: label ?? "" });
        return [];
      }
      const family = literal === undefined ? undefined : parseAddress(literal)?.family;
      return backends
        .filter((backend) => family === undefined || backend.family === family)
        .map(({ family: of, ...backend }) => {
          const openWeight = killing ? 0 : port.weight;
          const whole = { ...backend, weight: isReady ? openWeight : 0, agent: own.text };
          const service = { vip, isLiteral: literal !== undefined, protocol: port.protocol, port: vipPort, family: of };
          return { ...service, backend: whole, openWeight };
        });
    });
  });
  return { claims, skipped: problems };
}

type Place = Pick<Backend, "ip" | "port" | "local"> & { readonly family: 4 | 6 };

/** The agent's port where there is one, else every address of the container. */
function backendsOf(
  { port, hostPort }: VipPort,
  agent: Address,
  container: readonly Address[],
  { facts }: Task,
): readonly Place[] {
  if (hostPort !== undefined) {
    const place = { ip: agent.text, port: hostPort, family: agent.family };
    const [first] = container;
    const isElsewhere = first !== undefined && (first.text !== agent.text || port !== hostPort);
    if (facts?.containerType === "DOCKER" || !isElsewhere || port === undefined) return [place];
    return [{ ...place, local: { ip: first.text, port } }];
  }
  if (port === undefined) return [];
  return container.map(({ text, family }) => ({ ip: text, port, family }));
}

/** In the order of the networks. */
function containerAddresses({ statusFacts }: Task): readonly Address[] {
  const networks = (statusFacts?.latest ?? statusFacts)?.networks ?? [];
  const texts = new Set(networks.flatMap(({ addresses }) => addresses));
  return [...texts].map(parseAddress).filter((address) => address !== undefined);
}

/** Whether its health checks say that it is well. Before they have said anything, it is not; without any, it is. */
function isWell({ facts, statusFacts }: Task): boolean {
  return (statusFacts?.latest ?? statusFacts)?.healthy ?? !(facts?.hasHealthCheck ?? false);
}

function textOf({ label, literal, port }: VipLabel): string {
  return `${literal ?? label}:${port}`;
}

import { type Address, parseAddress } from "../../../../src/base/addresses.js";
import type { ZoneConfig } from "../../../../src/config/config.js";
import type { Agent, Cluster, Framework, Skipped, Task } from "../../../../src/sources/mesos/cluster.js";
import { emitAll } from "../../../../src/views/changes.js";
import { ClusterFacts, type FactsInput } from "../../../../src/views/facts.js";
import type { ZoneSink } from "../../../../src/views/sink.js";
import { sinksOf } from "../../../../src/views/sinks-of.js";
import { type Problems, together } from "../../../../src/views/view.js";
import { viewsOf, zonesOf } from "../../../../src/views/views.js";
import { SCATTERED } from "../../../../src/views/zone-spec.js";
import { configOf } from "../../config/support.js";

/** Helpers that make small clusters, and the records that views emit for them. */

export const AGENT: Agent = {
  id: "6e2c-S1",
  hostname: "agent-1.example.com",
  endpoint: { host: "192.0.2.11", port: 5051 },
};

export function task(parts: Partial<Task> = {}): Task {
  return { id: "t1", name: "web", agentId: AGENT.id, ports: [], addresses: {}, ...parts };
}

export function framework(parts: Partial<Framework> = {}): Framework {
  return { id: "f1", name: "marathon", hostname: "", tasks: [], ...parts };
}

export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(text);
  return parsed;
}

/** A sink that collects records as lines. */
export function linesInto(lines: Set<string>): ZoneSink {
  const end = (standby?: boolean) => (standby ? " standby" : "");
  return {
    address: (name, { family, text }, standby) =>
      lines.add(`${name} ${family === 4 ? "A" : "AAAA"} ${text}${end(standby)}`),
    service: (name, target, port, standby) => lines.add(`${name} SRV ${target}:${port}${end(standby)}`),
    pointer: (name, target) => lines.add(`${name} PTR ${target}`),
    character: (name, character) => lines.add(`${name} TXT ${character}`),
    prepared: (name, { type, count }) => lines.add(`${name} ${count} prepared records of type ${type}`),
  };
}

export interface Parts extends Partial<FactsInput> {
  readonly agents?: readonly Agent[];
  readonly config?: Partial<ZoneConfig>;
}

/** A cluster with these frameworks. The agent, the master and the rules are the same for all tests by default. */
export function factsOf(frameworks: readonly Framework[], { agents = [AGENT], config, ...input }: Parts = {}) {
  const cluster: Cluster = {
    leader: { host: "192.0.2.1", port: 5050 },
    agents: new Map(agents.map((agent) => [agent.id, agent])),
    frameworks,
    skipped: [],
  };
  const { SOAMname, IPSources, records } = configOf(config);
  return new ClusterFacts({
    cluster,
    masters: [{ host: "192.0.2.1", port: 5050 }],
    nameServers: [{ name: SOAMname, addresses: [address("192.0.2.53")] }],
    resolved: new Map(),
    ipSources: IPSources,
    records,
    ...input,
  });
}

/** The records that all views emit for a cluster, as sorted lines for each zone, and the pieces left out. */
export function emitted(frameworks: readonly Framework[], parts: Parts = {}) {
  const views = viewsOf(configOf(parts.config));
  const facts = factsOf(frameworks, parts);
  const lines = new Map(zonesOf(views).map(({ name }) => [name, new Set<string>()]));
  const own = new Map(Array.from(lines, ([zone, set]) => [zone, linesInto(set)]));
  const sinks = sinksOf(views, own, "made");
  const emitters = views.flatMap((view) => view.emitter?.(facts, sinks) ?? []);
  const problems: Problems = new Map();
  emitAll({ facts, emitter: together(emitters) }, problems);
  for (const view of views) view.publish?.(sinks, sinks);
  const zone = (name: string) => [...(lines.get(name) ?? [])].sort();
  return { zone, skipped: [...problems.values()] as readonly Skipped[] };
}

/** The records of the domain, the reverse names, and the pieces left out. */
export function generate(frameworks: readonly Framework[], parts: Parts = {}) {
  const { zone, skipped } = emitted(frameworks, parts);
  const records = zone(parts.config?.domain ?? "mesos");
  return {
    records,
    pointers: zone(SCATTERED),
    skipped,
    of: (name: string) => records.filter((line) => line.startsWith(`${name} `)),
  };
}

import { type Address, parseAddress } from "../../../../src/base/addresses.js";
import type { Agent, Cluster, Framework, Task } from "../../../../src/sources/mesos/cluster.js";
import {
  type GeneratorInput,
  RecordGenerator,
  type RecordRules,
  type RecordSink,
} from "../../../../src/views/mesos-dns/generate.js";
import { RFC1123 } from "../../../../src/views/mesos-dns/labels.js";

/** Clusters in a few words, and what the generator makes of them. */

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

/** The rules that these clusters are published by unless a test says otherwise. */
export const RULES: RecordRules = {
  domain: "mesos",
  labels: RFC1123,
  ipSources: ["netinfo", "mesos", "host"],
  healthPolicy: "ignore",
};

/** Takes records as lines. */
export function linesInto(lines: Set<string>): RecordSink {
  const end = (standby?: boolean) => (standby ? " standby" : "");
  return {
    address: (name, { family, text }, standby) =>
      lines.add(`${name} ${family === 4 ? "A" : "AAAA"} ${text}${end(standby)}`),
    service: (name, target, port, standby) => lines.add(`${name} SRV ${target}:${port}${end(standby)}`),
  };
}

/** A generator for these frameworks; the agent, the master and the rules are those of every test unless it says otherwise. */
export function generatorOf(frameworks: Framework[], parts: Partial<GeneratorInput> & { agents?: Agent[] } = {}) {
  const { agents = [AGENT], ...input } = parts;
  const cluster: Cluster = {
    leader: { host: "192.0.2.1", port: 5050 },
    agents: new Map(agents.map((agent) => [agent.id, agent])),
    frameworks,
    skipped: [],
  };
  return new RecordGenerator({
    cluster,
    rules: RULES,
    masters: [{ host: "192.0.2.1", port: 5050 }],
    nameServer: { name: "ns1.mesos", addresses: [address("192.0.2.53")] },
    resolved: new Map(),
    ...input,
  });
}

/** The records as lines, sorted, the reverse names, and what was left out. */
export function generate(...input: Parameters<typeof generatorOf>) {
  const records = new Set<string>();
  const pointers = new Set<string>();
  const skipped = generatorOf(...input).generate(linesInto(records), {
    pointer: (name, target) => pointers.add(`${name} PTR ${target}`),
  });
  return {
    records: [...records].sort(),
    pointers: [...pointers].sort(),
    skipped,
    of: (name: string) => [...records].filter((r) => r.startsWith(`${name} `)),
  };
}

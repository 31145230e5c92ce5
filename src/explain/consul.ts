import type { Address } from "../base/addresses.js";
import { consulZones } from "../config/consul.js";
import type { ConsulInstance } from "../consul/registry/model.js";
import { ConsulRecords } from "../views/consul/records.js";
import type { ZoneSink } from "../views/sink.js";
import type { ExplainBasis } from "./basis.js";
import { atMost, type Finding, finding } from "./finding.js";
import { listed, shown } from "./words.js";

/** Instances between two pauses. */
const STRIDE = 256;

/** Which of Consul's instances and nodes give a name its records. Pauses now and then. */
export function* explainConsulName(
  name: string,
  { facts, config }: ExplainBasis,
): Generator<undefined, readonly Finding[]> {
  const names = facts.input.consul;
  if (!names) return [];
  const values: string[] = [];
  const sink = sinkFor(name, values);
  const records = consulZones(config.consul).map((zone) => new ConsulRecords(zone, config.consul));
  const emitted = (emit: (records: ConsulRecords) => void) => {
    values.length = 0;
    for (const each of records) emit(each);
    return [...new Set(values)];
  };
  const given: Finding[] = [];
  const critical: Finding[] = [];
  let count = 0;
  for (const [, instances] of names.services()) {
    for (const instance of instances) {
      const own = emitted((each) => each.instance(instance, names, sink));
      if (own.length > 0 && names.isCritical(instance)) critical.push(leftOut(instance));
      else if (own.length > 0) given.push(described(instance, own));
      if (++count % STRIDE === 0) yield;
    }
  }
  for (const node of names.nodes()) {
    const own = emitted((each) => each.node(node, sink));
    if (own.length > 0)
      given.push(finding("consul", `The node ${shown(node.name)} of Consul's view gives ${listed(own)}.`));
    if (++count % STRIDE === 0) yield;
  }
  return [...atMost(given, "instances"), ...atMost(critical, "instances")];
}

function described({ id, name }: ConsulInstance, values: readonly string[]): Finding {
  return finding(
    "consul",
    `The instance ${shown(id)} of the service ${shown(name)} of Consul's view gives ${listed(values)}.`,
  );
}

function leftOut({ id, name }: ConsulInstance): Finding {
  return finding(
    "critical",
    `The instance ${shown(id)} of the service ${shown(name)} is left out: a check of it, or of its node, is critical.`,
  );
}

function sinkFor(sought: string, values: string[]): ZoneSink {
  return {
    address: (name: string, { family, text }: Address) => {
      if (name === sought) values.push(`${family === 4 ? "A" : "AAAA"} ${text}`);
    },
    service: (name, target, port) => {
      if (name === sought) values.push(`SRV ${port} at ${target}`);
    },
    pointer: () => undefined,
    character: () => undefined,
    prepared: (name) => {
      if (name === sought) values.push("TXT of its attributes");
    },
  };
}

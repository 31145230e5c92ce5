import { readdirSync, readFileSync } from "node:fs";
import ipaddr from "ipaddr.js";
import { describe, expect, test } from "vitest";
import type { Cluster } from "../../../src/sources/mesos/cluster.js";
import { FactsReader } from "../../../src/sources/mesos/facts/reader.js";
import { EventParser } from "../../../src/sources/mesos/live/events.js";
import { LiveCluster } from "../../../src/sources/mesos/live/live-cluster.js";
import { readMasterState } from "../../../src/sources/mesos/state.js";
import { numberOf, VipTable } from "../../../src/vips/table.js";
import type { Json } from "../../support/json.js";
import { cluster as clusterState, stateOf } from "../../support/scripted-master.js";

const CASES = new URL("../../../../shared/vips/cases/", import.meta.url);
const ZONE = "l4lb.thisdcos.directory";

interface Expected {
  readonly vips: readonly {
    readonly name?: string;
    readonly address: string;
    readonly protocol: string;
    readonly port: number;
    readonly backends: readonly {
      readonly ip: string;
      readonly port: number;
      readonly weight: number;
      readonly agent: string;
    }[];
  }[];
  readonly records: readonly { readonly name: string; readonly type: "A" | "AAAA"; readonly address: string }[];
  readonly localMappings: readonly {
    readonly protocol: string;
    readonly hostPort: number;
    readonly ip: string;
    readonly port: number;
  }[];
}

interface Case {
  readonly description: string;
  readonly state?: object;
  /** A response of the operator API to GET_STATE. */
  readonly getState: { readonly get_state: GetState };
  readonly expected: Expected;
}

interface GetState {
  readonly get_agents: { readonly agents: readonly Json[] };
  readonly get_frameworks: { readonly frameworks: readonly Json[] };
  readonly get_tasks: { readonly tasks: readonly Json[] };
}

const short = (address: string) => ipaddr.parse(address).toString();

export const OPTIONS = {
  zone: ZONE,
  ipv4: { first: numberOf("11.0.0.0"), last: numberOf("11.255.255.254") },
  ipv6: { first: numberOf("fd01:c::"), last: numberOf("fd01:c::ffff:ffff:ffff:ffff") },
  addresses: {},
  failOpen: false,
  lingerMs: 60_000,
};

function tableOf(cluster: Cluster): VipTable {
  const table = new VipTable(OPTIONS);
  table.update(cluster, (host) => [host], 0);
  return table;
}

const bytes = (message: object) => Buffer.from(JSON.stringify(message));

/** The cluster as it comes to be where the master tells of each of its agents, frameworks and tasks by itself. */
function toldOneByOne({ get_agents, get_frameworks, get_tasks }: GetState): Cluster {
  const facts = new FactsReader();
  const live = new LiveCluster();
  live.applyState(readMasterState(bytes(stateOf({ address: "192.0.2.1:5050" }, clusterState({}))), undefined, facts));
  const tell = (kind: string, entities: readonly Json[]) => {
    for (const entity of entities) {
      const parser = new EventParser(facts);
      parser.add(bytes({ type: `${kind}_ADDED`, [`${kind.toLowerCase()}_added`]: { [kind.toLowerCase()]: entity } }));
      live.apply(parser.end());
    }
  };
  tell("AGENT", get_agents.agents);
  tell("FRAMEWORK", get_frameworks.frameworks);
  tell("TASK", get_tasks.tasks);
  return live.observed.cluster;
}

const sorted = (lines: readonly string[]) => [...lines].sort();
const cases = readdirSync(CASES).map((file) => ({
  file,
  ...(JSON.parse(readFileSync(new URL(file, CASES), "utf8")) as Case),
}));

/** Services with their targets, records of names, and where ports of agents lead. */
function outlineOf({ services, names }: VipTable): readonly string[] {
  const targets = services.map(({ id, address, backends }) => {
    const name = id.isLiteral ? "" : `${id.vip}.${ZONE}`;
    const list = sorted(backends.map(({ ip, port, weight, agent }) => `${ip} ${port} ${weight} ${agent}`));
    return ["service", name, address, id.protocol, id.port, ...list].join(" ");
  });
  const records = [...names].flatMap(([name, { ipv4, ipv6 }]) => [
    ...(ipv4 ? [`${name}.${ZONE} A ${ipv4}`] : []),
    ...(ipv6 ? [`${name}.${ZONE} AAAA ${ipv6}`] : []),
  ]);
  const locals = services.flatMap(({ id, backends }) =>
    backends.flatMap(({ port, local }) => (local ? [`local ${id.protocol} ${port} ${local.ip} ${local.port}`] : [])),
  );
  return sorted([...targets, ...records, ...new Set(locals)]);
}

function expectedOutline({ vips, records, localMappings }: Expected): readonly string[] {
  const targets = vips.map(({ name = "", address, protocol, port, backends }) => {
    const list = sorted(backends.map((each) => `${short(each.ip)} ${each.port} ${each.weight} ${each.agent}`));
    return ["service", name, short(address), protocol, port, ...list].join(" ");
  });
  return sorted([
    ...targets,
    ...records.map(({ name, type, address }) => `${name} ${type} ${short(address)}`),
    ...localMappings.map(({ protocol, hostPort, ip, port }) => `local ${protocol} ${hostPort} ${short(ip)} ${port}`),
  ]);
}

describe("the virtual addresses of a state are those of DC/OS", () => {
  test.each(cases.filter(({ state }) => state !== undefined))("$file: $description", ({ state = {}, expected }) => {
    const { cluster } = readMasterState(bytes(state), undefined, new FactsReader());
    expect(outlineOf(tableOf(cluster))).toEqual(expectedOutline(expected));
  });
});

describe("the virtual addresses of what a master's events tell are those of DC/OS", () => {
  test.each(cases)("$file: $description", ({ getState, expected }) => {
    expect(outlineOf(tableOf(toldOneByOne(getState.get_state)))).toEqual(expectedOutline(expected));
  });

  test("in all the cases that there are", () => {
    expect(cases).toHaveLength(27);
  });
});

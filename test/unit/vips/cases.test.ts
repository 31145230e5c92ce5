import { readdirSync, readFileSync } from "node:fs";
import ipaddr from "ipaddr.js";
import { describe, expect, test } from "vitest";
import type { Cluster } from "../../../src/sources/mesos/cluster.js";
import { FactsReader } from "../../../src/sources/mesos/facts/reader.js";
import { readMasterState } from "../../../src/sources/mesos/state.js";
import { numberOf, VipTable } from "../../../src/vips/table.js";

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
  readonly expected: Expected;
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

const sorted = (lines: readonly string[]) => [...lines].sort();
const cases = readdirSync(CASES)
  .map((file) => ({ file, ...(JSON.parse(readFileSync(new URL(file, CASES), "utf8")) as Case) }))
  .filter(({ state }) => state !== undefined);

describe("the virtual addresses of a state are those of DC/OS", () => {
  test.each(cases)("$file: $description", ({ state, expected }) => {
    const body = Buffer.from(JSON.stringify(state));
    const { cluster } = readMasterState(body, undefined, new FactsReader());
    const table = tableOf(cluster);
    const services = table.services.map(({ id, address, backends }) => {
      const name = id.isLiteral ? "" : `${id.vip}.${ZONE}`;
      const list = sorted(backends.map(({ ip, port, weight, agent }) => `${ip} ${port} ${weight} ${agent}`));
      return [name, address, id.protocol, id.port, ...list].join(" ");
    });
    const wanted = expected.vips.map(({ name = "", address, protocol, port, backends }) => {
      const list = sorted(backends.map((each) => `${short(each.ip)} ${each.port} ${each.weight} ${each.agent}`));
      return [name, short(address), protocol, port, ...list].join(" ");
    });
    expect(sorted(services)).toEqual(sorted(wanted));
    const records = [...table.names].flatMap(([name, { ipv4, ipv6 }]) => [
      ...(ipv4 ? [`${name}.${ZONE} A ${ipv4}`] : []),
      ...(ipv6 ? [`${name}.${ZONE} AAAA ${ipv6}`] : []),
    ]);
    expect(sorted(records)).toEqual(
      sorted(expected.records.map((each) => `${each.name} ${each.type} ${short(each.address)}`)),
    );
    const locals = table.services.flatMap(({ id, backends }) =>
      backends.flatMap(({ port, local }) => (local ? [`${id.protocol} ${port} ${local.ip} ${local.port}`] : [])),
    );
    const mapped = expected.localMappings.map(
      (each) => `${each.protocol} ${each.hostPort} ${short(each.ip)} ${each.port}`,
    );
    expect(sorted([...new Set(locals)])).toEqual(sorted(mapped));
  });
});

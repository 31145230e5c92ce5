import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { ConsulNode } from "../../../../src/consul/registry/model.js";
import { clusterIn, Watched } from "./support.js";

const CASES = new URL("../../../../../shared/consul/cases/", import.meta.url);

interface Check {
  readonly CheckID: string;
  readonly Status: string;
}

interface Registered {
  readonly Node: string;
  readonly ID?: string;
  readonly Address: string;
  readonly TaggedAddresses?: Readonly<Record<string, string>>;
  readonly NodeMeta?: Readonly<Record<string, string>>;
  readonly Service?: {
    readonly ID: string;
    readonly Service: string;
    readonly Tags: readonly string[];
    readonly Address: string;
    readonly Port: number;
    readonly Meta: Readonly<Record<string, string>>;
    readonly TaggedAddresses: Readonly<Record<string, { readonly Address: string; readonly Port: number }>>;
  };
  readonly Check: Check;
}

interface CaseFile {
  readonly state: string;
  readonly catalog: readonly Registered[];
}

const read = (name: string) => JSON.parse(readFileSync(new URL(name, CASES), "utf8"));

const files = readdirSync(CASES).filter((name) => name.endsWith(".json"));

const status = (isPassing: boolean) => (isPassing ? "passing" : "critical");
const known = <T>(values: Readonly<Record<string, T | undefined>>) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

function nodesOf(watched: Watched) {
  const told = ({ name, id, address, ipv4, ipv6, meta, isPassing }: ConsulNode) => ({
    Node: name,
    ID: id,
    Address: address,
    TaggedAddresses: known({
      lan: address,
      wan: address,
      lan_ipv4: ipv4,
      wan_ipv4: ipv4,
      lan_ipv6: ipv6,
      wan_ipv6: ipv6,
    }),
    NodeMeta: Object.fromEntries(meta),
    Status: status(isPassing),
  });
  return watched.registry.everything().nodes.map(({ node }) => told(node));
}

function instancesOf(watched: Watched) {
  return watched.instances.map((instance) => {
    const { name, tags, address, ipv4, ipv6, port, meta } = watched.registry.registrationOf(instance);
    const at = (text: string | undefined) => text && { Address: text, Port: port };
    return {
      Node: instance.node.name,
      ID: instance.id,
      Service: name,
      Tags: tags,
      Address: address,
      Port: port,
      Meta: Object.fromEntries(meta),
      TaggedAddresses: known({ lan_ipv4: at(ipv4), lan_ipv6: at(ipv6) }),
      Status: status(instance.isPassing),
    };
  });
}

const byText = <T>(list: readonly T[]) => list.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

describe.each(files)("the catalogue of %s", (name) => {
  const file: CaseFile = read(name);
  const watched = new Watched();
  watched.update(clusterIn(read(file.state)));

  test("has its nodes", () => {
    const wanted = file.catalog.flatMap(({ Node, ID, Address, TaggedAddresses, NodeMeta, Service, Check }) =>
      Service ? [] : [{ Node, ID, Address, TaggedAddresses, NodeMeta, Status: Check.Status }],
    );
    const own = ({ Node }: { readonly Node: string }) => Node !== "consul-ref";
    expect(byText(nodesOf(watched).filter(own))).toEqual(byText(wanted));
  });

  test("has its instances", () => {
    const wanted = file.catalog.flatMap(({ Node, Service, Check }) =>
      Service ? [{ Node, ...Service, Status: Check.Status }] : [],
    );
    const found = instancesOf(watched).filter(({ Service }) => Service !== "consul");
    expect(found.length).toBeGreaterThan(0);
    const sorted = (list: readonly { readonly ID: string }[]) => list.toSorted((a, b) => (a.ID < b.ID ? -1 : 1));
    expect(sorted(found)).toEqual(sorted(wanted));
  });
});

test("there are eight files of cases", () => {
  expect(files).toHaveLength(8);
});

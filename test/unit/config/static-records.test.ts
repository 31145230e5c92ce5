import { describe, expect, test } from "vitest";
import { configOf, faultsOf, warningsOf } from "./support.js";

const A = { name: "www", type: "A", value: "192.0.2.80" };
const NS = { name: "sub", type: "NS", value: "ns.example.net." };
const ZONES = { staticZones: ["edge.example.com"] };
const weighted = (...values: object[]) => ({ name: "www", type: "A", policy: "weighted", values });

/** The faults of these records. */
const of = (...records: object[]) => faultsOf({ ...ZONES, records });

describe("records", () => {
  test("get complete names, the zone that they are in, and their data as a master file has them", () => {
    const records = [
      A,
      { name: "WWW.Edge.Example.com.", type: "aaaa", ttl: 5, value: ["2001:DB8:0::1"] },
      { name: "edge.example.com.", type: "MX", value: { preference: 10, exchange: "mx" } },
      { name: "_db._tcp", type: "SRV", value: { priority: 0, weight: 5, port: 5432, target: "Db1.example.com." } },
      { name: "*.lb", type: "CNAME", value: "www.mesos." },
      { name: "about", type: "TXT", value: 'a "b" \\ ü' },
      { name: "mesos.", type: "CAA", value: { flags: 128, tag: "ISSUE", value: "ca.example; x=1" } },
    ];
    const read = configOf({ ...ZONES, records }).records;
    const shown = read.map(({ name, zone, type, values }) => `${name} ${type} ${values[0]?.value} in ${zone}`);
    expect(shown).toEqual([
      "www.mesos A 192.0.2.80 in mesos",
      "www.edge.example.com AAAA 2001:db8::1 in edge.example.com",
      "edge.example.com MX 10 mx.mesos. in edge.example.com",
      "_db._tcp.mesos SRV 0 5 5432 db1.example.com. in mesos",
      "*.lb.mesos CNAME www.mesos. in mesos",
      'about.mesos TXT "a \\"b\\" \\\\ \\195\\188" in mesos',
      'mesos CAA 128 issue "ca.example; x=1" in mesos',
    ]);
    expect(read[1]?.ttl).toBe(5);
  });

  test("have policies, whose values have ids, weights and health checks", () => {
    const values = [{ id: "one", value: "192.0.2.1", weight: 10 }, { value: "192.0.2.2" }];
    expect(configOf({ records: [weighted(...values)] }).records).toEqual([
      {
        name: "www.mesos",
        zone: "mesos",
        type: "A",
        policy: "weighted",
        values: [
          { id: "one", value: "192.0.2.1", weight: 10 },
          { id: "192.0.2.2", value: "192.0.2.2", weight: 1 },
        ],
      },
    ]);
    const health = {
      ...weighted({ value: "192.0.2.1" }, { value: "192.0.2.2", healthCheck: "other" }),
      healthCheck: "edge",
    };
    expect(faultsOf({ records: [health], healthChecks: { edge: { type: "http" } } })).toEqual([
      'records[0].values[1].healthCheck: got "other"; allowed: one of edge',
    ]);
    expect(faultsOf({ records: [health] })).toEqual([
      'records[0].healthCheck: got "edge"; allowed: the name of a check in healthChecks: there is none',
      'records[0].values[1].healthCheck: got "other"; allowed: the name of a check in healthChecks: there is none',
    ]);
  });

  test("without a policy may be written one by one", () => {
    const records = [A, { ...A, name: "www.mesos.", value: "192.0.2.81" }];
    const [record, ...others] = configOf({ records }).records;
    expect(record?.values.map(({ value }) => value)).toEqual(["192.0.2.80", "192.0.2.81"]);
    expect(others).toEqual([]);
  });

  test.each([
    [{ ...A, name: "no name" }, 'records[0].name: got "no name"; allowed: a name such as "www"'],
    [
      { ...A, name: "www.example.org." },
      'records[0].name: got "www.example.org."; allowed: a name in mesos or edge.example.com',
    ],
    [{ ...A, name: "leader" }, 'records[0].name: got "leader"; allowed: another name: leader.mesos is the cluster\'s'],
    [{ ...A, name: "master7.mesos." }, "allowed: another name: master7.mesos is the cluster's"],
    [{ ...A, name: "_tcp._leader" }, "allowed: another name: _tcp._leader.mesos is the cluster's"],
    [{ ...A, name: "x.agent" }, "allowed: another name: x.agent.mesos is the cluster's"],
    [
      { ...A, name: "x".repeat(63) + ".y".repeat(94) },
      "allowed: a name that has at most 253 characters with mesos behind it",
    ],
    [
      { ...A, type: "CNAME", value: "x".repeat(63) + ".y".repeat(94) },
      "allowed: a name that has at most 253 characters with mesos behind it",
    ],
    [
      { ...A, type: "MX", value: [{ preference: 1, exchange: "x".repeat(63) + ".y".repeat(94) }] },
      'records[0].value[0]: got "xxx',
    ],
    [{ ...A, type: "PTR" }, 'records[0].type: got "PTR"; allowed: one of A, AAAA, CNAME, TXT, SRV, MX, CAA, NS'],
    [
      { ...A, type: "SOA" },
      'records[0].type: got "SOA"; allowed: one of A, AAAA, CNAME, TXT, SRV, MX, CAA, NS; the server makes',
    ],
    [
      { ...NS, name: "mesos." },
      'records[0].name: got "mesos."; allowed: a name below mesos, not the zone itself: its name servers',
    ],
    [
      { name: "edge.example.com.", type: "CNAME", value: "www" },
      "allowed: a name below edge.example.com, not the zone itself: it has SOA and NS records; give addresses",
    ],
    [{ ...NS, name: "*.sub" }, "allowed: a name without *: a wildcard cannot be delegated"],
    [
      { ...NS, value: "ns1.sub" },
      'records[0].value: got "ns1.sub.mesos."; allowed: a server with an A or AAAA record here',
    ],
    [{ ...A, ttl: -1 }, "records[0].ttl: got -1; allowed: an integer from 0 to 2147483647"],
    [
      { ...A, policy: "latency" },
      'records[0].policy: got "latency"; allowed: "simple" or "weighted" or "failover" or "multivalue"',
    ],
    [
      { ...A, value: "2001:db8::1" },
      'records[0].value: got "2001:db8::1"; allowed: an IPv4 address such as 192.0.2.1; one of IPv6 goes',
    ],
    [
      { ...A, type: "AAAA" },
      'records[0].value: got "192.0.2.80"; allowed: an IPv6 address such as 2001:db8::1; one of IPv4 goes',
    ],
    [
      { ...A, value: ["192.0.2.1", "192.0.2"] },
      'records[0].value[1]: got "192.0.2"; allowed: an IPv4 address such as 192.0.2.1',
    ],
    [{ ...A, value: ["192.0.2.1", "192.0.2.1"] }, 'records[0].value[1]: got "192.0.2.1"; allowed: each value once'],
    [{ ...A, value: [] }, "records[0].value: got []; allowed: from 1 to 400 values"],
    [{ ...A, values: [{ value: "192.0.2.1" }] }, "allowed: either value or values"],
    [
      { name: "www", value: "192.0.2.1" },
      'allowed: type too, as in {"name": "www", "type": "A", "value": "192.0.2.80"}',
    ],
    [
      { ...A, vlaue: 1 },
      "records[0].vlaue: got 1; allowed: name, type, ttl, policy, healthCheck, value, values, and no other name",
    ],
    ["www", 'records[0]: got "www"; allowed: a record such as {"name"'],
    [
      weighted({ value: "192.0.2.1", weight: 256 }),
      "records[0].values[0].weight: got 256; allowed: an integer from 0 to 255",
    ],
    [
      weighted({ id: "a", value: "192.0.2.1" }, { id: "a", value: "192.0.2.2" }),
      'records[0].values[1].id: got "a"; allowed: each id once',
    ],
    [weighted({ id: "a b", value: "192.0.2.1" }), 'records[0].values[0].id: got "a b"; allowed: letters, digits'],
    [{ ...weighted(), values: "192.0.2.1" }, 'records[0].values: got "192.0.2.1"; allowed: a list of values'],
    [weighted({ weight: 1 }), 'records[0].values[0]: got {"weight":1}; allowed: a value such as {"id"'],
    [
      { ...A, value: undefined, values: [{ value: "192.0.2.1", weight: 1 }] },
      'records[0].values[0].weight: got 1; allowed: no weight, unless policy is "weighted"',
    ],
    [{ ...A, healthCheck: "edge" }, 'records[0].healthCheck: got "edge"; allowed: no health check, unless policy is'],
    [
      weighted({ value: "192.0.2.1", healthCheck: "edge" }),
      'records[0].values[0].healthCheck: got "edge"; allowed: the name of a check in healthChecks: there is none',
    ],
    [
      { name: "www", type: "CNAME", value: ["a", "b"] },
      'records[0].value[1]: got "b.mesos."; allowed: one value: a name has at most one CNAME record',
    ],
    [
      { name: "www", type: "CNAME", policy: "weighted", values: [{ value: "a" }] },
      'records[0].policy: got "weighted"; allowed: "simple" or "failover": a name has at most one CNAME record',
    ],
    [{ ...NS, policy: "failover" }, 'records[0].policy: got "failover"; allowed: "simple": all servers'],
    [{ name: "m", type: "MX", value: "mx" }, 'records[0].value: got "mx"; allowed: {"preference": 10, "exchange"'],
    [
      { name: "m", type: "MX", value: { preference: 70_000, exchange: "mx" } },
      "records[0].value.preference: got 70000; allowed: an integer from 0 to 65535",
    ],
    [{ name: "s", type: "SRV", value: { port: 1, target: "t" } }, "allowed: priority and weight too, as in"],
    [
      { name: "c", type: "CAA", value: { flags: 0, tag: "not a tag", value: "" } },
      'records[0].value.tag: got "not a tag"',
    ],
    [{ name: "t", type: "TXT", value: "x".repeat(4001) }, "allowed: a string of at most 4000 octets"],
  ])("%j is refused", (record, message) => {
    expect(of(record as object).join("\n")).toContain(message);
  });

  test.each([
    [
      [A, { name: "www", type: "CNAME", value: "other" }],
      'records[1].type: got "CNAME"; allowed: another name, as a CNAME stands alone, and records[0] has A for www.mesos',
    ],
    [
      [{ name: "www", type: "CNAME", value: "other" }, A],
      'records[1].type: got "A"; allowed: another name, as a CNAME stands alone, and records[0] has CNAME for www.mesos',
    ],
    [
      [A, weighted({ value: "192.0.2.1" })],
      'records[1].policy: got "weighted"; allowed: one record for www.mesos A, which records[0] has: a policy has all its values in one',
    ],
    [
      [A, { ...A, ttl: 5, value: "192.0.2.1" }],
      "records[1].ttl: got 5; allowed: the same ttl as in records[0]: it is one RRset",
    ],
    [
      [NS, { name: "x.sub", type: "TXT", value: "y" }],
      'records[1].type: got "TXT"; allowed: A or AAAA without a policy: sub.mesos is delegated in records[0]',
    ],
    [
      [NS, { ...A, name: "x.sub" }],
      'records[1].name: got "x.sub.mesos"; allowed: a name server of sub.mesos, which records[0] delegates with all below it',
    ],
    [
      [{ name: "x.sub", type: "TXT", value: "y" }, NS],
      'records[1].name: got "sub.mesos"; allowed: another name: records[0] has TXT for x.sub.mesos, which is then not answered',
    ],
  ])("%j do not go together", (records, message) => {
    expect(of(...records)).toEqual([message]);
  });

  test("show all their faults at once", () => {
    const faults = of({ ...A, name: "leader" }, { ...A, value: "x" }, weighted({ value: "192.0.2.1", weight: -1 }), A, {
      ...A,
      ttl: 1,
      value: "192.0.2.2",
    });
    expect(faults.map((fault) => fault.slice(0, fault.indexOf(":")))).toEqual([
      "records[1].value",
      "records[2].values[0].weight",
      "records[0].name",
      "records[4].ttl",
    ]);
  });

  test("are bounded in number", () => {
    const many = Array.from({ length: 26 }, (_, i) => ({
      ...A,
      name: `n${i}`,
      value: Array.from({ length: 400 }, (_none, k) => `192.0.${k >> 8}.${k & 255}`),
    }));
    expect(of(...many)).toEqual(["records: got 10400; allowed: at most 10000 values in all"]);
    expect(of({ ...A, value: Array.from({ length: 401 }, (_, k) => `192.0.${k >> 8}.${k & 255}`) })[0]).toContain(
      "allowed: from 1 to 400 values",
    );
  });

  test("warn of what may mean something else", () => {
    const alias = { name: "ftp", type: "CNAME", value: "www.example.org" };
    expect(warningsOf({ records: [alias] })).toContain(
      "records[0].value: www.example.org is taken as www.example.org.mesos. Complete names have a final dot",
    );
    const transferring = { records: [weighted({ value: "192.0.2.1" })], allowTransfer: ["192.0.2.0/24"] };
    expect(warningsOf(transferring).join()).toContain("policies do not transfer");
  });
});

describe("staticZones", () => {
  test.each([
    [
      { staticZones: ["no zone"] },
      'staticZones[0]: got "no zone"; allowed: the name of a zone, such as "edge.example.com"',
    ],
    [
      { staticZones: ["edge.mesos"] },
      'staticZones[0]: got "edge.mesos"; allowed: a zone outside mesos and not above it',
    ],
    [{ staticZones: ["example"], domain: "dc1.example" }, "allowed: a zone outside dc1.example and not above it"],
    [{ staticZones: ["a.example", "b.a.example"] }, "staticZones[1]"],
    [{ staticZones: ["thisdcos.directory"], dcosNames: true }, "allowed: a zone outside thisdcos.directory"],
    [
      { staticZones: ["a.example"], zoneResolvers: { "b.a.example": ["192.0.2.53"] } },
      'staticZones[0]: got "a.example"; allowed: a zone without any in zoneResolvers: take b.a.example out there',
    ],
    [
      { staticZones: Array.from({ length: 101 }, (_, i) => `z${i}.example`) },
      "staticZones: got 101; allowed: at most 100 zones",
    ],
  ])("%j is refused", (keys, message) => {
    expect(faultsOf(keys).join("\n")).toContain(message);
  });

  test("are warned of that mean another name than one may think, and of no others", () => {
    const records = [
      { ...A, name: "www.mesos" },
      { ...A, name: "edge.example.com" },
      { name: "sub", type: "NS", value: "ns1.sub" },
      { ...A, name: "ns1.sub" },
      { name: "mail", type: "MX", value: { preference: 10, exchange: "mx.example.org" } },
    ];
    expect(warningsOf({ ...ZONES, records })).toEqual([
      "records[0].name: www.mesos is taken as www.mesos.mesos. Complete names have a final dot",
      "records[1].name: edge.example.com is taken as edge.example.com.mesos. Complete names have a final dot",
      "records[4].value: mx.example.org is taken as mx.example.org.mesos. Complete names have a final dot",
    ]);
  });
});

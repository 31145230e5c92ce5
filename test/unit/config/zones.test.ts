import { describe, expect, test } from "vitest";
import { configOf, faultsOf, warningsOf } from "./support.js";

describe("nameServers", () => {
  test("are complete names, or lie in the domain and have addresses", () => {
    const nameServers = ["NS1.example.com.", { name: "ns2", addresses: ["192.0.2.53", "2001:DB8::53"] }];
    expect(configOf({ nameServers }).nameServers).toEqual([
      { name: "ns1.example.com", addresses: [] },
      { name: "ns2.mesos", addresses: ["192.0.2.53", "2001:db8::53"] },
    ]);
  });

  test("of this server's zones need addresses, and others have no use for them", () => {
    expect(
      faultsOf({ nameServers: ["ns1", "a.b.mesos", "ns.1.10.in-addr.arpa"], reverseZones: ["10.0.0.0/8"] }),
    ).toEqual([
      expect.stringContaining(
        'nameServers[0]: got "ns1"; allowed: {"name": "ns1", "addresses": […]}, as ns1.mesos is in mesos',
      ),
      expect.stringContaining("nameServers[1]"),
      expect.stringContaining("as ns.1.10.in-addr.arpa is in 10.in-addr.arpa"),
    ]);
    const nameServers = [{ name: "ns1.example.com", addresses: ["192.0.2.53"] }];
    expect(configOf({ nameServers }).nameServers).toEqual([{ name: "ns1.example.com", addresses: [] }]);
    expect(warningsOf({ nameServers })).toContain(
      "nameServers[0]: the addresses of ns1.example.com are not used, as it is in no zone of this server",
    );
  });

  test("are no names of the cluster's, each stands once, and faults have their places", () => {
    const at = ["192.0.2.53"];
    const nameServers = [
      { name: "leader", addresses: at },
      { name: "ns1", addresses: at },
      { name: "ns1.mesos", addresses: at },
      { name: "ns2", addresses: ["ns2.example"] },
      { name: "ns3", adresses: at },
    ];
    expect(faultsOf({ nameServers: nameServers.slice(0, 3) })).toEqual([
      'nameServers[0]: got "leader"; allowed: another name: leader.mesos is the cluster\'s',
      'nameServers[2]: got "ns1.mesos"; allowed: each name once',
    ]);
    expect(faultsOf({ nameServers: nameServers.slice(3) })).toEqual([
      'nameServers[0].addresses[0]: got "ns2.example"; allowed: an IPv4 or IPv6 address',
      'nameServers[1].adresses: got ["192.0.2.53"]; allowed: name, addresses, and no other name',
    ]);
  });
});

describe("reverseZones", () => {
  test.each([
    ["10.in-addr.arpa", "10.in-addr.arpa"],
    ["2.0.192.IN-ADDR.ARPA.", "2.0.192.in-addr.arpa"],
    ["10.0.0.0/8", "10.in-addr.arpa"],
    ["172.16.0.0/16", "16.172.in-addr.arpa"],
    ["192.0.2.0/24", "2.0.192.in-addr.arpa"],
    ["fd00::/8", "d.f.ip6.arpa"],
    ["2001:db8:10::/44", "1.0.0.8.b.d.0.1.0.0.2.ip6.arpa"],
  ])("%s is %s", (given, zone) => {
    expect(configOf({ reverseZones: [given] }).reverseZones).toEqual([zone]);
  });

  test.each([
    ["172.16.0.0/12", "a network whose prefix length is a multiple of 8: write this one as 16 networks of length 16"],
    ["2001:db8::/33", "a network whose prefix length is a multiple of 4: write this one as 8 networks of length 36"],
    ["0.0.0.0/0", "a part of all addresses"],
    ["10.0.0.1/8", "a reverse zone such as"],
    ["10.0.0.1", "a reverse zone such as"],
    ["in-addr.arpa", "a reverse zone such as"],
    ["256.in-addr.arpa", "a reverse zone such as"],
    ["1.2.3.4.5.in-addr.arpa", "a reverse zone such as"],
    ["df.ip6.arpa", "a reverse zone such as"],
    ["0/25.2.0.192.in-addr.arpa", "a reverse zone such as"],
  ])("%s is none", (given, allowed) => {
    const [fault, ...others] = faultsOf({ reverseZones: [given] });
    expect(fault).toContain(`reverseZones[0]: got "${given}"; allowed: ${allowed}`);
    expect(others).toEqual([]);
  });

  test("stand once, and not within one another", () => {
    expect(faultsOf({ reverseZones: ["10.0.0.0/8", "10.in-addr.arpa"] })).toEqual([
      'reverseZones[1]: got "10.in-addr.arpa"; allowed: each entry once',
    ]);
    expect(faultsOf({ reverseZones: ["10.1.0.0/16", "10.0.0.0/8"] })).toEqual([
      'reverseZones[0]: got "1.10.in-addr.arpa"; allowed: zones outside 10.in-addr.arpa, which has it',
    ]);
  });

  test("need reverse, and have no zone with resolvers in them", () => {
    expect(faultsOf({ reverseZones: ["10.0.0.0/8"], reverse: false })[0]).toContain(
      "an empty list, as reverse is false",
    );
    const zoneResolvers = { "1.10.in-addr.arpa": ["192.0.2.53"], "in-addr.arpa": ["192.0.2.53"] };
    expect(faultsOf({ reverseZones: ["10.0.0.0/8"], zoneResolvers })).toEqual([
      'reverseZones[0]: got "10.in-addr.arpa"; allowed: zones without any in zoneResolvers: take 1.10.in-addr.arpa out there, or 10.in-addr.arpa out here',
    ]);
    expect(
      faultsOf({ reverseZones: ["10.0.0.0/8"], zoneResolvers: { "10.in-addr.arpa": ["192.0.2.53"] } }),
    ).toHaveLength(1);
  });
});

describe("catalogZone", () => {
  test("is a name in the domain or outside", () => {
    expect(configOf({ catalogZone: "Catalog.mesos." }).catalogZone).toBe("catalog.mesos");
    expect(configOf({ catalogZone: "catalog.example" }).catalogZone).toBe("catalog.example");
  });

  test.each([
    [{ catalogZone: "mesos" }, "a name that is not mesos and not above it, such as catalog.mesos"],
    [{ catalogZone: "example", domain: "dc1.example" }, "a name that is not dc1.example and not above it"],
    [{ catalogZone: "slave.mesos" }, "another name: this one is the cluster's"],
    [{ catalogZone: "zones.slave.mesos" }, "another name: this one is the cluster's"],
    [{ catalogZone: "a.thisdcos.directory", dcosNames: true }, "a name outside thisdcos.directory"],
    [{ catalogZone: "1.10.in-addr.arpa", reverseZones: ["10.0.0.0/8"] }, "a name outside 10.in-addr.arpa"],
    [
      { catalogZone: "c.example", zoneResolvers: { "c.example": ["192.0.2.53"] } },
      "a name without any in zoneResolvers",
    ],
    [{ catalogZone: "no zone" }, "the name of a zone, or an empty string for none"],
    [
      { catalogZone: "catalog.mesos", records: [{ name: "www.catalog", type: "A", value: "192.0.2.1" }] },
      "a name outside catalog.mesos, which is catalogZone",
    ],
    [
      { catalogZone: "catalog.mesos", nameServers: [{ name: "ns1.catalog.mesos", addresses: ["192.0.2.1"] }] },
      "a name outside catalog.mesos, which is catalogZone",
    ],
  ])("%j is refused", (keys, allowed) => {
    expect(faultsOf(keys)).toEqual([expect.stringContaining(`; allowed: ${allowed}`)]);
  });
});

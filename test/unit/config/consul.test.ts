import { describe, expect, test } from "vitest";
import { consulZones } from "../../../src/config/consul.js";
import { describeConfig } from "../../../src/config/describe.js";
import { configOf, faultsOf } from "./support.js";

const TOKEN = "a-token-of-some-length";

describe("consul", () => {
  test("reads names in lower case, and networks and tags as lists", () => {
    const consul = { enabled: true, domain: "Consul.", datacenter: "DC1", nodeName: "Dns-1", tags: ["mesos", "b c"] };
    expect(configOf({ consul }).consul).toMatchObject({
      domain: "consul",
      datacenter: "dc1",
      nodeName: "dns-1",
      tags: ["mesos", "b c"],
    });
  });

  test("has every fault reported at its place", () => {
    const consul = {
      enabled: true,
      datacenter: "dc.1",
      httpListener: "localhost",
      httpPort: 0,
      register: "some",
      udpAnswerLimit: 9,
      allowWrite: ["everybody"],
      token: "short",
      kv: "disk",
      kvMaxKeys: 0,
      tags: [""],
      mesosService: "a.b",
    };
    expect(
      faultsOf({ consul })
        .map((fault) => fault.replace(/; allowed.*/, ""))
        .toSorted(),
    ).toEqual([
      'consul.allowWrite[0]: got "everybody"',
      'consul.datacenter: got "dc.1"',
      'consul.httpListener: got "localhost"',
      "consul.httpPort: got 0",
      'consul.kv: got "disk"',
      "consul.kvMaxKeys: got 0",
      'consul.mesosService: got "a.b"',
      'consul.register: got "some"',
      'consul.tags[0]: got ""',
      "consul.token: got [hidden]",
      "consul.udpAnswerLimit: got 9",
    ]);
  });

  test.each([
    ["consul.domain", { domain: "consul.mesos" }, {}],
    ["consul.domain", { domain: "mesos" }, {}],
    ["consul.domain", {}, { domain: "mesos.consul" }],
    ["consul.domain", {}, { staticZones: ["a.consul"] }],
    ["consul.domain", {}, { zoneResolvers: { "a.consul": ["192.0.2.1"] } }],
    ["consul.altDomain", { altDomain: "a.consul" }, {}],
  ])("refuses %s in the way of another zone, %j %j", (key, consul, others) => {
    const faults = faultsOf({ ...others, consul: { enabled: true, ...consul } });
    expect(faults.some((fault) => fault.startsWith(`${key}: `))).toBe(true);
    expect(configOf({ ...others, consul: { enabled: false, ...consul } }).consul.enabled).toBe(false);
  });

  test("refuses a port that another server has, and ZooKeeper where there is none", () => {
    const faults = faultsOf({ httpport: 8500, consul: { enabled: true, kv: "zookeeper" } });
    expect(faults.map((fault) => fault.split(":")[0]).toSorted()).toEqual(["consul.httpPort", "consul.kv"]);
    const zk = { zk: "zk://192.0.2.1:2181/mesos", consul: { enabled: true, kv: "zookeeper" } };
    expect(configOf(zk).consul.kv).toBe("zookeeper");
  });

  test("shows no token", () => {
    const config = configOf({ consul: { token: TOKEN } });
    expect(JSON.stringify(describeConfig(config, { file: "", soaSerial: 1 }))).not.toContain(TOKEN);
  });

  test("has zones only while it is on", () => {
    const { consul } = configOf({ consul: { enabled: true, altDomain: "other.example" } });
    expect(consulZones(consul)).toEqual(["consul", "other.example"]);
    expect(consulZones({ ...consul, enabled: false })).toEqual([]);
  });
});

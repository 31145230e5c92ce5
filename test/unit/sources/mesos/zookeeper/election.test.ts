import { describe, expect, it } from "vitest";
import { masterNodes, readElection } from "../../../../../src/sources/mesos/zookeeper/election.js";

const node = (name: string, data: unknown) => ({
  name,
  data: Buffer.from(typeof data === "string" ? data : JSON.stringify(data)),
});

describe("the nodes of masters", () => {
  it("are in the order of their sequence numbers, whatever other nodes there are", () => {
    const children = ["log_replicas", "json.info_0000000012", "info_0000000003", "json.info_0000000007", "json.info_"];
    expect(masterNodes(children)).toEqual(["info_0000000003", "json.info_0000000007", "json.info_0000000012"]);
  });

  it("are in the masters' own order after ZooKeeper's counter has overflowed", () => {
    expect(masterNodes(["json.info_0000000001", "json.info_-2147483647"])[0]).toBe("json.info_-2147483647");
  });

  it("are limited in number", () => {
    const children = Array.from(
      { length: 10_000 },
      (_, sequence) => `json.info_${String(9_999 - sequence).padStart(10, "0")}`,
    );
    expect(masterNodes(children)).toHaveLength(64);
    expect(masterNodes(children)[0]).toBe("json.info_0000000000");
  });
});

describe("a master", () => {
  /** A node as written by Mesos 1.12. */
  const INFO = {
    address: { hostname: "m1.example.com", ip: "192.0.2.1", port: 5050 },
    capabilities: [{ type: "AGENT_UPDATE" }],
    hostname: "m1.example.com",
    id: "f2f1d6c4-7b4a-4f8e-8f2b-1c9a4a1b2c3d",
    ip: 16_908_480,
    pid: "master@192.0.2.1:5050",
    port: 5050,
    version: "1.12.0",
  };
  const address = (info: object) => readElection([node("json.info_0000000001", info)]).masters[0];

  it.each([
    ["its IP address, which needs no resolving", INFO, { host: "192.0.2.1", port: 5050 }],
    ["an IPv6 address", { address: { ip: "2001:db8::1", port: 5051 } }, { host: "2001:db8::1", port: 5051 }],
    ["its host name", { address: { hostname: "m1.example.com", port: 5051 } }, { host: "m1.example.com", port: 5051 }],
    ["its pid", { ...INFO, address: undefined }, { host: "192.0.2.1", port: 5050 }],
    ["its own host name and port", { hostname: "m1.example.com", port: 5051 }, { host: "m1.example.com", port: 5051 }],
    ["the default port", { hostname: "m1.example.com" }, { host: "m1.example.com", port: 5050 }],
    ["what is valid of it", { ...INFO, address: { ip: "192.0.2.9", port: 0 } }, { host: "192.0.2.1", port: 5050 }],
  ])("is found by %s", (_, info, expected) => {
    expect(address(info)).toEqual(expected);
  });

  it("that has two nodes, as after a restart, is listed once, in the place of the first", () => {
    const other = { pid: "master@192.0.2.2:5050" };
    const nodes = [
      node("json.info_0000000001", INFO),
      node("json.info_0000000002", other),
      node("json.info_0000000003", INFO),
    ];
    expect(readElection(nodes).masters.map(({ host }) => host)).toEqual(["192.0.2.1", "192.0.2.2"]);
  });

  it.each([
    ["not JSON", "it is not JSON"],
    ["", "it is not JSON"],
    [[], "it is not a JSON object"],
    [{}, "it names neither an address, nor a pid, nor a host name"],
    [{ address: { ip: "192.0.2.1/x?", port: 5050 } }, "it names neither an address, nor a pid, nor a host name"],
    [{ hostname: "m1.example.com", port: "5050" }, "it names neither an address, nor a pid, nor a host name"],
  ])("whose node contains %j is left out with the reason, and the others are kept", (data, reason) => {
    const nodes = [node("json.info_0000000001", data), node("json.info_0000000002", INFO)];
    expect(readElection(nodes)).toEqual({
      masters: [{ host: "192.0.2.1", port: 5050 }],
      unreadable: [{ node: "json.info_0000000001", reason }],
    });
  });

  it("before Mesos 0.24 is left out with advice", () => {
    expect(readElection([node("info_0000000001", "\n\x05")])).toEqual({
      masters: [],
      unreadable: [
        { node: "info_0000000001", reason: expect.stringMatching(/protobuf .* Mesos 0\.24.*; list masters/) },
      ],
    });
  });
});

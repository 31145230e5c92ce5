import { describe, expect, test } from "vitest";
import {
  desiredServices,
  KnownServices,
  readEntry,
  type Table,
  type TableEntry,
  withoutDrained,
} from "../../../src/vip-node/table.js";

const TRAITS = { ownAddresses: new Set(["192.0.2.1"]), mapsLocally: false };
const REDIS = {
  vip: "redis.marathon.l4lb.thisdcos.directory:6379",
  address: "11.202.66.162",
  protocol: "tcp",
  backend: [
    { ip: "192.0.2.1", port: 31_000, weight: 1, agent: "192.0.2.1", local: { ip: "172.31.254.2", port: 6_379 } },
    { ip: "192.0.2.2", port: 31_001, weight: 0, agent: "192.0.2.2" },
  ],
};

function tableOf(...entries: object[]): Table {
  return new Map(entries.map((entry, index) => [`${index}`, readEntry(entry) as TableEntry]));
}

describe("an entry of the table", () => {
  test("is read as servers send it", () => {
    expect(readEntry(REDIS)).toEqual(REDIS);
    expect(readEntry({ ...REDIS, vip: "[fd01:c::77]:80", address: "FD01:C:0::77", backend: [] })?.address).toBe(
      "fd01:c::77",
    );
  });

  test.each([
    ["no object", 7],
    ["no port", { ...REDIS, vip: "redis" }],
    ["port 0", { ...REDIS, vip: "redis:0" }],
    ["no address", { ...REDIS, address: "11.202.66" }],
    ["another protocol", { ...REDIS, protocol: "sctp" }],
    ["no targets", { ...REDIS, backend: undefined }],
    ["a weight that is none", { ...REDIS, backend: [{ ...REDIS.backend[0], weight: 257 }] }],
    ["a target's port that is none", { ...REDIS, backend: [{ ...REDIS.backend[0], port: "31000" }] }],
    ["a target's address that is none", { ...REDIS, backend: [{ ...REDIS.backend[0], ip: "host; flush ruleset" }] }],
  ])("with %s is none", (_, entry) => {
    expect(readEntry(entry)).toBeUndefined();
  });
});

describe("what a node carries", () => {
  test("is each address, port and protocol once, with all targets", () => {
    const again = { ...REDIS, backend: [{ ip: "192.0.2.2", port: 31_001, weight: 3, agent: "192.0.2.2" }] };
    const [service, ...more] = desiredServices(tableOf(REDIS, again), TRAITS);
    expect(more).toEqual([]);
    expect(service).toMatchObject({ address: "11.202.66.162", port: 6_379, protocol: "tcp", name: REDIS.vip });
    expect(service.targets).toEqual([
      { ip: "192.0.2.1", port: 31_000, weight: 1 },
      { ip: "192.0.2.2", port: 31_001, weight: 3 },
    ]);
  });

  test("is the container itself in place of a port of this node, where the kernel does not map it twice", () => {
    const [service] = desiredServices(tableOf(REDIS), { ...TRAITS, mapsLocally: true });
    expect(service.targets[0]).toEqual({ ip: "172.31.254.2", port: 6_379, weight: 1 });
    const elsewhere = { ...TRAITS, mapsLocally: true, ownAddresses: new Set(["192.0.2.9"]) };
    expect(desiredServices(tableOf(REDIS), elsewhere)[0].targets[0].ip).toBe("192.0.2.1");
  });

  test("has no targets of weight 0 where they mean nothing", () => {
    const [service] = withoutDrained(desiredServices(tableOf(REDIS), TRAITS));
    expect(service.targets).toEqual([{ ip: "192.0.2.1", port: 31_000, weight: 1 }]);
  });

  test("stay the same objects while their entries and the node's addresses do", () => {
    const known = new KnownServices();
    const table = tableOf(REDIS, { ...REDIS, address: "11.202.66.163" });
    const traits = { ...TRAITS, mapsLocally: true };
    const [first, second] = desiredServices(table, traits, known);
    const changed = new Map([...table, ...tableOf({ ...REDIS, backend: [] })]);
    const [other, same] = desiredServices(changed, traits, known);
    expect([other.targets, same === second]).toEqual([[], true]);
    const [again] = desiredServices(table, { ...traits, ownAddresses: new Set(["192.0.2.2"]) }, known);
    expect([first.targets[0].ip, again.targets[0].ip]).toEqual(["172.31.254.2", "192.0.2.1"]);
  });

  test("without targets of weight 0 are the same objects where there is none", () => {
    const services = desiredServices(tableOf({ ...REDIS, backend: [REDIS.backend[0]] }), TRAITS);
    expect(withoutDrained(services)[0]).toBe(services[0]);
  });
});

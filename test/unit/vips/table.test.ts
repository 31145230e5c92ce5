import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Agent, Cluster, Framework, Task } from "../../../src/sources/mesos/cluster.js";
import type { Label } from "../../../src/sources/mesos/facts/facts.js";
import { readVip } from "../../../src/vips/label.js";
import { vipName } from "../../../src/vips/name.js";
import { numberOf, type VipOptions, VipTable } from "../../../src/vips/table.js";
import { vipText } from "../../../src/vips/text.js";

const ZONE = "l4lb.thisdcos.directory";
const OPTIONS: VipOptions = {
  zone: ZONE,
  ipv4: { first: numberOf("11.0.0.0"), last: numberOf("11.0.0.20") },
  ipv6: { first: numberOf("fd01:c::"), last: numberOf("fd01:c::ffff") },
  addresses: {},
  failOpen: false,
  lingerMs: 60_000,
};
const LEADER = { host: "192.0.2.1", port: 5050 };

interface TaskOptions {
  readonly vip?: string;
  readonly labels?: readonly Label[];
  readonly healthy?: boolean;
  readonly isChecked?: boolean;
  readonly ip?: string;
  readonly agent?: string;
  readonly port?: number;
}

function task(
  id: string,
  { vip = "/redis:6379", labels = [], healthy, isChecked, ip, agent = "S1", port = 80 }: TaskOptions = {},
): Task {
  return {
    id,
    name: id,
    agentId: agent,
    discovery: { name: id, ports: [{ number: port, name: "", protocol: "tcp" }] },
    ports: [],
    addresses: {},
    facts: {
      labels: [],
      portLabels: [[{ key: "VIP_0", value: vip }, ...labels]],
      hasHealthCheck: isChecked ?? healthy !== undefined,
      containerType: "MESOS",
      mappings: [],
      hasNetworks: true,
      dropped: 0,
    },
    statusFacts: {
      ...(healthy !== undefined && { healthy }),
      networks: [{ name: "dcos", addresses: [ip ?? "198.51.100.1"] }],
      mappings: [],
      dropped: 0,
    },
  };
}

function clusterOf(tasks: readonly Task[], killing: readonly Task[] = [], name = "marathon"): Cluster {
  const agents = new Map<string, Agent>(
    ["S1", "S2"].map((id, index) => [
      id,
      { id, endpoint: { host: `192.0.2.${10 + index}`, port: 5051 }, hostname: id },
    ]),
  );
  const framework: Framework = { id: "F", name, hostname: "", tasks, ...(killing.length > 0 && { killing }) };
  return { leader: LEADER, agents, frameworks: [framework], skipped: [] };
}

function tableOf(options: Partial<VipOptions> = {}) {
  const table = new VipTable({ ...OPTIONS, ...options });
  const update = (cluster: Cluster, now = 0) => table.update(cluster, (host) => [host], now);
  return { table, update };
}

const lines = (table: VipTable) => table.services.map((service) => vipText(service, ZONE));
const weights = (table: VipTable) => table.services[0]?.backends.map(({ ip, weight }) => `${ip} ${weight}`);

describe("a target", () => {
  test.each([
    ["runs, and nobody checks it", {}, 1],
    ["has passed its health checks", { healthy: true }, 1],
    ["fails them", { healthy: false }, 0],
    ["has not passed any yet", { isChecked: true }, 0],
    ["has a label with its weight", { labels: [{ key: "vip-weight", value: "7" }] }, 7],
    ["has a label with too much weight", { labels: [{ key: "vip-weight", value: "999" }] }, 256],
    ["has a label with no weight at all", { labels: [{ key: "vip-weight", value: "much" }] }, 1],
  ])("%s", (_what, options, weight) => {
    const { table, update } = tableOf();
    update(clusterOf([task("a", options)]));
    expect(weights(table)).toEqual([`198.51.100.1 ${weight}`]);
  });

  test("that is being killed keeps its connections and gets no new ones", () => {
    const { table, update } = tableOf();
    const a = task("a");
    update(clusterOf([a]));
    update(clusterOf([], [a]));
    expect(weights(table)).toEqual(["198.51.100.1 0"]);
  });

  test("counts once with the larger weight if two tasks have its address and port", () => {
    const { table, update } = tableOf();
    update(clusterOf([task("a", { healthy: false }), task("b", { healthy: true })]));
    expect(weights(table)).toEqual(["198.51.100.1 1"]);
  });

  test("that fails counts as healthy where no other is left, if that is wanted; one that is being killed never does", () => {
    const tasks = [task("a", { healthy: false }), task("b", { healthy: false, ip: "198.51.100.2" })];
    const killing = [task("c", { ip: "198.51.100.3" })];
    const open = tableOf({ failOpen: true });
    open.update(clusterOf(tasks, killing));
    expect(weights(open.table)).toEqual(["198.51.100.1 1", "198.51.100.2 1", "198.51.100.3 0"]);
    open.update(clusterOf([task("a", { healthy: true }), ...tasks.slice(1)], killing));
    expect(weights(open.table)).toEqual(["198.51.100.1 1", "198.51.100.2 0", "198.51.100.3 0"]);
  });
});

describe("a virtual address", () => {
  test("stays for a while without targets, and is the same one if they come back", () => {
    const { table, update } = tableOf();
    const a = task("a");
    update(clusterOf([a]), 1_000);
    const before = table.names.get("redis.marathon");
    expect([...update(clusterOf([]), 5_000)]).toEqual(["redis.marathon 6379 tcp 4"]);
    expect(table.names.get("redis.marathon")).toEqual(before);
    expect(table.services[0]?.backends).toEqual([]);
    expect(table.nextEnd).toBe(65_000);
    expect([...update(clusterOf([]), 64_999)]).toEqual([]);
    update(clusterOf([a]), 64_999);
    expect(table.nextEnd).toBeUndefined();
    update(clusterOf([]), 70_000);
    expect([...update(clusterOf([]), 130_000)]).toEqual(["redis.marathon 6379 tcp 4"]);
    expect(table.names.size).toBe(0);
    expect(table.services).toEqual([]);
  });

  test("is one for two labels that lead to one name", () => {
    const { table, update } = tableOf();
    update(clusterOf([task("a"), task("b", { vip: "Redis:6379", ip: "198.51.100.2" })]));
    expect(table.services).toHaveLength(1);
    expect(weights(table)).toEqual(["198.51.100.1 1", "198.51.100.2 1"]);
  });

  test("may be pinned, and nobody else gets that address", () => {
    const { table, update } = tableOf();
    update(clusterOf([task("a")]));
    const own = table.names.get("redis.marathon")?.ipv4 ?? "";
    const pinned = tableOf({ addresses: { "other.marathon": own } });
    pinned.update(clusterOf([task("a"), task("b", { vip: "/other:1" })]));
    expect(pinned.table.names.get("other.marathon")?.ipv4).toBe(own);
    expect(pinned.table.names.get("redis.marathon")?.ipv4).not.toBe(own);
  });

  test("that is pinned to a name is no literal of anybody else", () => {
    const { table, update } = tableOf({ addresses: { "redis.marathon": "1.2.3.4" } });
    update(clusterOf([task("a"), task("b", { vip: "1.2.3.4:6379", ip: "198.51.100.2" })]));
    expect(lines(table).join()).not.toContain("198.51.100.2");
    expect(table.skipped).toEqual([{ task: "b F", reason: "address", label: "1.2.3.4:6379" }]);
  });

  test("has no target that is a virtual address itself, which is counted", () => {
    const { table, update } = tableOf();
    update(clusterOf([task("a", { ip: "11.0.0.7" }), task("b", { vip: "/other:1" })]));
    expect(table.services.map(({ id }) => id.vip)).toEqual(["other.marathon"]);
    expect(table.skipped).toEqual([{ task: "a F", reason: "address", label: "redis.marathon:6379" }]);
  });

  test("that another one needs tells so, and every service whose address moves has changed", () => {
    // Ranges of two addresses: with three names somebody collides, and one has none.
    const { table, update } = tableOf({ ipv4: { first: numberOf("11.0.0.0"), last: numberOf("11.0.0.1") } });
    const all = ["a", "b", "c"].map((id) => task(id, { vip: `/${id}:1`, ip: `198.51.100.${id.charCodeAt(0)}` }));
    update(clusterOf(all.slice(1)));
    const before = new Map(table.names);
    const touched = update(clusterOf(all));
    expect(table.counts.collisions.length).toBeGreaterThan(0);
    expect(table.services).toHaveLength(2);
    for (const [name, { ipv4 }] of before)
      if (table.names.get(name)?.ipv4 !== ipv4) expect(touched).toContain(`${name} 1 tcp 4`);
  });

  test("has no target of a task without an address, which is counted", () => {
    const { table, update } = tableOf();
    const lost = task("a");
    update(clusterOf([{ ...lost, statusFacts: { networks: [], mappings: [], dropped: 0 } }]));
    expect(table.services).toEqual([]);
    expect(table.skipped).toEqual([{ task: "a F", reason: "address", label: "/redis:6379" }]);
  });

  test("that is literal has no name, whatever the framework", () => {
    const { table, update } = tableOf();
    update(clusterOf([task("a", { vip: "1.2.3.4:5000" })]));
    expect(lines(table)).toEqual([
      '{"vip":"1.2.3.4:5000","address":"1.2.3.4","protocol":"tcp","backend":[{"ip":"198.51.100.1","port":80,"weight":1,"agent":"192.0.2.10"}]}',
    ]);
    expect(table.names.size).toBe(0);
  });
});

test("what a table has come to does not depend on the way there", () => {
  const options = fc.record({
    vip: fc.constantFrom("/redis:6379", "/api:80", "/web:80", "1.2.3.4:5000", "bad", "/___:1"),
    healthy: fc.constantFrom(true, false, undefined),
    ip: fc.constantFrom("198.51.100.1", "198.51.100.2", "2001:db8::1"),
    agent: fc.constantFrom("S1", "S2", "S3"),
    killing: fc.boolean(),
  });
  const states = fc.array(fc.dictionary(fc.constantFrom("a", "b", "c", "d", "e", "f"), options, { maxKeys: 6 }), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(states, (steps) => {
      const { table, update } = tableOf({ lingerMs: 0 });
      let last = clusterOf([]);
      for (const step of steps) {
        const made = Object.entries(step).map(([id, { killing, healthy, ...rest }]) => ({
          killing,
          task: task(id, { ...rest, ...(healthy !== undefined && { healthy }) }),
        }));
        const of = (isKilling: boolean) => made.filter(({ killing }) => killing === isKilling).map((each) => each.task);
        last = clusterOf(of(false), of(true));
        update(last);
      }
      const fresh = tableOf({ lingerMs: 0 });
      fresh.update(last);
      expect(lines(table)).toEqual(lines(fresh.table));
      expect([...table.names].sort()).toEqual([...fresh.table.names].sort());
    }),
    { numRuns: 200 },
  );
});

test.each(["/nocolon", "/x:0", "/x:-1", "/x:http", "", ":80", "/x: 80", "/x:65536", "/x:+80"])(
  "%j is no virtual address",
  (value) => {
    expect(readVip(value)).toBeUndefined();
  },
);

test("a name that is empty or too long is none", () => {
  expect(vipName("/___", "marathon", ZONE)).toBeUndefined();
  expect(vipName("/redis", "...", ZONE)).toBeUndefined();
  expect(vipName("x".repeat(63).concat(".").repeat(4), "marathon", ZONE)).toBeUndefined();
  expect(vipName("/a..b", "Marathon.Prod", ZONE)).toBe("a.b.marathon.prod");
});

test("what an update says has changed is all that has, also where addresses are too few", () => {
  const vips = fc.uniqueArray(fc.constantFrom("/a:1", "/b:1", "/c:1", "/d:1", "11.0.0.1:1"));
  fc.assert(
    fc.property(fc.array(vips, { minLength: 2, maxLength: 8 }), (steps) => {
      const { table, update } = tableOf({
        ipv4: { first: numberOf("11.0.0.0"), last: numberOf("11.0.0.2") },
        lingerMs: 0,
      });
      const told = new Map<string, string>();
      for (const step of steps) {
        const tasks = step.map((vip) => task(vip, { vip, ip: `198.51.100.${1 + vip.charCodeAt(1)}` }));
        for (const key of update(clusterOf(tasks))) {
          const service = table.service(key);
          if (service) told.set(key, vipText(service, ZONE));
          else told.delete(key);
        }
        expect([...told.values()].sort()).toEqual([...lines(table)].sort());
        const addresses = table.services.map(({ id, address }) => `${address} ${id.port}`);
        expect(new Set(addresses).size).toBe(addresses.length);
        const { services, collisions, without } = table.counts;
        expect(services).toBe(addresses.length);
        for (const name of without)
          expect([table.names.has(name), collisions.flat().includes(name)]).toEqual([false, false]);
      }
    }),
    { numRuns: 200 },
  );
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Address, parseAddress } from "../../../src/base/addresses.js";
import type { Build } from "../../../src/build/build-result.js";
import type { ZoneBuilder } from "../../../src/build/zone-builder.js";
import type { Agent, Cluster, Framework, Task } from "../../../src/sources/mesos/cluster.js";
import { addressesOf } from "../../../src/zone/dump.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { configOf } from "../config/support.js";
import { builderOf } from "./support.js";

const RUNS = Number(process.env.ZONE_CHANGE_RUNS ?? 10);

/** Compares a builder that changes its last zone with one that builds the same cluster for the first time. */

const MASTERS = [
  { host: "192.0.2.1", port: 5050 },
  { host: "192.0.2.2", port: 5050 },
];

class Serving {
  readonly builder: ZoneBuilder;
  snapshot = Snapshot.empty([]);
  resolved = new Map<string, readonly Address[]>();

  constructor(keys: object = {}) {
    this.builder = builderOf(keys, { hosts: { resolve: async () => this.resolved } });
  }

  async build(cluster: Cluster, masters = MASTERS): Promise<Build> {
    const build = await this.builder.build(cluster, masters);
    if (build.update) this.snapshot = this.snapshot.with(build.update);
    return build;
  }
}

function agentAt(id: string, host: string): Agent {
  return { id, hostname: `${id}.example.com`, endpoint: { host, port: 5051 } };
}

function taskOf(id: string, agentId: string, ip?: string, name = "web"): Task {
  return { id, name, agentId, ports: [[31000, 31001]], addresses: ip === undefined ? {} : { netinfo: [ip] } };
}

function clusterOf(agents: readonly Agent[], frameworks: readonly Framework[], leader = MASTERS[0]): Cluster {
  return { leader, agents: new Map(agents.map((agent) => [agent.id, agent])), frameworks, skipped: [] };
}

/** Draws from few names, addresses and agents, so that tasks share them, lose them and get them back. */
const taskArbitrary = fc.record({
  id: fc.integer({ min: 0, max: 11 }),
  agent: fc.integer({ min: 0, max: 3 }),
  name: fc.constantFrom("web", "db", "a.b", "-", "*"),
  ip: fc.constantFrom(undefined, "203.0.113.1", "203.0.113.2", "2001:db8::1", "172.17.0.2", "nonsense"),
  discovery: fc.constantFrom(undefined, "Disco.Very", "web"),
  isHealthy: fc.boolean(),
  isMapped: fc.boolean(),
});
const clusterArbitrary = fc.record({
  agents: fc.uniqueArray(fc.record({ id: fc.integer({ min: 0, max: 3 }), host: fc.integer({ min: 0, max: 4 }) }), {
    selector: ({ id }) => id,
    maxLength: 4,
  }),
  frameworks: fc.uniqueArray(
    fc.record({
      id: fc.integer({ min: 0, max: 2 }),
      name: fc.constantFrom("marathon", "group/marathon", "leader", ""),
      pid: fc.constantFrom(undefined, "192.0.2.30", "scheduler.example"),
      tasks: fc.array(taskArbitrary, { maxLength: 8 }),
    }),
    { selector: ({ id }) => id, maxLength: 3 },
  ),
  leader: fc.integer({ min: 0, max: 1 }),
  scheduler: fc.constantFrom("198.51.100.1", "198.51.100.2", ""),
});
type Drawn = typeof clusterArbitrary extends fc.Arbitrary<infer T> ? T : never;

/**
 * A cluster, followed by variants of it: with one part drawn anew, one framework with the tasks of another, or tasks with a
 * changed health.
 */
const historyArbitrary = fc
  .tuple(
    clusterArbitrary,
    fc.array(
      fc.tuple(
        fc.constantFrom("agents", "frameworks", "leader", "scheduler", "tasks", "health"),
        clusterArbitrary,
        fc.nat(7),
      ),
      { minLength: 1, maxLength: 8 },
    ),
  )
  .map(([first, steps]) => {
    const drawings = [first];
    for (const [part, other, index] of steps) {
      const last = drawings[drawings.length - 1];
      const { frameworks } = last;
      if (part === "tasks") {
        drawings.push({ ...last, frameworks: frameworks.map((one, i) => withTasks(one, i === index % 3, other)) });
      } else if (part === "health") {
        drawings.push({ ...last, frameworks: frameworks.map((one) => withFlip(one, index)) });
      } else drawings.push({ ...last, [part]: other[part] });
    }
    return drawings;
  });

type DrawnFramework = Drawn["frameworks"][0];

function withTasks(framework: DrawnFramework, isMeant: boolean, { frameworks: [other] }: Drawn): DrawnFramework {
  if (!isMeant || !other) return framework;
  const { tasks } = framework;
  const half = tasks.length >>> 1;
  return { ...framework, tasks: [...tasks.slice(0, half), ...other.tasks.slice(0, 2), ...tasks.slice(half + 1)] };
}

/** The same tasks, with the health of one of them inverted. */
function withFlip(framework: DrawnFramework, index: number): DrawnFramework {
  const flipped = framework.tasks[index];
  if (!flipped) return framework;
  return { ...framework, tasks: framework.tasks.with(index, { ...flipped, isHealthy: !flipped.isHealthy }) };
}

/** Returns the same object for the same drawing, as reading an unchanged task again does. */
class Cast {
  readonly #known = new Map<string, unknown>();

  of<T>(key: unknown, make: () => T): T {
    const text = JSON.stringify(key);
    if (!this.#known.has(text)) this.#known.set(text, make());
    return this.#known.get(text) as T;
  }

  task(framework: number, drawn: DrawnFramework["tasks"][0], nth: number): Task {
    const { id, agent, name, ip, discovery, isHealthy, isMapped } = drawn;
    return this.of(["task", framework, nth, drawn], () => {
      const known = taskOf(`${name}.${id}`, `S${agent}`, ip, name);
      const task: Task = {
        ...known,
        ...(!isHealthy && { unhealthy: true }),
        ...(isMapped && { networkMapsPorts: true }),
      };
      return discovery === undefined
        ? task
        : { ...task, discovery: { name: discovery, ports: [{ number: 80, name: "http", protocol: "tcp" }] } };
    });
  }

  cluster({ agents, frameworks, leader }: Drawn): Cluster {
    return clusterOf(
      agents.map((drawn) => this.of(["agent", drawn], () => agentAt(`S${drawn.id}`, hostOf(drawn.host)))),
      frameworks.map((drawn) =>
        this.of(["framework", drawn], () => ({
          id: `F${drawn.id}`,
          name: drawn.name,
          hostname: "",
          ...(drawn.pid !== undefined && { pid: { host: drawn.pid, port: 8080 } }),
          // Two tasks of a framework may be drawn alike, but must be two objects.
          tasks: drawn.tasks.map((task, i) =>
            this.task(drawn.id, task, drawn.tasks.slice(0, i).filter((one) => isAlike(one, task)).length),
          ),
        })),
      ),
      MASTERS[leader],
    );
  }
}

function isAlike(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function hostOf(number: number): string {
  return number === 4 ? "agent.example" : `192.0.2.${10 + number}`;
}

function resolvedTo(text: string): Map<string, readonly Address[]> {
  const address = parseAddress(text);
  return new Map(
    address
      ? [
          ["scheduler.example", [address]],
          ["agent.example", [address]],
        ]
      : [],
  );
}

/** Records of the operator's own that get into the way of those that are drawn. */
const OWN = [
  { name: "web.marathon", type: "A", value: "192.0.2.80" },
  { name: "db.marathon", type: "CNAME", value: "web.marathon.mesos." },
  { name: "*.marathon", type: "TXT", value: "wild" },
  {
    name: "_web._tcp.marathon",
    type: "SRV",
    value: { priority: 1, weight: 2, port: 3, target: "web.marathon.mesos." },
  },
];
const DELEGATED = [
  { name: "marathon", type: "NS", value: ["ns1.marathon.mesos.", "ns.example.net."] },
  { name: "ns1.marathon", type: "A", value: "192.0.2.53" },
];

describe("a zone that is changed piece by piece", () => {
  test.each([
    ["health ignored", {}],
    ["the unhealthy left out", { healthPolicy: "omitUnhealthy" }],
    ["with records of the operator's own", { records: OWN, healthPolicy: "omitUnhealthy", dcosNames: true }],
    ["with a part that is delegated", { records: DELEGATED, healthPolicy: "omitUnhealthy" }],
    ["DC/OS's names", { dcosNames: true, healthPolicy: "omitUnhealthy", domain: "dc1.example" }],
  ])("equals one that is built anew, octet for octet, whatever changed: %s", async (_, keys) => {
    await fc.assert(
      fc.asyncProperty(historyArbitrary, async (drawings) => {
        const cast = new Cast();
        const changing = new Serving(keys);
        for (const drawn of drawings) {
          const cluster = cast.cluster(drawn);
          const fresh = new Serving(keys);
          changing.resolved = resolvedTo(drawn.scheduler);
          fresh.resolved = changing.resolved;
          const [changed, built] = [await changing.build(cluster), await fresh.build(cluster)];
          expect([changed.names, changed.records]).toEqual([built.names, built.records]);
          const sorted = ({ hidden }: Build) => hidden.map((one) => JSON.stringify(one)).sort();
          expect(sorted(changed)).toEqual(sorted(built));
          expect(new Set(changed.skipped.map((one) => JSON.stringify(one)))).toEqual(
            new Set(built.skipped.map((one) => JSON.stringify(one))),
          );
          for (const [index, shard] of built.update?.shards ?? []) {
            const [one, other] = [changing.snapshot.shards[index], new Uint32Array(shard)];
            expect(one.words.subarray(0, one.words[2])).toEqual(other.subarray(0, other[2]));
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  test("equals one that is built anew, however many tasks are counted before memory is set aside for all of them", async () => {
    const agents = [agentAt("S1", "192.0.2.11"), agentAt("S2", "192.0.2.12")];
    // Of those with the same address, some are on different agents, which takes its name away from the first ones.
    const tasks = Array.from({ length: 9_000 }, (_, i) =>
      taskOf(`web.${i}`, `S${1 + (i % 7 === 0 ? 1 : 0)}`, `10.0.${i % 20}.${i % 251}`, `w${i % 500}`),
    );
    const framework = { id: "F", name: "marathon", hostname: "", tasks };
    const [changed, whole] = [new Serving(), new Serving()];
    await changed.build(clusterOf(agents, [{ ...framework, tasks: [] }]));
    expect((await changed.build(clusterOf(agents, [framework]))).isWhole).toBe(false);
    const build = await whole.build(clusterOf(agents, [framework]));
    expect(build.records).toBeGreaterThan(20_000);
    for (const [index, memory] of build.update?.shards ?? []) {
      const [one, other] = [changed.snapshot.shards[index], new Uint32Array(memory)];
      expect(Buffer.compare(one.octets.subarray(0, one.words[2] * 4), Buffer.from(memory, 0, other[2] * 4))).toBe(0);
    }
  });

  test("is changed, not built anew, if one task of many moves", async () => {
    const agents = [agentAt("S1", "192.0.2.11"), agentAt("S2", "192.0.2.12")];
    const tasks = Array.from({ length: 500 }, (_, i) => taskOf(`web.${i}`, "S1", undefined, `web${i}`));
    const framework = { id: "F", name: "marathon", hostname: "", tasks };
    const serving = new Serving();
    expect((await serving.build(clusterOf(agents, [framework]))).isWhole).toBe(true);
    const moved = tasks.with(250, taskOf("web.250", "S2", undefined, "web250"));
    const build = await serving.build(clusterOf(agents, [{ ...framework, tasks: moved }]));
    expect(build.isWhole).toBe(false);
    // Only shards with its names and services change.
    expect(build.update?.shards.length).toBeLessThan(20);
  });

  test("has all of a name's tasks again when the last healthy one fails, and nothing else changes", async () => {
    const agents = [agentAt("S1", "192.0.2.11")];
    const tasks = Array.from({ length: 200 }, (_, i): Task => {
      const task = taskOf(`web.${i}`, "S1", `203.0.113.${i}`, `web${i % 50}`);
      return i < 50 ? task : { ...task, unhealthy: true };
    });
    const cluster = (now: readonly Task[]) =>
      clusterOf(agents, [{ id: "F", name: "marathon", hostname: "", tasks: now }]);
    const serving = new Serving({ healthPolicy: "omitUnhealthy" });
    await serving.build(cluster(tasks));
    expect(addressesOf(serving.snapshot, "web7.marathon.mesos")).toEqual(["203.0.113.7"]);
    const failed = await serving.build(cluster(tasks.with(7, { ...tasks[7], unhealthy: true })));
    expect(addressesOf(serving.snapshot, "web7.marathon.mesos")).toEqual([
      "203.0.113.7",
      "203.0.113.57",
      "203.0.113.107",
      "203.0.113.157",
    ]);
    expect(failed.isWhole).toBe(false);
    // The shared name and four services change. The agent's addresses are the same for all tasks.
    expect(failed.update?.shards.length).toBeLessThanOrEqual(5);
    const recovered = await serving.build(cluster(tasks.with(7, { ...tasks[7] })));
    expect(addressesOf(serving.snapshot, "web7.marathon.mesos")).toEqual(["203.0.113.7"]);
    expect(recovered.update?.shards.length).toBe(failed.update?.shards.length);
  });

  test("has DC/OS's names as long as they are configured", async () => {
    const agents = [agentAt("S1", "192.0.2.11")];
    const framework = { id: "F", name: "marathon", hostname: "", tasks: [taskOf("web.1", "S1", "203.0.113.1")] };
    const serving = new Serving();
    const addresses = () => addressesOf(serving.snapshot, "web.marathon.autoip.dcos.thisdcos.directory");
    const configured = async (keys: object) => {
      serving.builder.configure(configOf(keys));
      const build = await serving.builder.rebuild();
      if (build?.update) serving.snapshot = serving.snapshot.with(build.update);
      return serving.snapshot.zones.map(({ apex }) => apex.zone);
    };
    await serving.build(clusterOf(agents, [framework]));
    expect(addresses()).toEqual([]);
    expect(await configured({ dcosNames: true })).toEqual(["mesos", "thisdcos.directory", ""]);
    expect(addresses()).toEqual(["203.0.113.1"]);
    expect(await configured({})).toEqual(["mesos", ""]);
    expect(addresses()).toEqual([]);
  });

  test("is built anew when removed names outnumber those that are left", async () => {
    const agents = [agentAt("S1", "192.0.2.11")];
    const serving = new Serving();
    let whole = 0;
    for (let round = 0; round < 12; round++) {
      const tasks = Array.from({ length: 300 }, (_, i) =>
        taskOf(`web.${round}.${i}`, "S1", undefined, `w${round}-${i}`),
      );
      const build = await serving.build(clusterOf(agents, [{ id: "F", name: "marathon", hostname: "", tasks }]));
      whole += Number(build.isWhole);
      expect(build.records).toBeGreaterThan(600);
    }
    expect(whole).toBeGreaterThan(1);
    expect(whole).toBeLessThan(8);
  });

  test("is built anew under another configuration, and if frameworks cannot be told apart", async () => {
    const serving = new Serving();
    const cluster = clusterOf([agentAt("S1", "192.0.2.11")], [{ id: "F", name: "marathon", hostname: "", tasks: [] }]);
    await serving.build(cluster);
    expect((await serving.build(cluster)).isWhole).toBe(false);
    serving.builder.configure(configOf({ ttl: 5 }));
    expect((await serving.builder.rebuild())?.isWhole).toBe(true);
    const twins = { ...cluster, frameworks: [...cluster.frameworks, ...cluster.frameworks] };
    expect((await serving.build(twins)).isWhole).toBe(true);
  });
});

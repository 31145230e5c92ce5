import { describe, expect, test } from "vitest";
import { type Address, parseAddress } from "../../../src/base/addresses.js";
import type { Build } from "../../../src/build/build-result.js";
import type { Cluster, Task } from "../../../src/sources/mesos/cluster.js";
import { addressesOf, recordsOf } from "../../../src/zone/dump.js";
import { firstSerial, serialAt } from "../../../src/zone/serial.js";
import { ShardPool } from "../../../src/zone/shard-pool.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { configOf } from "../config/support.js";
import { builderOf } from "./support.js";

const MASTER = { host: "192.0.2.1", port: 5050 };
const OWNER = "11.2.0.192.in-addr.arpa";

function clusterOf(agentHost: string): Cluster {
  const agent = { id: "a-S1", hostname: "n1.example.com", endpoint: { host: agentHost, port: 5051 } };
  return { leader: MASTER, agents: new Map([[agent.id, agent]]), frameworks: [], skipped: [] };
}

function addresses(...texts: string[]): Address[] {
  return texts.map(parseAddress).filter((address) => address !== undefined);
}

/** Applies builds to a snapshot, as a responder does. */
function served(...builds: (Build | undefined)[]): Snapshot {
  const updates = builds.flatMap((build) => build?.update ?? []);
  return updates.reduce((snapshot, update) => snapshot.with(update), Snapshot.empty([]));
}

function has(snapshot: Snapshot, name: string): boolean {
  return [...recordsOf(snapshot)].some((set) => set.name === `${name}.`);
}

test("reverse names come and go with the configuration, and the domain stays", async () => {
  const builder = builderOf();
  const first = await builder.build(clusterOf("192.0.2.11"), [MASTER]);
  let snapshot = Snapshot.empty([]);
  if (first.update) snapshot = snapshot.with(first.update);
  expect(has(snapshot, OWNER)).toBe(true);

  builder.configure(configOf({ reverse: false }));
  const second = await builder.rebuild();
  if (second?.update) snapshot = snapshot.with(second.update);
  expect(snapshot.zones.map(({ apex }) => apex.zone)).toEqual(["mesos"]);
  expect([has(snapshot, OWNER), has(snapshot, "n1-example-com.agent.mesos")]).toEqual([false, true]);
  expect(second?.records).toBe(first.records - 2);
});

test("an unchanged cluster results in no update", async () => {
  const builder = builderOf();
  await builder.build(clusterOf("192.0.2.11"), [MASTER]);
  expect((await builder.build(clusterOf("192.0.2.11"), [MASTER])).update).toBeUndefined();
});

test("an agent that moves takes its reverse name along", async () => {
  const builder = builderOf();
  const before = await builder.build(clusterOf("192.0.2.11"), [MASTER]);
  const after = await builder.build(clusterOf("192.0.2.12"), [MASTER]);
  if (!before.update || !after.update) throw new Error("no update");
  const snapshot = Snapshot.empty([]).with(before.update).with(after.update);
  expect([has(snapshot, OWNER), has(snapshot, "12.2.0.192.in-addr.arpa")]).toEqual([false, true]);
  const first = firstSerial(1_700_000_000_000);
  expect(after.update.apexes.map(({ soa }) => soa.serial)).toEqual([first + 1, first + 1]);
});

describe("the serial", () => {
  const SECOND = 1000;

  test("is the time of the change in 32nds of a second, and stays the same while the zone does", async () => {
    let time = 1_700_000_000 * SECOND;
    const builder = builderOf({}, { wallClock: () => time });
    const serials: number[] = [];
    for (const host of ["192.0.2.11", "192.0.2.11", "192.0.2.12"]) {
      serials.push((await builder.build(clusterOf(host), [MASTER])).serial);
      time += 60 * SECOND;
    }
    const first = firstSerial(1_700_000_000 * SECOND);
    expect(serials).toEqual([first, first, serialAt(1_700_000_120 * SECOND)]);
  });

  test("grows by one if the clock stands still or goes back", async () => {
    let time = 1_700_000_000 * SECOND;
    const builder = builderOf({}, { wallClock: () => time });
    const serials: number[] = [];
    for (const host of ["192.0.2.11", "192.0.2.12", "192.0.2.13"]) {
      serials.push((await builder.build(clusterOf(host), [MASTER])).serial);
      if (serials.length === 2) time -= 3600 * SECOND;
    }
    expect(serials).toEqual([serials[0], serials[0] + 1, serials[0] + 2]);
  });

  test("grows for the zone that has changed, and not for others", async () => {
    const builder = builderOf({ dcosNames: true });
    const serialsOf = ({ update }: Build) =>
      Object.fromEntries(update?.apexes.map((each) => [each.zone, each.soa.serial]) ?? []);
    const before = serialsOf(await builder.build(clusterOf("192.0.2.11"), [MASTER]));
    const moved = serialsOf(await builder.build(clusterOf("192.0.2.12"), [MASTER]));
    expect(moved).toEqual({
      mesos: before.mesos + 1,
      "thisdcos.directory": before["thisdcos.directory"] + 1,
      "": before[""] + 1,
    });
    builder.configure(configOf({ dcosNames: true, reverse: true, srvRecordDefaultWeight: 1 }));
    const rebuilt = await builder.rebuild();
    // Built anew as a whole, with the same content.
    expect(rebuilt?.update).toBeUndefined();
  });

  test("continues from what was published before, and stays if that is still true", async () => {
    const former = builderOf();
    await former.build(clusterOf("192.0.2.11"), [MASTER]);
    const { whole } = former;
    if (!whole) throw new Error("nothing was built");
    const shards = whole.shards.map(([, memory]) => memory);
    const start = { generation: 41, apexes: whole.apexes, shards, isLatest: true };
    const { serial, update } = await builderOf({}, { start }).build(clusterOf("192.0.2.11"), [MASTER]);
    expect([serial, update]).toEqual([whole.apexes[0].soa.serial, undefined]);
    const changed = await builderOf({}, { start }).build(clusterOf("192.0.2.12"), [MASTER]);
    expect([changed.serial, changed.generation]).toEqual([whole.apexes[0].soa.serial + 1, 42]);
    // Its shards are those of the former builder, but for what has changed.
    expect(changed.update?.shards.length).toBeLessThan(10);
  });

  test("is a new one even for the same content if something newer may have been published since", async () => {
    const former = builderOf();
    await former.build(clusterOf("192.0.2.11"), [MASTER]);
    const { whole } = former;
    if (!whole) throw new Error("nothing was built");
    const shards = whole.shards.map(([, memory]) => memory);
    const start = { generation: 1, apexes: whole.apexes, shards, isLatest: false };
    const later = 1_700_000_100 * SECOND;
    const { serial, update } = await builderOf({}, { start, wallClock: () => later }).build(clusterOf("192.0.2.11"), [
      MASTER,
    ]);
    expect([serial, update?.shards]).toEqual([firstSerial(later), []]);
  });

  test("grows with a changed configuration of the zone, even if no shard changes", async () => {
    const builder = builderOf();
    const { serial } = await builder.build(clusterOf("192.0.2.11"), [MASTER]);
    expect((await builder.rebuild())?.update).toBeUndefined();
    builder.configure(configOf({ ttl: 5, SOAMinttl: 1 }));
    const rebuilt = await builder.rebuild();
    expect([rebuilt?.serial, rebuilt?.update?.shards]).toEqual([serial + 1, []]);
    expect(rebuilt?.update?.apexes[0]).toMatchObject({ ttl: 5, soa: { minimum: 1, serial: serial + 1 } });
  });
});

describe("what is built", () => {
  test("is undefined before the first state", async () => {
    const builder = builderOf();
    expect(await builder.rebuild()).toBeUndefined();
    expect(builder.enumerate()).toBeUndefined();
  });

  test("moves to another domain with the configuration", async () => {
    const builder = builderOf();
    const first = await builder.build(clusterOf("192.0.2.11"), [MASTER]);
    builder.configure(configOf({ domain: "cluster.example" }));
    const snapshot = served(first, await builder.rebuild());
    expect([has(snapshot, "leader.mesos"), has(snapshot, "leader.cluster.example")]).toEqual([false, true]);
  });

  test("replaces the shards that change, and no others", async () => {
    const builder = builderOf();
    const first = await builder.build(clusterOf("192.0.2.11"), [MASTER]);
    const second = await builder.build(clusterOf("192.0.2.12"), [MASTER]);
    expect(first.update?.shards).toHaveLength(256);
    expect(second.update?.shards.length).toBeGreaterThan(0);
    expect(second.update?.shards.length).toBeLessThan(12);
  });

  test("is in memory that no reader uses any more", async () => {
    const pool = new ShardPool();
    const builder = builderOf({}, { pool });
    const memories = ({ update }: Build) => new Set(update?.shards.map(([, memory]) => memory));
    const first = memories(await builder.build(clusterOf("192.0.2.11"), [MASTER]));
    pool.acknowledge("reader", 1);
    const second = memories(await builder.build(clusterOf("192.0.2.12"), [MASTER]));
    expect([...second].filter((memory) => first.has(memory))).toEqual([]);
    pool.acknowledge("reader", 2);
    const third = memories(await builder.build(clusterOf("192.0.2.11"), [MASTER]));
    expect([...third].filter((memory) => first.has(memory))).not.toEqual([]);
    expect([...third].filter((memory) => second.has(memory))).toEqual([]);
  });

  test("has the addresses of host names, and is counted", async () => {
    const resolved = new Map([["n1.example.com", addresses("192.0.2.11", "2001:db8::b")]]);
    const asked: string[][] = [];
    const hosts = {
      resolve: async (names: ReadonlySet<string>) => {
        asked.push([...names]);
        return resolved;
      },
    };
    const builder = builderOf({ reverse: false }, { hosts });
    const build = await builder.build(clusterOf("n1.example.com"), [MASTER]);
    expect(asked).toEqual([["n1.example.com"]]);
    expect(has(served(build), "slave.mesos")).toBe(true);
    expect(build.skipped).toEqual([]);
  });

  test("is the newest state, however long an older one waits for host names", async () => {
    const waiting: ((names: ReadonlyMap<string, readonly Address[]>) => void)[] = [];
    const hosts = { resolve: () => new Promise<ReadonlyMap<string, readonly Address[]>>((done) => waiting.push(done)) };
    const builder = builderOf({}, { hosts });
    const builds = [builder.build(clusterOf("192.0.2.11"), [MASTER])];
    const finish = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      for (const done of waiting.splice(0).reverse()) done(new Map());
    };
    await finish();
    await builds[0];
    const again = builder.rebuild();
    builds.push(builder.build(clusterOf("192.0.2.12"), [MASTER]));
    const finished: string[] = [];
    void again.then(() => finished.push("older"));
    void builds[1].then(() => finished.push("newer"));
    await finish();
    await finish();
    const snapshot = served(await builds[0], await again, await builds[1]);
    expect(finished).toEqual(["older", "newer"]);
    expect([has(snapshot, OWNER), has(snapshot, "12.2.0.192.in-addr.arpa")]).toEqual([false, true]);
  });

  test("is complete again after a failure", async () => {
    let fails = true;
    const resolve = async () => {
      if (fails) throw new Error("no resolver");
      return new Map();
    };
    const builder = builderOf({}, { hosts: { resolve } });
    await expect(builder.build(clusterOf("192.0.2.11"), [MASTER])).rejects.toThrow("no resolver");
    fails = false;
    expect((await builder.build(clusterOf("192.0.2.11"), [MASTER])).update?.shards).toHaveLength(256);
  });
});

test("a build that fails half way leaves no half of it behind", async () => {
  const agents = [1, 2, 3].map((i) => ({
    id: `a-S${i}`,
    hostname: `n${i}.example.com`,
    endpoint: { host: `192.0.2.${i}`, port: 5051 },
  }));
  const tasksAt = (ip: string, broken: boolean): Task[] =>
    agents.map(({ id }, i) => {
      const task = { id: `t${i}`, name: `web${i}`, agentId: id, ports: [], addresses: { netinfo: [`${ip}.${i}`] } };
      if (!broken || i < 2) return task;
      // Like a programming error, it occurs in the middle of a build.
      return Object.defineProperty(task, "ports", {
        get: () => {
          throw new RangeError("no ports today");
        },
      });
    });
  const clusterWith = (tasks: readonly Task[]): Cluster => ({
    leader: MASTER,
    agents: new Map(agents.map((agent) => [agent.id, agent])),
    frameworks: [{ id: "f", name: "marathon", hostname: "", tasks }],
    skipped: [],
  });
  const builder = builderOf();
  const first = await builder.build(clusterWith(tasksAt("10.0.1", false)), [MASTER]);
  await expect(builder.build(clusterWith(tasksAt("10.0.2", true)), [MASTER])).rejects.toThrow("no ports today");
  const third = await builder.build(clusterWith(tasksAt("10.0.3", false)), [MASTER]);
  const snapshot = served(first, third);
  for (let i = 0; i < 3; i++) expect(addressesOf(snapshot, `web${i}.marathon.mesos`)).toEqual([`10.0.3.${i}`]);
});

describe("a second thread", () => {
  /** What is asked of the helper when a cluster of so many tasks is built twice, the second time under another configuration. */
  async function askedOf(count: number): Promise<string[]> {
    const asked: string[] = [];
    const helper = {
      prepare: () => void asked.push("prepare"),
      offer: () => void asked.push("offer"),
      collect: () => [],
    };
    const builder = builderOf({}, { helper });
    const task: Task = { id: "web.1", name: "web", agentId: "a-S1", ports: [], addresses: {} };
    const framework = { id: "f", name: "marathon", hostname: "", tasks: new Array<Task>(count).fill(task) };
    await builder.build({ ...clusterOf("192.0.2.11"), frameworks: [framework] }, [MASTER]);
    builder.configure(configOf({ reverse: false }));
    await builder.rebuild();
    return asked;
  }

  test("is prepared for the first build of a large cluster, and for no other one", async () => {
    expect(await askedOf(25_000)).toEqual(["prepare", "offer"]);
    expect(await askedOf(24_999)).toEqual(["offer"]);
  });
});

describe("the first build after a restart", () => {
  const taskAt = (id: string, ip: string): Task => {
    return { id, name: id, agentId: "a-S1", ports: [[31_000, 31_000]], addresses: { netinfo: [ip] } };
  };
  const clusterWith = (...tasks: readonly Task[]): Cluster => {
    return { ...clusterOf("n1.example.com"), frameworks: [{ id: "f", name: "marathon", hostname: "", tasks }] };
  };
  const [web, db, api] = [taskAt("web", "10.0.0.1"), taskAt("db", "10.0.0.2"), taskAt("api", "10.0.0.3")];
  const hostAt = (host: string) => ({ resolve: async () => new Map([["n1.example.com", addresses(host)]]) });
  const HOSTS = hostAt("192.0.2.11");

  /** The zone of `web` and `db`, and the builder of the next process. */
  async function restarted(hosts = HOSTS) {
    const former = builderOf({}, { hosts: HOSTS });
    const saved = await former.build(clusterWith(web, db), [MASTER]);
    const { built } = former;
    if (!built) throw new Error("no zone");
    const { generation, apexes, shards } = built;
    const builder = builderOf({}, { hosts, start: { generation, apexes, shards, isLatest: true } });
    return { builder, saved };
  }

  const recordsIn = (snapshot: Snapshot) => JSON.stringify([...recordsOf(snapshot)]);
  async function zoneOf(cluster: Cluster, hosts = HOSTS): Promise<string> {
    return recordsIn(served(await builderOf({}, { hosts }).build(cluster, [MASTER])));
  }

  test("is a change of the restored zone, and publishes nothing if there is none", async () => {
    const { builder } = await restarted();
    await builder.prepare(clusterWith(web, db));
    const { isWhole, update, records } = await builder.build(clusterWith(web, db), [MASTER]);
    expect([isWhole, update, records > 0]).toEqual([false, undefined, true]);
  });

  test("gives the zone of the new cluster, whatever has changed", async () => {
    const { builder, saved } = await restarted(hostAt("192.0.2.12"));
    await builder.prepare(clusterWith(web, db));
    const next = clusterWith(api, web);
    const build = await builder.build(next, [MASTER]);
    expect([build.isWhole, build.update !== undefined]).toEqual([false, true]);
    expect(build.update?.shards.length).toBeLessThan(saved.update?.shards.length ?? 0);
    expect(recordsIn(served(saved, build))).toBe(await zoneOf(next, hostAt("192.0.2.12")));
    const last = await builder.build(clusterWith(api, db), [MASTER]);
    expect(recordsIn(served(saved, build, last))).toBe(await zoneOf(clusterWith(api, db), hostAt("192.0.2.12")));
  });

  test("is a whole one if the zones are others by then", async () => {
    const { builder } = await restarted();
    await builder.prepare(clusterWith(web, db));
    builder.configure(configOf({ reverse: false }));
    expect((await builder.build(clusterWith(web, db), [MASTER])).isWhole).toBe(true);
  });

  test("does not wait for what is restored if that comes too late", async () => {
    const { builder, saved } = await restarted();
    const build = await builder.build(clusterWith(web), [MASTER]);
    await builder.prepare(clusterWith(web, db));
    const after = await builder.build(clusterWith(web), [MASTER]);
    expect([build.isWhole, after.isWhole, after.update]).toEqual([true, false, undefined]);
    expect(recordsIn(served(saved, build))).toBe(await zoneOf(clusterWith(web)));
  });

  test("is a change as well where the restored zone was all that could be published until then", async () => {
    const { builder } = await restarted();
    await builder.prepare(clusterWith(web, db));
    expect(await builder.rebuild()).toBeUndefined();
    expect([...(builder.enumerate() ?? [])].join("")).toContain('"web.marathon.mesos."');
  });
});

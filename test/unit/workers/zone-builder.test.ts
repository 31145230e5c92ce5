import { expect, test } from "vitest";
import type { Cluster } from "../../../src/mesos/cluster.js";
import { ZoneBuilder } from "../../../src/workers/zone-builder.js";
import { encodeName, hashName } from "../../../src/zone/names.js";
import { ShardPool } from "../../../src/zone/shard-pool.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { SEED } from "../../support/zone.js";
import { configOf } from "../config/support.js";

const MASTER = { host: "192.0.2.1", port: 5050 };
const OWNER = "11.2.0.192.in-addr.arpa";

function clusterOf(agentHost: string): Cluster {
  const agent = { id: "a-S1", hostname: "n1.example.com", endpoint: { host: agentHost, port: 5051 } };
  return { leader: MASTER, agents: new Map([[agent.id, agent]]), frameworks: [], skipped: [] };
}

function builderOf(keys: object = {}): ZoneBuilder {
  return new ZoneBuilder({
    config: configOf(keys),
    seed: SEED,
    serial: 0,
    generation: 0,
    hosts: { resolve: async () => new Map() },
    pool: new ShardPool(),
    ownAddresses: () => [],
    wallClock: () => 1_700_000_000_000,
    now: () => 0,
  });
}

function has(snapshot: Snapshot, name: string): boolean {
  const wire = encodeName(name);
  return snapshot.find(wire, 0, wire.length, hashName(wire, 0, wire.length, SEED)) !== 0;
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

test("a cluster that stays as it is gives no update", async () => {
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
  expect(after.update.apexes.map(({ soa }) => soa.serial)).toEqual([1_700_000_001, 1_700_000_001]);
});

import { describe, expect, it } from "vitest";
import type { Cluster } from "../../../../../src/sources/mesos/cluster.js";
import { ShrinkGate } from "../../../../../src/sources/mesos/live/shrink-gate.js";
import { countRecords } from "../../../../../src/views/mesos-dns/record-count.js";
import { agent, cluster, framework, task } from "../../../../support/scripted-master.js";
import { configOf } from "../../../config/support.js";
import { LEADER, NEXT_LEADER, stateFrom } from "./support.js";

const CONFIG = configOf();

/** A cluster with this many tasks, as reported by this leader. */
function clusterOf(tasks: number, master = LEADER): Cluster {
  const list = Array.from({ length: tasks }, (_, i) => task(`t${i}`, { agent: "S0", ports: [31000 + i] }));
  const frameworks = [framework("marathon", { tasks: list })];
  return stateFrom(cluster({ agents: [agent("S0")], frameworks }), master).cluster;
}

/** A gate that has admitted a cluster of 20 tasks. `counts.length` says how often it has counted records. */
function setUp(maxShrink = 50) {
  const counts: number[] = [];
  const count = (each: Cluster) => {
    counts.push(countRecords(each, [], CONFIG));
    return counts.at(-1) ?? 0;
  };
  const gate = new ShrinkGate({ maxShrink, count });
  const whole = clusterOf(20);
  expect(gate.admit(whole, 0, 0)).toBe(true);
  gate.commit(whole);
  return { gate, counts, whole };
}

describe("a state", () => {
  it.each([
    ["grows", 30, 0],
    ["loses a few tasks", 16, 0],
    ["loses nearly half", 13, 2],
  ])("that %s is admitted, and its records are counted only if it may have lost too many", (_, tasks, counted) => {
    const { gate, counts } = setUp();
    expect(gate.admit(clusterOf(tasks), 1_000, 1_000)).toBe(true);
    expect(counts).toHaveLength(counted);
  });

  it("that removes too much is held until a fetch at least five seconds later confirms it", () => {
    const { gate } = setUp();
    const small = clusterOf(2);
    expect(gate.admit(small, 10_000, 9_900)).toBe(false);
    expect(gate.held).toMatchObject({ since: 10_000, leader: small.leader });
    expect(gate.held?.remaining).toBeLessThan((gate.held?.records ?? 0) / 2);
    expect(gate.admit(small, 14_000, 13_000)).toBe(false);
    expect(gate.admit(clusterOf(2), 15_100, 14_999)).toBe(false);
    expect(gate.admit(clusterOf(2), 15_100, 15_000)).toBe(true);
    expect(gate.held).toBeUndefined();
  });

  it("is not confirmed by events, however late", () => {
    const { gate } = setUp();
    expect(gate.admit(clusterOf(2), 10_000, undefined)).toBe(false);
    expect(gate.admit(clusterOf(1), 60_000, undefined)).toBe(false);
    expect(gate.held?.since).toBe(10_000);
  });

  it("of another leader starts a new wait", () => {
    const { gate } = setUp();
    expect(gate.admit(clusterOf(2), 10_000, 10_000)).toBe(false);
    expect(gate.admit(clusterOf(2, NEXT_LEADER), 16_000, 16_000)).toBe(false);
    expect(gate.held?.since).toBe(16_000);
    expect(gate.admit(clusterOf(2, NEXT_LEADER), 21_000, 21_000)).toBe(true);
  });

  it("is no longer held when everything is back", () => {
    const { gate } = setUp();
    expect(gate.admit(clusterOf(2), 10_000, 10_000)).toBe(false);
    expect(gate.admit(clusterOf(19), 11_000, 11_000)).toBe(true);
    expect(gate.held).toBeUndefined();
  });

  it("may remove what the configuration allows", () => {
    const { gate } = setUp(100);
    expect(gate.admit(clusterOf(0), 10_000, 10_000)).toBe(true);
    gate.configure(20);
    expect(gate.admit(clusterOf(13), 10_000, 10_000)).toBe(false);
  });

  it("is compared with what is served, not with what was held", () => {
    const { gate, whole } = setUp();
    expect(gate.admit(clusterOf(2), 10_000, 10_000)).toBe(false);
    expect(gate.admit(whole, 10_100, undefined)).toBe(true);
    expect(gate.held).toBeUndefined();
  });
});

it("the very first state is admitted, whatever its content", () => {
  const gate = new ShrinkGate({ maxShrink: 1, count: () => 0 });
  expect(gate.admit(clusterOf(0), 0, 0)).toBe(true);
});

it("records of host names count, whether they resolve or not", () => {
  const byName = stateFrom(cluster({ agents: [agent("S0", { ip: "agent0.example" })] })).cluster;
  const byAddress = stateFrom(cluster({ agents: [agent("S0", { hostname: "agent0.example" })] })).cluster;
  expect(countRecords(byName, [], CONFIG)).toBe(countRecords(byAddress, [], CONFIG));
});

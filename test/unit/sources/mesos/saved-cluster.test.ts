import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MesosDnsError } from "../../../../src/base/errors.js";
import type { Agent, Cluster, Task } from "../../../../src/sources/mesos/cluster.js";
import { clusterLines, readClusterLines } from "../../../../src/sources/mesos/saved-cluster.js";
import { agent, cluster, framework, task } from "../../../support/scripted-master.js";
import { FULL, stateFrom } from "./live/support.js";

const saved = (each: Cluster) => Buffer.from([...clusterLines(each)].join(""));
const LEADER = '{"leader":{"host":"192.0.2.1","port":5050}}\n';

function failureOf(text: string | Uint8Array): string {
  try {
    readClusterLines(Buffer.from(text));
  } catch (error) {
    if (error instanceof MesosDnsError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "none";
}

describe("a saved cluster", () => {
  const discovery = { name: "db", ports: [{ number: 0, name: "sql", protocol: "tcp" }, { number: 31000 }] };
  const tasks = Array.from({ length: 2_345 }, (_, i) => task(`t${i}`, { agent: "S0", ports: [31000, 31005] }));
  const full = stateFrom(
    cluster({
      agents: [agent("S0"), agent("S1", { ip: "2001:db8::1" })],
      frameworks: [
        framework("marathon", { pid: "scheduler-1@192.0.2.20:15101", tasks }),
        framework("idle"),
        framework("ünïcode\n", { tasks: [task("db", { agent: "S1", ip: ["192.0.2.7", "2001:db8::7"], discovery })] }),
      ],
    }),
  ).cluster;

  it("is read back as it was", () => {
    expect(readClusterLines(saved(full))).toEqual(full);
    expect(readClusterLines(saved(stateFrom(FULL).cluster))).toEqual(stateFrom(FULL).cluster);
    expect(readClusterLines(saved(stateFrom(cluster({})).cluster))).toEqual(stateFrom(cluster({})).cluster);
  });

  it("is read back with everything that a task can have", () => {
    const whole: Required<Task> = {
      id: "web.1",
      name: "web",
      agentId: "S0",
      discovery: { name: "web", ports: [{ number: 80, name: "http", protocol: "tcp" }] },
      ports: [[31000, 31001]],
      addresses: { netinfo: ["192.0.2.7"], mesos: ["192.0.2.8"], docker: ["192.0.2.9"] },
      unhealthy: true,
      mapsPorts: true,
      networkMapsPorts: true,
      facts: {
        labels: [{ key: "owner", value: "team-a" }],
        portLabels: [[{ key: "VIP_0", value: "/web:80" }]],
        hasHealthCheck: true,
        containerType: "DOCKER",
        mappings: [{ hostPort: 31000, containerPort: 80, protocol: "tcp" }],
        dropped: 2,
      },
      statusFacts: {
        healthy: false,
        networks: [{ name: "dcos", addresses: ["192.0.2.7"] }],
        mappings: [{ hostPort: 31001, containerPort: 81, protocol: "" }],
        dropped: 0,
      },
    };
    const host: Required<Agent> = {
      id: "S0",
      endpoint: { host: "192.0.2.10", port: 5051 },
      hostname: "agent-0",
      facts: { attributes: [{ key: "rack", value: "7" }], active: false, dropped: 0 },
    };
    const [marathon] = full.frameworks;
    const frameworks = [{ ...marathon, tasks: [whole], killing: [{ ...whole, id: "web.2" }] }];
    const of = { ...full, agents: new Map([["S0", host]]), frameworks } as Cluster;
    expect(readClusterLines(saved(of), true)).toEqual(of);
    const { facts, statusFacts, ...task } = whole;
    const plain = readClusterLines(saved(of));
    expect(plain.frameworks).toEqual([{ ...marathon, tasks: [task] }]);
    expect(Object.keys(plain.agents.get("S0") ?? {})).toEqual(["id", "endpoint", "hostname"]);
  });

  it("that was saved without a catalogue can be read with one", () => {
    expect(readClusterLines(saved(full), true)).toEqual(full);
  });

  it("is written line by line, and no line is long", () => {
    const lengths = Array.from(clusterLines(full), (line) => line.length);
    expect(lengths).toHaveLength(1 + 1 + 1 + 3 + 1 + 1 + 1);
    expect(Math.max(...lengths)).toBeLessThan(1_000 * 200);
  });
});

describe("a text that is not a saved cluster", () => {
  it.each([
    ["nothing", "", "line 0: it names no leader"],
    ["no JSON", `${LEADER}nonsense\n`, "line 2: "],
    ["a list", "[]\n", "line 1: it lacks an object where one belongs"],
    ["an unknown line", `${LEADER}{"weather":"fine"}\n`, "line 2: it lacks a list where one belongs"],
    ["tasks of nobody", `${LEADER}{"tasks":[${JSON.stringify(stateTask())}]}\n`, "its tasks belong to no framework"],
    ["a port beyond all", '{"leader":{"host":"192.0.2.1","port":99999}}\n', "line 1: it lacks a port"],
    ["an agent without an id", `${LEADER}{"agents":[{}]}\n`, "line 2: it lacks a text"],
  ])("is refused with the reason: %s", (_, text, reason) => {
    expect(failureOf(text)).toMatch(/^ZONE_FILE_DAMAGED: the cluster that is saved with the zone cannot be read, /);
    expect(failureOf(text)).toContain(reason);
  });

  function stateTask() {
    return stateFrom(FULL).cluster.frameworks[0]?.tasks[0];
  }

  it("is refused or read, but never does harm, whatever has been changed in it", () => {
    const text = saved(stateFrom(FULL).cluster);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const damaged = Buffer.from(text);
        damaged[at] = (damaged[at] ?? 0) ^ difference;
        expect(failureOf(damaged)).toMatch(/^(none$|ZONE_FILE_DAMAGED: )/);
      }),
    );
  });
});

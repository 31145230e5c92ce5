import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MesosDnsError } from "../../../../src/base/errors.js";
import { VERSION } from "../../../../src/base/version.js";
import type { Agent, Cluster, Task } from "../../../../src/sources/mesos/cluster.js";
import { KnownTasks } from "../../../../src/sources/mesos/known-tasks.js";
import { clusterLines, readClusterLines } from "../../../../src/sources/mesos/saved-cluster.js";
import { readMasterState } from "../../../../src/sources/mesos/state.js";
import type { Json } from "../../../support/json.js";
import { agent, cluster, framework, task } from "../../../support/scripted-master.js";
import { FULL, stateFrom } from "./live/support.js";

const saved = (cluster: Cluster, known = new KnownTasks(), withFacts = false) =>
  Buffer.from([...clusterLines({ cluster, known }, withFacts)].join(""));
const readBack = (text: Uint8Array, withFacts = false) => readClusterLines(text, withFacts).cluster;
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
    expect(readBack(saved(full))).toEqual(full);
    expect(readBack(saved(stateFrom(FULL).cluster))).toEqual(stateFrom(FULL).cluster);
    expect(readBack(saved(stateFrom(cluster({})).cluster))).toEqual(stateFrom(cluster({})).cluster);
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
    expect(readBack(saved(of), true)).toEqual(of);
    const { facts, statusFacts, ...task } = whole;
    const plain = readBack(saved(of));
    expect(plain.frameworks).toEqual([{ ...marathon, tasks: [task] }]);
    expect(Object.keys(plain.agents.get("S0") ?? {})).toEqual(["id", "endpoint", "hostname"]);
  });

  it("that was saved without a catalogue can be read with one", () => {
    expect(readBack(saved(full), true)).toEqual(full);
  });

  it("is written line by line, and no line is long", () => {
    const lengths = Array.from(clusterLines({ cluster: full, known: new KnownTasks() }), (line) => line.length);
    expect(lengths).toHaveLength(1 + 1 + 1 + 3 * 2 + 1 + 1 + 1 * 2);
    expect(Math.max(...lengths)).toBeLessThan(1_000 * 200);
  });
});

describe("how tasks were written", () => {
  const web = (id: string, port: number) => task(id, { agent: "S0", ports: [port, port] });
  const state = (...tasks: Json[]) =>
    Buffer.from(
      JSON.stringify({
        leader: "master@192.0.2.1:5050",
        ...cluster({ agents: [agent("S0")], frameworks: [framework("marathon", { tasks })] }),
      }),
    );
  const tasksIn = ({ frameworks }: Cluster) => frameworks.flatMap(({ tasks }) => tasks);

  /** The tasks of a cluster that was saved and read back, and those of a state that is read after that. */
  function readAfter(next: Buffer, change: (text: string) => string = (text) => text, withFacts = false) {
    const known = new KnownTasks();
    const first = readMasterState(state(web("a", 1), web("b", 2), web("c", 3)), known).cluster;
    const restored = readClusterLines(Buffer.from(change(saved(first, known).toString())), withFacts);
    return { before: tasksIn(restored.cluster), after: tasksIn(readMasterState(next, restored.known).cluster) };
  }

  it("is saved, so that a task that has not changed is the same object in the first state after that", () => {
    const { before, after } = readAfter(state(web("c", 3), web("b", 5), web("a", 1), web("d", 4)));
    const placeBefore = (each: Task) => before.indexOf(each);
    expect(after.map((each) => [each.name, each.ports[0]?.[0], placeBefore(each)])).toEqual([
      ["c", 3, 2],
      ["b", 5, -1],
      ["a", 1, 0],
      ["d", 4, -1],
    ]);
  });

  it("says nothing if another version has read the tasks, or more is read of them now", () => {
    const next = state(web("a", 1));
    const isOther = ({ before, after }: ReturnType<typeof readAfter>) => after[0] !== before[0];
    expect(isOther(readAfter(next))).toBe(false);
    expect(isOther(readAfter(next, (text) => text.replace(`"reader":"${VERSION}"`, '"reader":"0.9.0"')))).toBe(true);
    expect(isOther(readAfter(next, (text) => text.replace(/,"reader":"[^"]*"/, "")))).toBe(true);
    expect(isOther(readAfter(next, undefined, true))).toBe(true);
  });

  it("may be missing, of all tasks and of some", () => {
    const next = state(web("a", 1), web("b", 2));
    const same = ({ before, after }: ReturnType<typeof readAfter>) => after.map((each) => before.includes(each));
    expect(same(readAfter(next, (text) => text.replace(/\{"digests".*\n/, "")))).toEqual([false, false]);
    expect(same(readAfter(next, (text) => text.replace(/"digests":\["[^"]+"/, '"digests":[""')))).toEqual([
      false,
      true,
    ]);
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
    [
      "a digest that is no text",
      `${LEADER}{"framework":{"id":"f","name":"f","hostname":""}}\n{"digests":[1]}\n`,
      "line 3: ",
    ],
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

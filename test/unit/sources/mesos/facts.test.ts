import { describe, expect, it } from "vitest";
import type { Cluster, Task } from "../../../../src/sources/mesos/cluster.js";
import { type Label, LIMITS } from "../../../../src/sources/mesos/facts/facts.js";
import { FactsReader } from "../../../../src/sources/mesos/facts/reader.js";
import { KnownTasks } from "../../../../src/sources/mesos/known-tasks.js";
import { EventParser } from "../../../../src/sources/mesos/live/events.js";
import { LiveCluster } from "../../../../src/sources/mesos/live/live-cluster.js";
import { readMasterState, StateParser } from "../../../../src/sources/mesos/state.js";
import type { Json } from "../../../support/json.js";
import { agentAdded, frameworkAdded, taskAdded, taskUpdated } from "../../../support/operator-api.js";
import { agent, cluster, framework, stateOf, task } from "../../../support/scripted-master.js";
import { bytes, MASTER } from "./reading.js";

const label = (key: string, value: string): Label => ({ key, value });
const network = { name: "dcos", ip_addresses: [{ ip_address: "203.0.113.1" }] };
const STATUS = { healthy: true, container_status: { network_infos: [network] } };
const MAPPING = { host_port: 31000, container_port: 80, protocol: "tcp" };
const PORTS = [
  { number: 80, name: "http", protocol: "tcp", labels: { labels: [label("VIP_0", "/web:80")] } },
  { number: 99999, name: "no port", labels: { labels: [label("lost", "with it")] } },
  { number: 81, name: "admin", protocol: "tcp" },
];
const WEB = task("web", {
  agent: "S0",
  ports: [31000],
  discovery: { name: "web", ports: PORTS },
  extra: {
    labels: [label("owner", "team-a"), { key: "bare" }],
    health_check: { http: { port: 80 } },
    container: { type: "DOCKER", docker: { image: "web", network: "BRIDGE", port_mappings: [MAPPING] } },
    statuses: [{ state: "TASK_RUNNING", timestamp: 1_700_000_000, ...STATUS }],
  },
});
const PLAIN = task("plain", { agent: "S0", ports: [31001] });
const ENDING = { ...WEB, id: "ending.1", state: "TASK_KILLING" };
const HOST = {
  ...agent("S0"),
  attributes: { zone: "a", cpus: 16, 7: "seven", ports: "[1-3]", disks: "{ssd, hdd}" },
  active: false,
};
const EMPTY = cluster({});
const STATE = cluster({ agents: [HOST], frameworks: [framework("marathon", { tasks: [WEB, PLAIN, ENDING] })] });

const readWith = (state: Json, facts?: FactsReader): Cluster =>
  readMasterState(bytes(stateOf(MASTER, state)), new KnownTasks(), facts).cluster;
const first = ({ frameworks }: Cluster): Task | undefined => frameworks[0]?.tasks[0];
const withTask = (extra: Json): Json =>
  cluster({ agents: [agent("S0")], frameworks: [framework("marathon", { tasks: [{ ...WEB, ...extra }] })] });
const factsOf = (extra: Json) => first(readWith(withTask(extra), new FactsReader()))?.facts;

/** The cluster after these messages, from a state on. */
function follow(facts: FactsReader | undefined, state: Json, ...messages: readonly Json[]): Cluster {
  const live = new LiveCluster();
  live.applyState(readMasterState(bytes(stateOf(MASTER, state)), new KnownTasks(), facts));
  for (const message of messages) {
    const parser = new EventParser(facts);
    parser.add(bytes(message));
    live.apply(parser.end());
  }
  return live.observed.cluster;
}

describe("while no catalogue is kept", () => {
  it("tasks, agents and frameworks have no facts, whether they come from a state or from events", () => {
    const plain = readWith(STATE);
    for (const each of [
      plain,
      follow(
        undefined,
        EMPTY,
        frameworkAdded(framework("marathon")),
        agentAdded(HOST),
        taskAdded(WEB),
        taskAdded(PLAIN),
        taskAdded(ENDING),
      ),
    ]) {
      expect(Object.keys(first(each) ?? {}).toSorted()).toEqual(
        ["addresses", "agentId", "discovery", "id", "mapsPorts", "name", "ports"].toSorted(),
      );
      expect(Object.keys(each.agents.get("agents-S0") ?? {})).toEqual(["id", "endpoint", "hostname"]);
      expect(Object.keys(each.frameworks[0] ?? {}).toSorted()).toEqual(["hostname", "id", "name", "tasks"]);
    }
  });
});

describe("while a catalogue is kept", () => {
  it("a state has the facts of tasks and agents", () => {
    const read = readWith(STATE, new FactsReader());
    expect(first(read)?.facts).toEqual({
      labels: [label("owner", "team-a"), label("bare", "")],
      portLabels: [[label("VIP_0", "/web:80")], []],
      hasHealthCheck: true,
      containerType: "DOCKER",
      mappings: [{ hostPort: 31000, containerPort: 80, protocol: "tcp" }],
      dropped: 0,
    });
    expect(first(read)?.statusFacts).toEqual({
      healthy: true,
      networks: [{ name: "dcos", addresses: ["203.0.113.1"] }],
      mappings: [],
      dropped: 0,
    });
    expect(read.agents.get("agents-S0")?.facts).toEqual({
      attributes: [
        label("7", "seven"),
        label("cpus", "16"),
        label("disks", "{ssd, hdd}"),
        label("ports", "[1-3]"),
        label("zone", "a"),
      ],
      active: false,
      dropped: 0,
    });
  });

  it("all other members of a task are the same as without one", () => {
    const strip = ({ frameworks }: Cluster) =>
      frameworks.flatMap(({ tasks }) => tasks.map(({ facts, statusFacts, ...rest }) => rest));
    expect(strip(readWith(STATE, new FactsReader()))).toEqual(strip(readWith(STATE)));
  });

  it("events result in the same facts as a state", () => {
    const ofState = readWith(STATE, new FactsReader());
    const ofEvents = follow(
      new FactsReader(),
      EMPTY,
      frameworkAdded(framework("marathon")),
      agentAdded(HOST),
      taskAdded({ ...WEB, state: "TASK_STAGING", statuses: [] }),
      taskUpdated(WEB, "TASK_RUNNING", STATUS),
      taskAdded(PLAIN),
      taskAdded(WEB),
      taskAdded({ ...WEB, id: "ending.1" }),
      taskUpdated({ ...ENDING }, "TASK_KILLING"),
    );
    expect(ofEvents.agents).toEqual(ofState.agents);
    const sorted = ({ frameworks }: Cluster) =>
      frameworks.flatMap(({ tasks }) => tasks.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
    expect(sorted(ofEvents)).toEqual(sorted(ofState));
    expect(ofEvents.frameworks[0]?.killing).toEqual(ofState.frameworks[0]?.killing);
  });

  it("a status changes the status facts, and nothing else", () => {
    const before = follow(new FactsReader(), STATE);
    const after = follow(new FactsReader(), STATE, taskUpdated(WEB, "TASK_RUNNING", { ...STATUS, healthy: false }));
    const changed = after.frameworks[0]?.tasks.find(({ id }) => id === WEB.id);
    expect(changed?.statusFacts?.healthy).toBe(false);
    expect(changed?.facts).toEqual(first(before)?.facts);
  });

  it.each([1, 7, 100])(
    "a state results in the same facts in parts of %i bytes, cut within words and numbers",
    (size) => {
      const body = bytes(stateOf(MASTER, STATE));
      const parser = new StateParser(new KnownTasks(), new FactsReader());
      for (let at = 0; at < body.length; at += size) parser.add(body.subarray(at, at + size));
      expect(parser.end().cluster).toEqual(readWith(STATE, new FactsReader()));
    },
  );

  it("a state results in the same facts wherever it is cut in two", () => {
    const body = bytes(
      stateOf(MASTER, cluster({ agents: [HOST, agent("S1")], frameworks: [framework("m", { tasks: [WEB] })] })),
    );
    const whole = readMasterState(body, new KnownTasks(), new FactsReader()).cluster;
    for (let cut = 1; cut < body.length; cut++) {
      const parser = new StateParser(new KnownTasks(), new FactsReader());
      parser.add(body.subarray(0, cut));
      parser.add(body.subarray(cut));
      expect(parser.end().cluster).toEqual(whole);
    }
  });

  it("equal lists of labels are one object, also across states and events", () => {
    const facts = new FactsReader();
    const state = readWith(
      cluster({ agents: [HOST], frameworks: [framework("m", { tasks: [WEB, { ...WEB, id: "web.2" }] })] }),
      facts,
    );
    const [one, two] = state.frameworks[0]?.tasks ?? [];
    expect(one?.facts?.labels).toBe(two?.facts?.labels);
    const parser = new EventParser(facts);
    parser.add(bytes(taskAdded({ ...WEB, id: "web.3" })));
    const event = parser.end();
    expect(event.type === "TASK_ADDED" && event.task.task.facts?.labels).toBe(one?.facts?.labels);
  });
});

describe("a task that is being killed", () => {
  const killing = (...messages: readonly Json[]) => {
    const { tasks = [], killing = [] } = follow(new FactsReader(), STATE, ...messages).frameworks[0] ?? {};
    const ids = (list: readonly Task[]) => list.map(({ id }) => id).toSorted();
    return { running: ids(tasks), killing: ids(killing) };
  };
  const W = "web.S0";
  const P = "plain.S0";

  it.each([
    ["stands apart from those that run", [], [P, W], ["ending.1"]],
    ["moves there when it is told to end", [taskUpdated(WEB, "TASK_KILLING")], [P], ["ending.1", W]],
    ["is gone when it has ended", [taskUpdated({ ...ENDING }, "TASK_KILLED")], [P, W], []],
    ["runs again if the master says so", [taskUpdated({ ...ENDING }, "TASK_RUNNING", STATUS)], ["ending.1", P, W], []],
    [
      "stays one, told twice",
      [taskUpdated(WEB, "TASK_KILLING"), taskUpdated(WEB, "TASK_KILLING")],
      [P],
      ["ending.1", W],
    ],
  ])("%s", (_, messages, running, ending) => {
    expect(killing(...messages)).toEqual({ running, killing: ending });
  });
});

describe("what is malformed or over a limit", () => {
  const long = (bytes: number) => "x".repeat(bytes);
  const many = (count: number) => Array.from({ length: count }, (_, i) => label(`k${i}`, "v"));

  it.each<[string, readonly unknown[], number, number]>([
    ["a label that is none", [label("a", "b"), 7, { value: "no key" }, null], 1, 3],
    ["labels beyond the number", many(LIMITS.labels + 5), LIMITS.labels, 5],
    ["a key that is too long", [label(long(LIMITS.keyBytes + 1), "v"), label(long(LIMITS.keyBytes), "v")], 1, 1],
    ["a value that is too long", [label("k", long(LIMITS.valueBytes + 1)), label("k", long(LIMITS.valueBytes))], 1, 1],
    ["a value of fewer letters and too many bytes", [label("k", "ü".repeat(LIMITS.valueBytes - 1))], 0, 1],
    [
      "labels beyond the bytes of all labels together",
      Array.from({ length: 5 }, () => label("k", long(LIMITS.valueBytes - 1))),
      4,
      1,
    ],
  ])("%s is left out and counted, and nothing else", (_, labels, kept, dropped) => {
    const facts = factsOf({ labels, discovery: { name: "web" } });
    expect(facts?.labels).toHaveLength(kept);
    expect(facts?.dropped).toBe(dropped);
    expect(facts?.hasHealthCheck).toBe(true);
  });

  it.each(["text", 7, null, { labels: "text" }, { labels: { labels: [] } }])(
    "labels that are %j are read as an empty list",
    (labels) => {
      expect(factsOf({ labels })).toMatchObject({ labels: [], dropped: 0 });
    },
  );

  it("mappings that are malformed or too many are left out and counted", () => {
    const list = [...Array.from({ length: LIMITS.mappings + 1 }, () => MAPPING), { host_port: 0 }, "none"];
    const facts = factsOf({ container: { type: "DOCKER", docker: { port_mappings: list } } });
    expect(facts?.mappings).toHaveLength(LIMITS.mappings);
    expect(facts?.dropped).toBe(3);
  });

  it("networks and addresses beyond their limits are left out and counted", () => {
    const ip_addresses = Array.from({ length: LIMITS.addressesPerNetwork + 2 }, (_, i) => ({
      ip_address: `203.0.113.${i}`,
    }));
    const network_infos = Array.from({ length: LIMITS.networks + 1 }, () => ({ ip_addresses }));
    const status = { state: "TASK_RUNNING", timestamp: 1, container_status: { network_infos } };
    const facts = first(readWith(withTask({ statuses: [status] }), new FactsReader()))?.statusFacts;
    expect(facts?.networks).toHaveLength(LIMITS.networks);
    expect(facts?.dropped).toBe(1 + 2 * LIMITS.networks);
  });

  it("too many labels of one task do not affect another task", () => {
    const bad = { ...WEB, id: "bad", labels: many(LIMITS.labels + 1) };
    const state = cluster({ agents: [HOST], frameworks: [framework("marathon", { tasks: [bad, WEB] })] });
    const [, good] = readWith(state, new FactsReader()).frameworks[0]?.tasks ?? [];
    expect(good?.facts?.dropped).toBe(0);
    expect(good?.facts?.labels).toHaveLength(2);
  });
});

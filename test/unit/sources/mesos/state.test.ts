import { describe, expect, it } from "vitest";
import { KnownTasks } from "../../../../src/sources/mesos/known-tasks.js";
import { readMasterState, readState, StateParser } from "../../../../src/sources/mesos/state.js";
import type { Json } from "../../../support/json.js";
import { agent, cluster, framework, recoveredAgent, stateOf, task } from "../../../support/scripted-master.js";
import { addresses, bytes, MASTER, network, read, readTask, readTasks, running, withTasks } from "./reading.js";

describe("a state", () => {
  it("becomes a cluster of agents, frameworks and running tasks", () => {
    const web = task("web", { agent: "S0", id: "web.1", ports: [31000, 31005], ip: "198.51.100.7" });
    const dns = task("dns", {
      agent: "S0",
      id: "dns.1",
      discovery: { name: "names", ports: [{ number: 53, name: "query", protocol: "udp" }, { number: 80 }] },
    });
    const state = cluster({
      agents: [agent("S0", { ip: "192.0.2.10", hostname: "agent.example.com" })],
      frameworks: [framework("marathon", { pid: "scheduler-1@192.0.2.20:15101", tasks: [web, dns] })],
    });
    expect(read(state)).toEqual({
      leader: { host: "192.0.2.1", port: 5050 },
      agents: new Map([
        ["agents-S0", { id: "agents-S0", endpoint: { host: "192.0.2.10", port: 5051 }, hostname: "agent.example.com" }],
      ]),
      frameworks: [
        {
          id: "frameworks-marathon",
          name: "marathon",
          pid: { host: "192.0.2.20", port: 15101 },
          hostname: "192.0.2.20",
          tasks: [
            {
              id: "web.1",
              name: "web",
              agentId: "agents-S0",
              ports: [
                [31000, 31000],
                [31005, 31005],
              ],
              addresses: { netinfo: ["198.51.100.7"] },
            },
            {
              id: "dns.1",
              name: "dns",
              agentId: "agents-S0",
              discovery: {
                name: "names",
                ports: [
                  { number: 53, name: "query", protocol: "udp" },
                  { number: 80, name: "", protocol: "" },
                ],
              },
              ports: [],
              addresses: {},
            },
          ],
        },
      ],
      skipped: [],
    });
  });

  it("has only tasks in the state TASK_RUNNING, and only from its frameworks' lists of tasks", () => {
    const other = task("gone", { agent: "S0" });
    const marathon = framework("marathon", {
      tasks: [task("staging", { agent: "S0", state: "TASK_STAGING" }), task("web", { agent: "S0" })],
    });
    const state = {
      ...cluster({ agents: [agent("S0")] }),
      frameworks: [
        { ...marathon, completed_tasks: [other], unreachable_tasks: [other], executors: [{ tasks: [other] }] },
      ],
      completed_frameworks: [framework("old", { tasks: [other] })],
      orphan_tasks: [other],
      unregistered_frameworks: ["frameworks-old", "frameworks-old"],
    };
    const { frameworks, skipped } = read(state);
    expect(frameworks.map(({ name, tasks }) => [name, tasks.map((running) => running.name)])).toEqual([
      ["marathon", ["web"]],
    ]);
    expect(skipped).toEqual([]);
  });

  it("keeps names and ids with escapes and letters beyond ASCII", () => {
    const name = 'wörker "№1"\\\n😀';
    expect(readTasks(task(name, { agent: "S0", id: name }))[0]).toMatchObject({ id: name, name });
  });

  it("uses the last one of duplicate members", () => {
    const state = JSON.stringify(stateOf(MASTER, withTasks(task("web", { agent: "S0" }))));
    const twice = state
      .replace('"name":"web"', '"name":"first","name":"web"')
      .replace('"tasks":[', '"tasks":[{"state":"TASK_RUNNING"}],"tasks":[');
    const { frameworks, skipped } = readState(Buffer.from(twice));
    expect(frameworks[0]?.tasks.map(({ name }) => name)).toEqual(["web"]);
    expect(skipped).toEqual([]);
  });

  it("may begin anywhere in its buffer", () => {
    const body = bytes(stateOf(MASTER, withTasks()));
    const larger = new Uint8Array(body.length + 20).fill(0x7b);
    larger.set(body, 10);
    expect(readState(larger.subarray(10, 10 + body.length))).toEqual(readState(body));
  });

  it("is the same in whatever parts it arrives", () => {
    const ended = { id: "gone.1", state: "TASK_KILLED", labels: ["x".repeat(300)] };
    const marathon = framework("marathon", {
      tasks: [task("web", { agent: "S0", ip: "198.51.100.7" }), { state: 1 }, task("api", { agent: "S0" })],
    });
    const state = {
      ...cluster({ agents: [agent("S0"), recoveredAgent("S1")], frameworks: [framework("chronos", {}), {}] }),
      frameworks: [{ ...marathon, completed_tasks: [ended, ended], unreachable_tasks: [ended] }, {}],
      completed_frameworks: [{ ...framework("old", {}), id: "old-1", completed_tasks: [ended, ended] }],
      flags: { any: [{ thing: [1, 2, 3] }, "text"] },
    };
    const body = bytes(stateOf(MASTER, state));
    const whole = readMasterState(body);
    expect(whole.registry).toMatchObject({ completedFrameworks: ["old-1"], ended: { length: 3 } });
    expect(whole.cluster.skipped).toHaveLength(2);
    for (const size of [1, 7, 100, 1000, body.length - 1]) {
      const parser = new StateParser(new KnownTasks());
      for (let at = 0; at < body.length; at += size) parser.add(body.subarray(at, at + size));
      expect(parser.end()).toEqual(whole);
    }
  });

  it("says which master sent it", () => {
    expect(readMasterState(bytes(stateOf(MASTER, cluster({})))).pid).toEqual({ host: "192.0.2.1", port: 5050 });
    expect(readMasterState(bytes(stateOf(MASTER, { ...cluster({}), pid: "?" })))).not.toHaveProperty("pid");
  });
});

describe("the agents of a state", () => {
  const endpointOf = (slave: Json) => [...read(cluster({ agents: [slave] })).agents.values()][0]?.endpoint;

  it("have the address in their pid, which may be an IPv6 address or a host name", () => {
    expect(endpointOf(agent("S0", { ip: "2001:db8::10" }))).toEqual({ host: "2001:db8::10", port: 5051 });
    expect(endpointOf(agent("S0", { ip: "a.example.com" }))).toEqual({ host: "a.example.com", port: 5051 });
  });

  it.each([undefined, null, "slave(1)@", 7])("have their host name and port as the address if the pid is %j", (pid) => {
    const slave = { ...agent("S0", { hostname: "a.example.com", port: 5055 }), pid };
    expect(endpointOf(slave)).toEqual({ host: "a.example.com", port: 5055 });
    expect(endpointOf({ ...slave, port: "5055" })).toEqual({ host: "a.example.com", port: 0 });
  });

  it("include those that have not registered again after a failover", () => {
    const state = cluster({
      recovered: [recoveredAgent("S0", { hostname: "old.example.com" }), recoveredAgent("S1")],
      agents: [agent("S0", { hostname: "new.example.com" })],
    });
    const agents = read(state).agents;
    expect([...agents.keys()].sort()).toEqual(["agents-S0", "agents-S1"]);
    expect(agents.get("agents-S0")?.hostname).toBe("new.example.com");
  });
});

describe("the addresses of a task", () => {
  it("are all those in its latest TASK_RUNNING status, in order and by source", () => {
    const status = running({
      labels: [
        { key: "Docker.NetworkSettings.IPAddress", value: "198.51.100.1" },
        { key: "MesosContainerizer.NetworkSettings.IPAddress", value: "198.51.100.2" },
        { key: "Docker.NetworkSettings.IPAddress", value: "198.51.100.3" },
        { key: "other", value: "198.51.100.4" },
      ],
      ...network(
        { ip_addresses: [{ ip_address: "198.51.100.5" }, { protocol: "IPv6", ip_address: "2001:db8::5" }] },
        { ip_address: "198.51.100.6" },
      ),
    });
    expect(addresses(status)).toEqual({
      docker: ["198.51.100.1", "198.51.100.3"],
      mesos: ["198.51.100.2"],
      netinfo: ["198.51.100.5", "2001:db8::5", "198.51.100.6"],
    });
  });

  it("come from the status with the greatest timestamp, and of equal ones from the last, whatever their order", () => {
    const at = (timestamp: unknown, ip_address: string) => running({ timestamp, ...network({ ip_address }) });
    expect(addresses(at(2, "a"), at(3, "b"), at(1, "c"))).toEqual({ netinfo: ["b"] });
    expect(addresses(at(3, "a"), at(3, "b"), at(undefined, "c"))).toEqual({ netinfo: ["b"] });
    expect(addresses(at(undefined, "a"))).toEqual({ netinfo: ["a"] });
  });

  it("do not come from a status in another state, however late", () => {
    const late = { ...running(network({ ip_address: "late" })), state: "TASK_KILLING", timestamp: 9 };
    expect(addresses(running(network({ ip_address: "early" })), late)).toEqual({ netinfo: ["early"] });
    expect(addresses(late)).toEqual({});
  });

  it.each([
    [{ ip_addresses: [{}] }],
    [{ ip_addresses: [{ ip_address: "" }] }],
    [{ ip_addresses: {} }],
    [{ ip_addresses: [null, 7, "x"] }],
    [{ ip_address: 7 }],
    [null],
    [[]],
  ])("are empty if a network is %j", (info) => {
    expect(addresses(running(network(info)))).toEqual({});
    expect(addresses(running(network(info, { ip_address: "198.51.100.9" })))).toEqual({ netinfo: ["198.51.100.9"] });
  });

  it("may have the old form beside an empty new one", () => {
    expect(addresses(running(network({ ip_addresses: [{}], ip_address: "198.51.100.9" })))).toEqual({
      netinfo: ["198.51.100.9"],
    });
  });
});

describe("a task's health", () => {
  const isUnhealthy = (...statuses: unknown[]) => readTask({ statuses })?.unhealthy;

  it("is what its latest TASK_RUNNING status says", () => {
    const [well, ill] = [{ healthy: true }, { healthy: false }];
    expect(isUnhealthy(running(ill))).toBe(true);
    expect(isUnhealthy(running({ timestamp: 1, ...ill }), running({ timestamp: 2, ...well }))).toBeUndefined();
    expect(isUnhealthy(running({ timestamp: 2, ...ill }), running({ timestamp: 1, ...well }))).toBe(true);
    expect(isUnhealthy(running(well), { ...running({ timestamp: 9, ...ill }), state: "TASK_KILLING" })).toBeUndefined();
    expect(isUnhealthy(running({ timestamp: 1, ...ill }), running({ timestamp: 2 }))).toBeUndefined();
  });

  it.each([undefined, null, true, "false", 0, {}, []])("is good for healthy: %j", (healthy) => {
    expect(readTask({ statuses: [running({ healthy })] })).not.toHaveProperty("unhealthy");
  });

  it("is read for a task with a discovery name too", () => {
    const discovery = { visibility: "FRAMEWORK", name: "api" };
    const statuses = [running({ healthy: false })];
    expect(readTask({ discovery, statuses })).toMatchObject({ discovery: { name: "api" }, unhealthy: true });
  });
});

import { describe, expect, it } from "vitest";
import { Catalog } from "../../../src/catalog/catalog.js";
import { Deletions } from "../../../src/catalog/deletions.js";
import { instanceText, isWell, MAX_PORTS, portsOf } from "../../../src/catalog/instance.js";
import type { Agent, Task } from "../../../src/sources/mesos/cluster.js";
import type { Json } from "../../support/json.js";
import { agent, cluster, framework, task } from "../../support/scripted-master.js";
import { API, clusterOf, FULL, marathonWith, S0, S1, Watched, web } from "./support.js";

const instances = (watched: Watched, name: string) => watched.service(name)?.instances.map(({ task }) => task.id);
const described = (watched: Watched, name: string): Json[] =>
  watched.service(name)?.instances.map((instance) => JSON.parse(instanceText(instance))) ?? [];
const first = (watched: Watched, name = "web") => described(watched, name)[0];

describe("a catalogue", () => {
  it("has services by framework and name, their instances, and nodes", () => {
    const watched = new Watched();
    expect(watched.update(FULL)).toBe("api node:agents-S0 node:agents-S1 web");
    expect(instances(watched, "web")).toEqual(["web.1", "web.2"]);
    expect(watched.catalog.counts).toEqual({ services: 2, instances: 3, nodes: 2, droppedFacts: 0, droppedTasks: 0 });
  });

  it("names a service after its discovery, and combines frameworks with the same name", () => {
    const discovery = { name: "shop" };
    const state = cluster({
      agents: [S0],
      frameworks: [
        framework("marathon", { id: "f1", tasks: [task("x", { agent: "S0", discovery })] }),
        framework("marathon", { id: "f2", tasks: [task("x", { agent: "S0", discovery })] }),
        framework("chronos", { tasks: [task("x", { agent: "S0", discovery })] }),
      ],
    });
    const watched = new Watched(state);
    expect(instances(watched, "shop")).toEqual(["x.S0", "x.S0"]);
    expect(watched.catalog.counts.services).toBe(2);
  });

  it("leaves out a task while its agent is unknown", () => {
    const state = (...agents: Json[]) =>
      cluster({ agents, frameworks: [framework("marathon", { tasks: [web(1), API] })] });
    const watched = new Watched(state(S1));
    expect(watched.service("web")).toBeUndefined();
    expect(watched.update(state(S0, S1))).toBe("node:agents-S0 web");
    expect(watched.update(state(S1))).toBe("-node:agents-S0 -web");
  });

  it("has tasks that are being killed, to which clients should not be sent", () => {
    const watched = new Watched(FULL);
    expect(watched.update(marathonWith(web(1), web(2, { state: "TASK_KILLING" }), API))).toBe("web");
    expect(described(watched, "web").map(({ killing }) => killing)).toEqual([false, true]);
    expect(watched.update(marathonWith(web(1), API))).toBe("web");
  });
});

describe("an update", () => {
  it.each<[string, Json, string]>([
    ["of the same", FULL, "nothing"],
    [
      "in another order",
      cluster({
        agents: [S1, S0],
        frameworks: [framework("idle"), framework("marathon", { tasks: [API, web(2), web(1)] })],
      }),
      "nothing",
    ],
    ["with another address of a task", marathonWith(web(1), { ...web(2), statuses: web(7).statuses }, API), "web"],
    ["with another label", marathonWith(web(1, { labels: [{ key: "a", value: "b" }] }), web(2), API), "web"],
    ["with a task more", marathonWith(web(1), web(2), web(3), API), "web"],
    ["with a task less", marathonWith(web(1), API), "web"],
    ["without a service", marathonWith(API), "-web"],
    ["with what no instance shows", marathonWith(web(1, { executor_id: "x" }), web(2), API), "nothing"],
    [
      "with an attribute of an agent",
      { ...FULL, slaves: [{ ...S0, attributes: { rack: "a" } }, S1] },
      "node:agents-S0",
    ],
    ["with an agent that is no longer active", { ...FULL, slaves: [{ ...S0, active: false }, S1] }, "node:agents-S0"],
    ["with an agent elsewhere", { ...FULL, slaves: [agent("S0", { ip: "192.0.2.99" }), S1] }, "node:agents-S0 web"],
    [
      "with a framework of another name",
      cluster({
        agents: [S0, S1],
        frameworks: [framework("m2", { id: "frameworks-marathon", tasks: [web(1), web(2)] })],
      }),
      "-api -web web",
    ],
  ])("%s touches only what has changed", (_, state, touched) => {
    expect(new Watched(FULL).update(state)).toBe(touched);
  });

  it("by a new leader touches nothing", () => {
    expect(new Watched(FULL).update(clusterOf(FULL, "192.0.2.2:5050"))).toBe("nothing");
  });

  it("with the very same task objects examines none of them", () => {
    const watched = new Watched();
    const same = clusterOf(FULL);
    let isWatched = false;
    const spied = (each: Task) =>
      new Proxy(each, {
        get(target, key) {
          if (isWatched) throw new Error(`${String(key)} was looked at`);
          return Reflect.get(target, key);
        },
      });
    const frameworks = same.frameworks.map((each) => ({ ...each, tasks: each.tasks.map(spied) }));
    watched.update({ ...same, frameworks });
    isWatched = true;
    expect(watched.update({ ...same, frameworks })).toBe("nothing");
    expect(watched.update({ ...same, frameworks: frameworks.map((each) => ({ ...each })) })).toBe("nothing");
  });

  it("examines the unchanged tasks of an agent that has moved, or was added or removed", () => {
    const same = clusterOf(FULL);
    const watched = new Watched();
    watched.update(same);
    const [s0, s1] = [...same.agents.values()] as [Agent, Agent];
    const on = (...agents: readonly Agent[]) => ({ ...same, agents: new Map(agents.map((each) => [each.id, each])) });
    const elsewhere = { ...s0, endpoint: { host: "192.0.2.99", port: 5051 } };
    expect(watched.update(on(elsewhere, s1))).toBe("node:agents-S0 web");
    expect(watched.update(on(s1))).toBe("-node:agents-S0 -web");
    expect(watched.update(on(s0, s1))).toBe("node:agents-S0 web");
  });

  it("follows the addresses of host names", () => {
    const state = { ...FULL, slaves: [{ ...S0, pid: "slave(1)@agent-0.example:5051" }, S1] };
    const watched = new Watched();
    watched.addresses.set("agent-0.example", ["192.0.2.50"]);
    watched.update(state);
    expect(first(watched)?.addresses).toEqual({ agent: ["192.0.2.50"], container: ["203.0.113.1"] });
    expect(watched.update(state)).toBe("nothing");
    watched.addresses.set("agent-0.example", ["192.0.2.51"]);
    expect(watched.update(state)).toBe("node:agents-S0 web");
  });
});

describe("the index", () => {
  it("is the time in microseconds, and grows even if that does not", () => {
    const watched = new Watched(FULL);
    const before = watched.catalog.index;
    expect(before).toBe(1_700_000_000_000_001);
    watched.now -= 60_000;
    watched.update(marathonWith(web(1), API));
    expect(watched.indexOf("web")).toBe(before + 1);
    watched.now += 120_000;
    watched.update(marathonWith(web(1), web(2), API));
    expect(watched.indexOf("web")).toBe(watched.now * 1000);
    expect(new Catalog(() => 0, 77).index).toBe(78);
  });

  it("changes only for what has changed: the service, all services, and everything", () => {
    const watched = new Watched(FULL);
    const api = watched.indexOf("api");
    const nodes = watched.catalog.nodesIndex;
    watched.update(marathonWith(web(1), API));
    expect(watched.indexOf("web")).toBe(watched.catalog.index);
    expect(watched.catalog.servicesIndex).toBe(watched.catalog.index);
    expect([watched.indexOf("api"), watched.catalog.nodesIndex]).toEqual([api, nodes]);
    const index = watched.catalog.index;
    watched.update(marathonWith(web(1), API));
    expect(watched.catalog.index).toBe(index);
  });

  it("of a removed service is that of its removal, and of one that never existed that of the beginning", () => {
    const watched = new Watched(FULL);
    const beginning = watched.indexOf("nobody");
    watched.update(marathonWith(API));
    const end = watched.catalog.index;
    watched.update(marathonWith(API, task("other", { agent: "S0" })));
    expect([watched.indexOf("web"), watched.indexOf("nobody")]).toEqual([end, beginning]);
    watched.update(FULL);
    expect(watched.indexOf("web")).toBeGreaterThan(end);
  });

  it("of a removal that is no longer remembered is not lower than before", () => {
    const deletions = new Deletions(5, 2);
    for (const [key, index] of [
      ["a", 10],
      ["b", 20],
      ["c", 30],
    ] as const)
      deletions.add(key, index);
    expect(["a", "b", "c", "never"].map((key) => deletions.indexOf(key))).toEqual([10, 20, 30, 10]);
    deletions.delete("b");
    expect(deletions.indexOf("b")).toBe(10);
  });
});

describe("an instance", () => {
  const discovery = (ports: readonly Json[]) => ({ extra: { discovery: { name: "web", ports: { ports } } } });
  const portsIn = (extra: Json) => first(new Watched(marathonWith(web(1, extra))))?.ports;
  const port = (number: number, more: Json = {}) => ({ number, name: "http", protocol: "tcp", ...more });
  const mapped = (protocol: string) => ({
    container: { type: "DOCKER", docker: { port_mappings: [{ host_port: 31001, container_port: 80, protocol }] } },
  });

  it("has the ports of its discovery, or else those of the agent", () => {
    expect(portsIn(discovery([port(80)]).extra)).toEqual([port(80)]);
    expect(portsIn({})).toEqual([{ number: 31001, name: "", protocol: "", hostPort: 31001 }]);
    expect(portsIn(discovery([]).extra)).toEqual([{ number: 31001, name: "", protocol: "", hostPort: 31001 }]);
  });

  it.each([
    ["the container's mapping", mapped("tcp"), [port(80)], 31001],
    ["a mapping for both protocols", mapped(""), [port(80)], 31001],
    ["not a mapping of the other protocol", mapped("udp"), [port(80)], undefined],
    [
      "its own label, which says that it is the agent's",
      {},
      [port(80, { labels: { labels: [{ key: "network-scope", value: "host" }] } })],
      80,
    ],
    [
      "its status",
      {
        statuses: [
          {
            state: "TASK_RUNNING",
            timestamp: 1,
            container_status: { network_infos: [{ port_mappings: [{ host_port: 31009, container_port: 80 }] }] },
          },
        ],
      },
      [port(80)],
      31009,
    ],
  ])("has the port of the agent by %s", (_, extra, ports, hostPort) => {
    expect((portsIn({ ...extra, ...discovery(ports).extra }) as readonly Json[])[0]?.hostPort).toBe(hostPort);
  });

  it.each([
    [true, "healthy", 2],
    [false, "unhealthy", 1],
    [undefined, "unknown", 2],
  ])("whose status says healthy: %j is %s", (healthy, health, well) => {
    const extra = { statuses: [{ state: "TASK_RUNNING", timestamp: 1, ...(healthy !== undefined && { healthy }) }] };
    const watched = new Watched(marathonWith(web(1, extra), web(2)));
    expect(first(watched)?.health).toBe(health);
    expect(watched.service("web")?.instances.filter(isWell)).toHaveLength(well);
  });

  it("has ports up to a limit, and the others are counted and reported once", () => {
    const many = web(1, { resources: { ports: "[31000-32000]" } });
    const watched = new Watched(marathonWith(many));
    expect(portsOf(watched.service("web")?.instances[0]?.task as Task)).toHaveLength(MAX_PORTS);
    expect(watched.catalog.counts.droppedFacts).toBe(1001 - MAX_PORTS);
    expect(watched.catalog.takeOverLimit()).toEqual([
      { framework: "marathon", name: "web", dropped: 1001 - MAX_PORTS },
    ]);
    watched.update(marathonWith(many, web(2)));
    expect(watched.catalog.takeOverLimit()).toEqual([]);
    watched.update(marathonWith(web(2)));
    expect(watched.catalog.counts.droppedFacts).toBe(0);
    watched.update(marathonWith(many, web(2)));
    expect(watched.catalog.takeOverLimit()).toHaveLength(1);
  });

  it("with a name that is too long is left out and counted, and others are kept", () => {
    const watched = new Watched(marathonWith(task("x".repeat(2_000), { agent: "S0", id: "long" }), web(1)));
    expect(watched.catalog.counts).toMatchObject({ services: 1, droppedTasks: 1 });
    expect(watched.catalog.takeOverLimit()).toHaveLength(1);
    watched.update(marathonWith(web(1)));
    expect(watched.catalog.counts.droppedTasks).toBe(0);
  });
});

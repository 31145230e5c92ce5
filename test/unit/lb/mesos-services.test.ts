import { describe, expect, test } from "vitest";
import { type MesosServiceOptions, servicesOfCluster } from "../../../src/lb/mesos-services.js";
import { FactsReader } from "../../../src/sources/mesos/facts/reader.js";
import { readMasterState } from "../../../src/sources/mesos/state.js";
import { agent, cluster, framework, task } from "../../support/scripted-master.js";

const UUID = "8f0c6a2e-1b3d-4c5e-9f70-123456789abc";

interface Options {
  readonly labels?: Readonly<Record<string, string>>;
  readonly ports?: readonly { readonly number: number; readonly protocol?: string; readonly scope?: string }[];
  readonly healthy?: boolean;
  readonly isChecked?: boolean;
  readonly ip?: string;
}

/** A task as Marathon and others start it. */
function taskOf(id: string, { labels = {}, ports = [{ number: 31_000 }], healthy, isChecked, ip }: Options = {}) {
  const listed = Object.entries(labels).map(([key, value]) => ({ key, value }));
  return task(id.split(".")[0] ?? "", {
    id,
    agent: "S-1",
    ...(ip !== undefined && { ip }),
    ...(healthy !== undefined && { healthy }),
    extra: {
      labels: listed,
      discovery: {
        name: id.split(".")[0],
        ports: {
          ports: ports.map(({ number, protocol = "tcp", scope = "host" }) => ({
            number,
            protocol,
            labels: { labels: [{ key: "network-scope", value: scope }] },
          })),
        },
      },
      ...(isChecked && { health_check: { type: "TCP" } }),
    },
  } as never);
}

function read(
  tasks: readonly ReturnType<typeof taskOf>[],
  options: Partial<MesosServiceOptions> = {},
  name = "marathon",
) {
  const state = cluster({
    agents: [agent("S-1", { ip: "192.0.2.1", hostname: "agent1.example.com" })],
    frameworks: [framework(name, { tasks: tasks as never[] })],
  });
  const body = Buffer.from(JSON.stringify({ ...state, leader: "master@192.0.2.250:5050" }));
  return servicesOfCluster(readMasterState(body, undefined, new FactsReader()).cluster, {
    isStrict: false,
    needsHealth: "required",
    range: { min: 10_050, max: 10_100 },
    allowsTemplates: false,
    addressesOf: (host) => [host],
    ...options,
  });
}

const GROUP = { HAPROXY_GROUP: "external" };

describe("services from tasks", () => {
  test.each([
    [`shop_web.${UUID}`, "/shop/web"],
    [`shop_web.instance-${UUID}._app.3`, "/shop/web"],
    [`shop_web.marathon-${UUID}`, "/shop/web"],
    [`a.b_c.${UUID}`, "/a.b/c"],
    ["driver-20300101", "/driver-20300101"],
  ])("the task %s is of the app %s", (id, app) => {
    expect(read([taskOf(id, { labels: GROUP })]).services.map(({ appId }) => appId)).toEqual([app]);
  });

  test("tasks without labels of a load balancer are none", () => {
    expect(read([taskOf(`web.${UUID}`, { labels: { team: "web" } })]).services).toEqual([]);
  });

  test("each port of the discovery is a service, at the agent or at the task's own address", () => {
    const ports = [{ number: 31_000 }, { number: 8_080, scope: "container" }, { number: 53, protocol: "udp" }];
    const { services } = read([taskOf(`web.${UUID}`, { labels: GROUP, ports, ip: "198.51.100.7" })]);
    expect(
      services.map(({ index, servers, isDatagram }) => [index, servers[0]?.ip, servers[0]?.port, isDatagram]),
    ).toEqual([
      [0, "192.0.2.1", 31_000, false],
      [1, "198.51.100.7", 8_080, false],
      [2, "192.0.2.1", 53, true],
    ]);
  });

  test("a port is said by a label, is none where there are names, and is assigned otherwise", () => {
    const ports = [{ number: 31_000 }, { number: 31_001 }, { number: 31_002 }];
    const labels = { ...GROUP, HAPROXY_0_PORT: "80", HAPROXY_1_VHOST: "www.example.com" };
    const { services } = read([taskOf(`web.${UUID}`, { labels, ports })]);
    expect(services.slice(0, 2).map(({ port, mode }) => [port, mode])).toEqual([
      [80, "tcp"],
      [0, "http"],
    ]);
    expect(services[2]?.port).toBeGreaterThanOrEqual(10_050);
    expect(read([taskOf(`web.${UUID}`, { labels: GROUP })], { range: undefined }).notices).toEqual([
      { appId: "/web", text: "there is no service port left for its service 0: give it HAPROXY_0_PORT" },
    ]);
  });

  test.each([
    [{ isChecked: true, healthy: true }, 1, 1],
    [{ isChecked: true, healthy: false }, 0, 0],
    [{ isChecked: true }, 0, 1],
    [{}, 1, 1],
  ])(
    "of a task with %j there are %d servers if health is required, %d if it is enough that it is not bad",
    (health, required, known) => {
      const tasks = [taskOf(`web.${UUID}`, { labels: GROUP, ...health })];
      const count = (needsHealth: "required" | "known" | "ignore") =>
        read(tasks, { needsHealth }).services.flatMap(({ servers }) => servers).length;
      expect([count("required"), count("known"), count("ignore")]).toEqual([required, known, 1]);
    },
  );

  test.each([
    [undefined, { protocol: "TCP" }],
    ["http /up", { protocol: "HTTP", path: "/up" }],
    ["none", undefined],
  ])("the label CHECK %j says what HAProxy asks", (label, check) => {
    const labels = { ...GROUP, ...(label && { HAPROXY_0_CHECK: label }) };
    const [service] = read([taskOf(`web.${UUID}`, { labels })]).services;
    if (check) expect(service?.check).toMatchObject(check);
    else expect(service?.check).toBeUndefined();
  });

  test("labels that cannot be read are told of, with who serves", () => {
    const { unreadable } = read([taskOf(`web.${UUID}`, { labels: { ...GROUP, HAPROXY_0_CHECK: "icmp" } })]);
    expect(unreadable).toMatchObject([
      {
        appId: "/web",
        index: 0,
        reason: 'CHECK is "icmp", and has to be none, tcp, or http and a path',
        servers: [{ port: 31_000 }],
      },
    ]);
  });
});

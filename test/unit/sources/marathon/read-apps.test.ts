import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MesosDnsError } from "../../../../src/base/errors.js";
import type { MarathonApp } from "../../../../src/sources/marathon/app.js";
import { parseJson, readApps } from "../../../../src/sources/marathon/read-apps.js";
import type { Json } from "../../../support/json.js";

const SAMPLES = new URL("../../../../../shared/marathon/", import.meta.url);

function read(app: Json): MarathonApp {
  const { apps, leftOut } = readApps({ apps: [{ id: "/web", ...app }] });
  expect(leftOut).toEqual([]);
  return apps[0] as MarathonApp;
}

const NOTHING = {
  id: "/web",
  givenId: "/web",
  instances: 0,
  labels: new Map(),
  env: new Map(),
  networks: [],
  container: { dockerNetwork: "", portMappings: [] },
  ipAddress: undefined,
  portDefinitions: undefined,
  ports: [],
  healthChecks: [],
  readinessChecks: [],
  readiness: new Map(),
  deployments: [],
  lastScalingAt: "",
  lastConfigChangeAt: "",
  tasks: [],
};

describe("an app", () => {
  it("needs an id alone", () => {
    expect(read({})).toEqual(NOTHING);
  });

  it("may have nulls in place of everything else, and values of other types", () => {
    const names = [...Object.keys(NOTHING), "versionInfo", "readinessCheckResults"].filter(
      (name) => !["id", "givenId", "tasks"].includes(name),
    );
    const cases: readonly (readonly [unknown, Json])[] = [
      [null, {}],
      [7, { instances: 7 }],
      ["text", {}],
      [true, {}],
      [[null], { portDefinitions: [] }],
      [[7], { portDefinitions: [], ports: [7] }],
      [{ a: null }, { ipAddress: { discoveryPorts: [] } }],
    ];
    for (const [value, told] of cases)
      expect(read(Object.fromEntries(names.map((name) => [name, value])))).toEqual({ ...NOTHING, ...told });
    expect(readApps({ apps: [{ id: "/web", tasks: [null, 7] }] }).apps).toEqual([NOTHING]);
  });

  it("of Marathon before 0.7 has an id without a slash, which is kept as it was", () => {
    const { apps } = readApps({ apps: [{ id: "web" }] });
    expect(apps).toMatchObject([{ id: "/web", givenId: "web" }]);
  });

  it("has labels and an environment of texts; a secret is none", () => {
    const { labels, env } = read({
      labels: { HAPROXY_GROUP: "external", EMPTY: "", "": "unnamed", GONE: null, NUMBER: 5 },
      env: { PORT: "80", PASSWORD: { secret: "secret0" }, __proto__: null },
    });
    expect([...labels]).toEqual([
      ["HAPROXY_GROUP", "external"],
      ["EMPTY", ""],
      ["", "unnamed"],
    ]);
    expect([...env]).toEqual([["PORT", "80"]]);
  });

  it("on its agents' network has ports since 1.5 in portDefinitions, before in ports", () => {
    expect(
      read({ portDefinitions: [{ port: 10_000, protocol: "udp,tcp", labels: {} }, { port: 10_001 }] }),
    ).toMatchObject({
      portDefinitions: [
        { port: 10_000, protocol: "udp,tcp" },
        { port: 10_001, protocol: "tcp" },
      ],
      ports: [],
    });
    expect(read({ ports: [10_000, 10_001], portDefinitions: null })).toMatchObject({
      portDefinitions: undefined,
      ports: [10_000, 10_001],
    });
    expect(read({ portDefinitions: [] }).portDefinitions).toEqual([]);
  });

  it.each([
    [
      "of Docker, before 1.5",
      { docker: { network: "BRIDGE", portMappings: [{ containerPort: 80, servicePort: 9_000 }] } },
      "BRIDGE",
    ],
    ["of the container, since 1.5", { docker: {}, portMappings: [{ containerPort: 80, servicePort: 9_000 }] }, ""],
    [
      "of the container, where Docker's are none",
      { docker: { portMappings: [] }, portMappings: [{ containerPort: 80, servicePort: 9_000 }] },
      "",
    ],
  ])("has mappings %s", (_, container, dockerNetwork) => {
    const mapping = { containerPort: 80, hostPort: undefined, servicePort: 9_000, protocol: "tcp", networkNames: [] };
    expect(read({ container }).container).toEqual({ dockerNetwork, portMappings: [mapping] });
  });

  it("has mappings for some of its networks", () => {
    const networks = [{ mode: "container", name: "one" }, { name: "two" }, { mode: "container/bridge" }];
    const mapping = { containerPort: 53, hostPort: 0, protocol: "udp", networkNames: ["two"] };
    expect(read({ networks, container: { portMappings: [mapping] } })).toMatchObject({
      networks: [
        { mode: "container", name: "one" },
        { mode: "container", name: "two" },
        { mode: "container/bridge", name: "" },
      ],
      container: { portMappings: [{ ...mapping, servicePort: undefined }] },
    });
  });

  it("has an address of its own for each task where it says so, though no port be named", () => {
    expect(read({ ipAddress: {} }).ipAddress).toBeUndefined();
    expect(read({ ipAddress: { networkName: "dcos" } }).ipAddress).toEqual({ discoveryPorts: [] });
    const discovery = { ports: [{ number: 80, name: "http", protocol: "tcp" }, { name: "none" }, { number: 81 }] };
    expect(read({ ipAddress: { groups: [], discovery } }).ipAddress?.discoveryPorts).toEqual([
      { number: 80, name: "http", protocol: "tcp" },
      { number: 81, name: "", protocol: "" },
    ]);
  });

  it("has no port that is none", () => {
    const wrong = [-1, 65_536, 1.5, 1e30, "80"];
    expect(read({ ports: [0, ...wrong, 65_535] }).ports).toEqual([0, 65_535]);
    const definitions = read({ portDefinitions: wrong.map((port) => ({ port })) }).portDefinitions;
    expect(definitions?.map(({ port }) => port)).toEqual(wrong.map(() => undefined));
    const container = { portMappings: [{ containerPort: 1e9, hostPort: -5, servicePort: 0.5 }] };
    expect(read({ container }).container.portMappings).toMatchObject([
      { containerPort: undefined, hostPort: undefined, servicePort: undefined },
    ]);
  });

  it("has health checks with the defaults of Marathon, and readiness by task", () => {
    const app = read({
      healthChecks: [
        { protocol: "MESOS_TCP", portIndex: 0, path: null, intervalSeconds: 5 },
        { port: 8_080, path: "/up" },
      ],
      readinessChecks: [{ path: "/ready", timeoutSeconds: 10 }],
      readinessCheckResults: [
        { taskId: "web.1", ready: true },
        { taskId: "web.2", ready: false },
      ],
      deployments: [{ id: "d1" }],
      versionInfo: { lastScalingAt: "2030-01-01T00:00:00Z", lastConfigChangeAt: "2030-01-02T00:00:00Z" },
    });
    const defaults = { gracePeriodSeconds: 300, intervalSeconds: 60, timeoutSeconds: 20, maxConsecutiveFailures: 3 };
    expect(app.healthChecks).toEqual([
      { ...defaults, protocol: "MESOS_TCP", path: undefined, portIndex: 0, port: undefined, intervalSeconds: 5 },
      { ...defaults, protocol: "HTTP", path: "/up", portIndex: undefined, port: 8_080 },
    ]);
    expect(app).toMatchObject({
      readinessChecks: [{ path: "/ready", timeoutSeconds: 10 }],
      deployments: ["d1"],
      lastScalingAt: "2030-01-01T00:00:00Z",
      lastConfigChangeAt: "2030-01-02T00:00:00Z",
    });
    expect([...app.readiness]).toEqual([
      ["web.1", true],
      ["web.2", false],
    ]);
  });

  it("has tasks, with results only of health checks that have any", () => {
    const ipAddresses = [{ ipAddress: "192.0.2.10", protocol: "IPv4" }, {}, { ipAddress: "2001:db8::10" }];
    const alive = [{ alive: true }, { alive: false }, null, {}];
    const { tasks } = read({
      tasks: [
        { id: "web.1", host: "a.example.com", ports: [31_000], ipAddresses, state: "TASK_RUNNING", startedAt: "2030" },
        { id: "web.2", host: "b.example.com", healthCheckResults: alive, state: null },
      ],
    });
    expect(tasks).toEqual([
      {
        id: "web.1",
        host: "a.example.com",
        ports: [31_000],
        ipAddresses: ["192.0.2.10", "2001:db8::10"],
        state: "TASK_RUNNING",
        startedAt: "2030",
        health: undefined,
      },
      {
        id: "web.2",
        host: "b.example.com",
        ports: [],
        ipAddresses: [],
        state: "",
        startedAt: "",
        health: [true, false, false],
      },
    ]);
  });
});

describe("an answer", () => {
  it("may have malformed apps and tasks beside good ones, which are named", () => {
    const tasks = [null, {}, { id: 5 }, { id: "good.1" }];
    const { apps, leftOut } = readApps({
      apps: [{ id: "/good", tasks }, null, { id: "" }, [], { id: "good" }, { id: "/last" }],
    });
    expect(apps.map(({ id, tasks: { length } }) => [id, length])).toEqual([
      ["/good", 1],
      ["/last", 0],
    ]);
    expect(leftOut).toEqual([
      ...Array(3).fill("a task of /good has no id"),
      "the app at place 2 of Marathon's answer has no id",
      "the app at place 3 of Marathon's answer has no id",
      "the app at place 4 of Marathon's answer has no id",
      "the app /good stands twice in Marathon's answer: the first one counts",
    ]);
  });

  it.each([
    [{ message: "no leader" }, "there are no apps in its answer: no leader"],
    [{ apps: null }, "there are no apps in its answer"],
    [{ apps: {} }, "there are no apps in its answer"],
    [[], "there are no apps in its answer"],
    [null, "there are no apps in its answer"],
  ])("without apps is none: %j", (answer, message) => {
    expect(() => readApps(answer)).toThrow(expect.objectContaining({ code: "MARATHON_INVALID", message }));
  });

  it("may be any JSON, and is read or refused", () => {
    const names = [
      "id",
      "apps",
      "tasks",
      "container",
      "docker",
      "portMappings",
      "labels",
      "networks",
      "ipAddress",
      "ports",
    ];
    const anything = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 6 }),
      ),
    })).value;
    const apps = fc.array(fc.dictionary(fc.constantFrom(...names), anything, { maxKeys: 8 }), { maxLength: 4 });
    fc.assert(
      fc.property(fc.oneof(anything, fc.record({ apps })), (value) => {
        try {
          const read = readApps(JSON.parse(JSON.stringify(value) ?? "null"));
          expect(read.apps.every(({ id }) => id.startsWith("/"))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(MesosDnsError);
        }
      }),
    );
  });

  it("that is cut off is refused with how it begins, in one line", () => {
    expect(() => parseJson(Buffer.from('{"apps":\n[{"id"'))).toThrow(
      'its answer of 15 octets is no JSON; it begins with "{\\"apps\\":\\\\x0a[{\\"id\\""',
    );
  });
});

/** A tree of groups as the list of its apps. */
function flat(group: Json): readonly unknown[] {
  const groups = (group.groups ?? []) as readonly Json[];
  return [...((group.apps ?? []) as readonly unknown[]), ...groups.flatMap(flat)];
}

describe.skipIf(!existsSync(SAMPLES))("an answer of a real Marathon", () => {
  const sample = (name: string) => parseJson(readFileSync(new URL(name, SAMPLES))) as Json;

  it("1.5 on a bridge is read", () => {
    const { apps, leftOut } = readApps(sample("v2-apps-marathon-1.5.json"));
    expect(leftOut).toEqual([]);
    expect(apps).toMatchObject([
      {
        id: "/pywebserver",
        networks: [{ mode: "container/bridge" }],
        container: { portMappings: [{ containerPort: 80, hostPort: 0, servicePort: 10_101 }] },
        portDefinitions: undefined,
        tasks: [{ host: "10.0.2.148", ports: [1565], ipAddresses: ["172.17.0.2"], state: "TASK_RUNNING" }],
      },
    ]);
    expect(apps[0]?.labels.get("HAPROXY_0_VHOST")).toBe("myvhost.com");
  });

  it("before 1.0 is read, with nulls and without states", () => {
    const { apps } = readApps(sample("v2-apps-with-healthCheckResults.json"));
    expect(apps).toMatchObject([
      {
        id: "/bridged-webapp",
        ports: [10_000, 10_001],
        container: { dockerNetwork: "BRIDGE", portMappings: [{ servicePort: 9_000 }, { protocol: "udp" }] },
        healthChecks: [{ protocol: "HTTP", path: "/", portIndex: 0, gracePeriodSeconds: 5 }],
        tasks: [
          { state: "", health: [true] },
          { state: "", health: undefined },
        ],
      },
    ]);
  });

  it.each([
    [
      "v2-groups-kafka-with-tasks.json",
      [
        ["/confluent-kafka", 1, 2],
        ["/no-healthcheck", 1, 1],
      ],
    ],
    [
      "v2-groups-marathon-1.5-ipaddresses.json",
      [
        ["/net", 1, 0],
        ["/sleep", 0, 1],
        ["/unhealthy-sleep", 0, 0],
      ],
    ],
    ["v2-groups-pods.json", []],
  ])("in groups is read when they are laid flat: %s", (name, expected) => {
    const { apps, leftOut } = readApps({ apps: flat(sample(name)) });
    expect(leftOut).toEqual([]);
    const counts = apps.map(({ id, tasks, portDefinitions }) => [id, tasks.length, portDefinitions?.length ?? 0]);
    expect(counts).toEqual(expect.arrayContaining(expected));
  });
});

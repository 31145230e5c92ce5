import { describe, expect, test } from "vitest";
import type { ServiceOptions } from "../../../src/lb/services.js";
import type { Json } from "../../support/json.js";
import { app, task } from "../../support/scripted-marathon.js";
import { servicesIn } from "./support.js";

const NOW = Date.parse("2030-01-01T01:00:00Z");
const CHECKED = { healthChecks: [{ protocol: "TCP", portIndex: 0 }] };

/** The hosts of the tasks that serve. */
function hostsOf(apps: readonly Json[], options: Partial<ServiceOptions> = {}): readonly string[] {
  return servicesIn(apps, options).services.flatMap(({ servers }) => servers.map(({ host }) => host));
}

const one = (more: Json, extra: Json = {}) => app("/web", { tasks: [task("192.0.2.1", [31_000], more)], extra });

describe("which tasks serve", () => {
  test.each<[string | undefined, boolean]>([
    ["TASK_RUNNING", true],
    ["TASK_LOST", true],
    ["TASK_UNREACHABLE", true],
    [undefined, true],
    ...["STAGING", "STARTING", "KILLING", "FINISHED", "FAILED", "KILLED", "ERROR", "DROPPED", "GONE", "UNKNOWN"].map(
      (state): [string, boolean] => [`TASK_${state}`, false],
    ),
  ])("those in state %s: %s", (state, serves) => {
    expect(hostsOf([one({ state })])).toHaveLength(serves ? 1 : 0);
  });

  test("those that pass a health check, as it was last known", () => {
    const lastHealth = new Map<string, boolean>();
    const options = { needsHealth: "required", lastHealth } as const;
    const passed = one({ healthCheckResults: [{ alive: false }, { alive: true }] }, CHECKED);
    const failed = one({ healthCheckResults: [{ alive: false }] }, CHECKED);
    const unknown = one({}, CHECKED);
    expect([unknown, passed, unknown, failed, unknown].map((each) => hostsOf([each], options).length)).toEqual([
      0, 1, 1, 0, 0,
    ]);
    expect(hostsOf([unknown], { needsHealth: "known" })).toHaveLength(1);
    expect(hostsOf([failed], { needsHealth: "known" })).toHaveLength(0);
    expect(hostsOf([failed], { needsHealth: "ignore" })).toHaveLength(1);
    expect(hostsOf([one({ healthCheckResults: [{ alive: false }] })], { needsHealth: "required" })).toHaveLength(1);
  });

  test("those that are ready, while their app is deployed", () => {
    const options = { needsHealth: "required", now: NOW } as const;
    const during = { deployments: [{ id: "d1" }], readinessChecks: [{ path: "/ready", timeoutSeconds: 10 }] };
    const said = (ready: boolean) => ({ ...during, readinessCheckResults: [{ taskId: "web.0", ready }] });
    const young = { startedAt: "2030-01-01T00:59:55Z" };
    expect(hostsOf([one({}, said(true))], options)).toHaveLength(1);
    expect(hostsOf([one({}, said(false))], options)).toHaveLength(0);
    expect(hostsOf([one(young, during)], options)).toHaveLength(0);
    expect(hostsOf([one({}, during)], options)).toHaveLength(1);
    expect(hostsOf([one({}, { ...said(false), deployments: [] })], options)).toHaveLength(1);
  });
});

describe("where they are", () => {
  const mapping = (servicePort: number | undefined, hostPort: number | undefined, containerPort: number) => ({
    ...{ containerPort, protocol: "tcp" },
    ...(servicePort !== undefined && { servicePort }),
    ...(hostPort !== undefined && { hostPort }),
  });
  test("an address that is none is nobody's", () => {
    const ipAddresses = [{ ipAddress: "192.0.2.1:80\nfrontend other" }];
    const tasks = [task("192.0.2.1", [], { ipAddresses })];
    const extra = { networks: [{ mode: "container" }], container: { portMappings: [mapping(10_000, undefined, 80)] } };
    expect(servicesIn([app("/web", { tasks, extra })]).services).toEqual([]);
  });

  const places = (extra: Json, ports: readonly number[]) =>
    servicesIn([
      app("/web", {
        tasks: [
          task("192.0.2.1", ports, { ipAddresses: [{ ipAddress: "198.51.100.7" }, { ipAddress: "203.0.113.7" }] }),
        ],
        extra: { portDefinitions: null, networks: null, ...extra },
      }),
    ]).services.map(({ port, servers }) => [port, servers[0]?.ip, servers[0]?.port]);

  test.each<[string, Json, readonly number[], unknown]>([
    [
      "on the agent's network",
      { ports: [10_000, 10_001] },
      [31_000, 31_001],
      [
        [10_000, "192.0.2.1", 31_000],
        [10_001, "192.0.2.1", 31_001],
      ],
    ],
    [
      "on the agent's network, since 1.5",
      { networks: [{ mode: "host" }], portDefinitions: [{ port: 10_000 }] },
      [31_000],
      [[10_000, "192.0.2.1", 31_000]],
    ],
    [
      "behind Docker's bridge",
      { container: { docker: { network: "BRIDGE", portMappings: [mapping(10_000, 0, 80)] } } },
      [31_000],
      [[10_000, "192.0.2.1", 31_000]],
    ],
    [
      "behind a bridge, since 1.5",
      { networks: [{ mode: "container/bridge" }], container: { portMappings: [mapping(10_000, 0, 80)] } },
      [31_000],
      [[10_000, "192.0.2.1", 31_000]],
    ],
    [
      "at addresses of their own",
      { networks: [{ mode: "container", name: "a" }], container: { portMappings: [mapping(10_000, undefined, 80)] } },
      [],
      [[10_000, "198.51.100.7", 80]],
    ],
    [
      "at addresses of their own, before 1.5",
      { ipAddress: { discovery: { ports: [{ number: 9_000 }] } }, ports: [10_000] },
      [],
      [[10_000, "198.51.100.7", 9_000]],
    ],
    [
      "behind mappings of which some have no service port, or no port of the agent's",
      {
        networks: [{ mode: "container/bridge" }],
        container: {
          portMappings: [mapping(undefined, 0, 70), mapping(10_000, undefined, 80), mapping(10_001, 0, 81)],
        },
      },
      [31_000, 31_001],
      [[10_001, "192.0.2.1", 31_001]],
    ],
    [
      "on the network that a mapping names",
      {
        networks: [
          { mode: "container", name: "a" },
          { mode: "container", name: "b" },
        ],
        container: { portMappings: [{ ...mapping(10_000, undefined, 80), networkNames: ["b"] }] },
      },
      [],
      [[10_000, "203.0.113.7", 80]],
    ],
  ])("%s", (_, extra, ports, expected) => {
    expect(places(extra, ports)).toEqual(expected);
  });
});

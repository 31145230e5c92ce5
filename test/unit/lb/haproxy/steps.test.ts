import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Backend, BackendServer, Balancer } from "../../../../src/lb/haproxy/balancer.js";
import type { Running, RunningServer } from "../../../../src/lb/haproxy/running.js";
import { afterSteps, asOfNow, commandsOf, planSteps, type Step } from "../../../../src/lb/haproxy/steps.js";

const server = (port: number, isDraining = false): BackendServer => ({
  name: `s_${port}`,
  id: port,
  taskId: `task.${port}`,
  ip: "192.0.2.1",
  port,
  checkPort: undefined,
  cookie: undefined,
  isDraining,
});

const backend = (name: string, servers: readonly BackendServer[], more: Partial<Backend> = {}): Backend => ({
  name,
  appId: `/${name}`,
  frontend: [],
  lines: [`backend ${name}`],
  serverOptions: "",
  isSticky: false,
  servers,
  ...more,
});

const balancer = (
  backends: readonly Backend[],
  hosts: readonly [string, string][] = [],
  ruled: readonly string[] = [],
): Balancer => ({
  head: [],
  ruled: new Set(ruled),
  backends,
  maps: { hosts: new Map(hosts), apps: new Map() },
});

const well: RunningServer = {
  id: 0,
  address: "",
  isInMaintenance: false,
  isHeldBack: false,
  isUp: true,
  sessions: 0,
  cookie: "",
};

function running(
  backends: Readonly<Record<string, Readonly<Record<string, Partial<RunningServer>>>>>,
  hosts = {},
): Running {
  const entries = Object.entries(backends).map(([name, servers]) => {
    const own = Object.entries(servers).map(([one, more]) => [one, { ...well, ...more }] as const);
    return [name, new Map(own)] as const;
  });
  return { backends: new Map(entries), maps: { hosts: new Map(Object.entries(hosts)), apps: new Map() }, closed: [] };
}

const never = () => false;
const said = (steps: readonly Step[]) =>
  steps.map((step) => {
    if (step.kind === "add-server") return `add ${step.server.name}`;
    if (step.kind === "set-address") return `${step.kind} ${step.server.name}`;
    if (step.kind === "open-frontend") return `${step.kind} ${step.frontend}`;
    return "server" in step ? `${step.kind} ${step.server}` : `${step.kind} ${step.key}`;
  });

describe("what is done without a reload", () => {
  test("nothing where both agree", () => {
    expect(planSteps(running({ web: { s_1: {} } }), balancer([backend("web", [server(1)])]), never).steps).toEqual([]);
  });

  test("servers come before others go, and go when they have no more requests", () => {
    const desired = balancer([backend("web", [server(2)])]);
    const first = planSteps(running({ web: { s_1: { sessions: 3 } } }), desired, never);
    expect(said(first.steps)).toEqual(["add s_2", "maintenance s_1"]);
    expect(first.leaving).toEqual(["web/s_1"]);
    const busy = running({ web: { s_1: { sessions: 3, isInMaintenance: true }, s_2: {} } });
    expect(said(planSteps(busy, desired, never).steps)).toEqual([]);
    expect(said(planSteps(busy, desired, () => true).steps)).toEqual(["delete-server s_1"]);
    const idle = running({ web: { s_1: { isInMaintenance: true }, s_2: {} } });
    expect(said(planSteps(idle, desired, never).steps)).toEqual(["delete-server s_1"]);
  });

  test("a server that comes back while it goes takes requests again", () => {
    const desired = balancer([backend("web", [server(1)])]);
    const going = running({ web: { s_1: { isInMaintenance: true, sessions: 1 } } });
    expect(said(planSteps(going, desired, never).steps)).toEqual(["ready s_1"]);
  });

  test("a server drains only for another that HAProxy finds well", () => {
    const desired = balancer([backend("web", [server(1, true), server(2, true), server(3), server(4)])]);
    const down = running({ web: { s_1: {}, s_2: {}, s_3: { isUp: false }, s_4: {} } });
    expect(said(planSteps(down, desired, never).steps)).toEqual(["maintenance s_1"]);
    const up = running({ web: { s_1: { isInMaintenance: true }, s_2: {}, s_3: {}, s_4: {} } });
    expect(said(planSteps(up, desired, never).steps)).toEqual(["maintenance s_2"]);
    expect(asOfNow(desired, down).backends[0]?.servers.map(({ isDraining }) => isDraining)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test("a backend that HAProxy does not have is left to a reload, and so are the names that lead there", () => {
    const desired = balancer(
      [backend("new", [server(1)]), backend("web", [server(1)])],
      [
        ["a.example.com", "new"],
        ["b.example.com", "web"],
      ],
    );
    const { steps } = planSteps(
      running({ web: { s_1: {} } }, { "c.example.com": "web", "b.example.com": "old" }),
      desired,
      never,
    );
    expect(said(steps)).toEqual(["set-map b.example.com", "unset-map c.example.com"]);
  });

  test("an entry stays until the reload that brings a line of its backend in its place, and no other entry does", () => {
    const is = running({ web: {}, b: {} }, { "www.example.com": "web", "b.example.com": "b" });
    const desired = balancer([backend("web", []), backend("b", [])], [], ["www.example.com web", "b.example.com web"]);
    expect(said(planSteps(is, desired, never).steps)).toEqual(["unset-map b.example.com"]);
  });

  test("cookies that clients have are written at a reload", () => {
    const sticky = backend(
      "web",
      [
        { ...server(1), cookie: "own" },
        { ...server(2), cookie: "own2" },
      ],
      { isSticky: true },
    );
    const now = asOfNow(balancer([sticky]), running({ web: { s_1: { cookie: "given" }, s_2: {} } }));
    expect(now.backends[0]?.servers.map(({ cookie }) => cookie)).toEqual(["given", "own2"]);
  });

  test("in HAProxy's words", () => {
    const options = {
      files: { hosts: "/run/hosts.map", apps: "/run/apps.map" },
      cookieKey: "key",
      addsCookies: false,
      isExperimental: false,
    };
    const sticky = backend("web", [], { isSticky: true, serverOptions: " check inter 5s fall 4" });
    const added = { ...server(1), ip: "2001:db8::1", cookie: "c", checkPort: 9_000 };
    expect(commandsOf({ kind: "add-server", backend: sticky, server: added }, options)).toEqual([
      "add server web/s_1 [2001:db8::1]:1 id 1 port 9000 check inter 5s fall 4",
      "set dynamic-cookie-key backend web key",
      "enable server web/s_1",
      "enable health web/s_1",
    ]);
    expect(
      commandsOf({ kind: "add-server", backend: sticky, server: added }, { ...options, addsCookies: true })[0],
    ).toContain(" cookie c ");
    expect(commandsOf({ kind: "set-map", map: "hosts", key: "a", value: "b", isNew: true }, options)).toEqual([
      "add map /run/hosts.map a b",
    ]);
    expect(commandsOf({ kind: "set-map", map: "hosts", key: "a", value: "b", isNew: false }, options)).toEqual([
      "set map /run/hosts.map a b",
    ]);
    expect(commandsOf({ kind: "unset-map", map: "apps", key: "a" }, options)).toEqual(["del map /run/apps.map a"]);
  });
});

test("steps lead from anything that runs to what is wanted, and then there are none", () => {
  const ports = fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 6 });
  const state = fc.record({ isInMaintenance: fc.boolean(), isUp: fc.boolean(), sessions: fc.nat(2) });
  const names = fc.dictionary(fc.constantFrom("a.example.com", "b.example.com"), fc.constantFrom("web", "other"));
  fc.assert(
    fc.property(
      ports,
      fc.array(fc.tuple(fc.integer({ min: 1, max: 8 }), state)),
      names,
      names,
      (wanted, is, before, after) => {
        const desired = balancer(
          [
            backend(
              "web",
              wanted.map((port) => server(port)),
            ),
            backend("other", []),
          ],
          Object.entries(after),
        );
        let now = running(
          { web: Object.fromEntries(is.map(([port, more]) => [`s_${port}`, more])), other: {} },
          before,
        );
        for (let round = 0; round < 3; round++) now = afterSteps(now, planSteps(now, desired, () => true).steps);
        expect(planSteps(now, desired, () => true)).toEqual({ steps: [], leaving: [] });
        const servers = [...(now.backends.get("web") ?? [])];
        expect(servers.map(([name]) => name).sort()).toEqual(wanted.map((port) => `s_${port}`).sort());
        expect(servers.every(([, { isInMaintenance }]) => !isInMaintenance)).toBe(true);
        expect(Object.fromEntries(now.maps.hosts)).toEqual(after);
      },
    ),
  );
});

import { describe, expect, test } from "vitest";
import { bridgeSections, renderBridge } from "../../../src/lb/bridge.js";
import { mergeDeploymentGroups } from "../../../src/lb/deployment-groups.js";
import { serverCookie, serverId } from "../../../src/lb/marathon-lb/server-name.js";
import { PortAssigner } from "../../../src/lb/port-assignment.js";
import { readApps } from "../../../src/sources/marathon/read-apps.js";
import { captured, hasCaptured, WITHOUT } from "./support.js";

interface Hashes {
  readonly serverIds: readonly { readonly serversInOrder: readonly string[]; readonly ids: readonly number[] }[];
  readonly cookies: readonly { readonly server: string; readonly cookie: string }[];
  readonly assignedPorts: readonly {
    readonly min: number;
    readonly max: number;
    readonly requestsInOrder: readonly { readonly app: string; readonly taskPort: number }[];
    readonly ports: readonly (number | null)[];
  }[];
}

interface Draining {
  readonly old: number;
  readonly new: number;
  readonly newHealthy: number;
  readonly target: number;
  readonly newInstancesLabel: number | null;
  readonly draining: readonly string[];
}

interface BridgeCase {
  readonly name: string;
  readonly tasks: string;
  readonly expected: string;
}

describe.skipIf(!hasCaptured)(`as the programs have it that are replaced${WITHOUT}`, () => {
  const hashes = hasCaptured ? captured<Hashes>("marathon-lb/hashes.json") : undefined;

  test("servers have their ids and their cookies", () => {
    for (const { serversInOrder, ids } of hashes?.serverIds ?? []) {
      const taken = new Set<number>();
      expect(serversInOrder.map((name) => serverId(name, taken))).toEqual(ids);
    }
    for (const { server, cookie } of hashes?.cookies ?? []) expect(serverCookie(server)).toBe(cookie);
  });

  test("apps without service ports are given theirs, until there are none left", () => {
    for (const { min, max, requestsInOrder, ports } of hashes?.assignedPorts ?? []) {
      const assigner = new PortAssigner({ min, max });
      const given = requestsInOrder.map(({ app, taskPort }) => assigner.assign(app, taskPort) ?? null);
      expect(given).toEqual(ports);
    }
  });

  const draining = hasCaptured ? captured<{ draining: Draining[] }>("marathon-lb/zdd.json").draining : [];
  test.each(draining)(
    "of $old old tasks and $new new ones, $newHealthy of them well, those drain: $draining",
    (row) => {
      for (const order of [1, -1]) {
        const apps = readApps({
          apps: pairOf(row)
            .slice()
            .sort(() => order),
        }).apps;
        const [merged] = mergeDeploymentGroups(apps);
        const hosts = merged?.app.tasks.filter(({ id }) => merged.draining.has(id)).map(({ host }) => host);
        expect(hosts?.sort()).toEqual([...row.draining].sort());
      }
    },
  );

  const bridges = hasCaptured ? captured<BridgeCase[]>("haproxy-marathon-bridge/cases.json") : [];
  test.each(bridges)("the bridge: $name", ({ tasks, expected }) => {
    expect(renderBridge(bridgeSections(tasks))).toBe(expected);
  });
});

/** The old app and the new one, as the table describes them. */
function pairOf(row: Draining) {
  const check = [{ protocol: "TCP", portIndex: 0 }];
  const tasks = (count: number, first: number, healthy: number) =>
    Array.from({ length: count }, (_, index) => ({
      id: `task-${String(first + index).padStart(3, "0")}`,
      host: `10.0.0.${first + index}`,
      ports: [31_000],
      healthCheckResults: [{ alive: index < healthy }],
    }));
  const labels = (time: string, more: object) => ({
    HAPROXY_DEPLOYMENT_GROUP: "web",
    HAPROXY_DEPLOYMENT_STARTED_AT: time,
    HAPROXY_DEPLOYMENT_TARGET_INSTANCES: String(row.target),
    ...more,
  });
  const newLabel =
    row.newInstancesLabel === null ? {} : { HAPROXY_DEPLOYMENT_NEW_INSTANCES: String(row.newInstancesLabel) };
  const app = (id: string, instances: number, started: string, more: object, own: object[]) => ({
    id,
    instances,
    labels: labels(started, more),
    ports: [10_000],
    healthChecks: check,
    versionInfo: { lastScalingAt: started },
    tasks: own,
  });
  return [
    app("/web-blue", row.old, "2030-01-01T00:00:00", {}, tasks(row.old, 1, row.old)),
    app("/web-green", row.new, "2030-01-02T00:00:00", newLabel, tasks(row.new, 101, row.newHealthy)),
  ];
}

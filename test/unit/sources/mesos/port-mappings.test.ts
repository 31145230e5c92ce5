import { describe, expect, it } from "vitest";
import { LiveCluster } from "../../../../src/sources/mesos/live/live-cluster.js";
import type { Json } from "../../../support/json.js";
import { captured, taskAdded } from "../../../support/operator-api.js";
import { cluster, task } from "../../../support/scripted-master.js";
import { event, stateFrom } from "./live/support.js";
import { network, readTask, running } from "./reading.js";

const MAPPING = { host_port: 31000, container_port: 80, protocol: "tcp" };
const onNetwork = (...port_mappings: unknown[]) => ({ network_infos: [{ name: "dcos" }, { port_mappings }] });
const scoped = (value: string) => ({
  name: "api",
  ports: { ports: [{ number: 80, labels: { labels: [{ key: "network-scope", value }] } }] },
});

/** The same task from a state and from an event. */
function fromBoth(extra: Json) {
  const added = event(taskAdded(task("web", { agent: "S0", extra })));
  return [readTask(extra), added.type === "TASK_ADDED" ? added.task.task : undefined];
}

describe("captured messages of a real cluster", () => {
  it.skipIf(!captured("operator-api"))("tell which containers are reached at ports of their agents", () => {
    const live = new LiveCluster();
    live.applyState(stateFrom(cluster({})));
    const mapped = new Map<string, boolean>();
    for (const message of captured("operator-api") ?? []) {
      live.apply(event(message));
      for (const one of live.observed.cluster.frameworks.flatMap(({ tasks }) => tasks))
        if (/-on-/.test(one.name)) mapped.set(one.name, one.mapsPorts === true || one.networkMapsPorts === true);
    }
    const on = (network: RegExp) => [...mapped].filter(([name]) => network.test(name)).map(([, isMapped]) => isMapped);
    expect(on(/-on-bridge$/)).toEqual([true, true]);
    expect(new Set(on(/-on-(dcos|host|ipv6)$/))).toEqual(new Set([false]));
  });
});

describe("ports of the agent are mapped to a task's container", () => {
  it.each([
    ["a Docker container maps some", { container: { type: "DOCKER", docker: { port_mappings: [MAPPING] } } }],
    ["its network maps some", { container: { type: "MESOS", ...onNetwork(MAPPING) } }],
    ["a network without a container's type maps some", { container: onNetwork(MAPPING) }],
    ["a discovery port is in the host's scope", { discovery: scoped("host") }],
    ["such a port has no name to go with it", { discovery: { ...scoped("host"), name: "" } }],
  ])("if %s", (_, extra) => {
    for (const one of fromBoth(extra)) expect(one).toHaveProperty("mapsPorts", true);
  });

  it.each([
    ["nothing does", {}],
    ["only the container's own ports are known", { discovery: scoped("container") }],
    ["a Docker container's networks do", { container: { type: "DOCKER", docker: {}, ...onNetwork(MAPPING) } }],
    ["a Mesos container has a Docker image's mappings", { container: { docker: { port_mappings: [MAPPING] } } }],
    ["the mappings are empty", { container: { type: "DOCKER", docker: { port_mappings: [] } } }],
  ])("but not if %s", (_, extra) => {
    for (const one of fromBoth(extra)) expect(one).not.toHaveProperty("mapsPorts");
  });

  it.each([
    [],
    "port_mappings",
    { type: "DOCKER", docker: "port_mappings" },
    { network_infos: { port_mappings: [] } },
    {
      network_infos: [null, 7, { port_mappings: {} }, { port_mappings: [null, { host_port: "80" }, { host_port: 0 }] }],
    },
  ])("but not if the container is malformed: %j", (container) => {
    for (const one of fromBoth({ container })) expect(one).not.toHaveProperty("mapsPorts");
  });

  it("if the network in its latest status says so", () => {
    const mapped = running({ timestamp: 1, ...network({ port_mappings: [MAPPING] }) });
    for (const one of fromBoth({ statuses: [mapped] })) expect(one).toHaveProperty("networkMapsPorts", true);
    for (const one of fromBoth({ statuses: [mapped, running({ timestamp: 2 })] }))
      expect(one).not.toHaveProperty("networkMapsPorts");
  });
});

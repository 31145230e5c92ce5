import { describe, expect, it } from "vitest";
import { EventParser, type MasterEvent } from "../../../../../src/sources/mesos/live/events.js";
import { LiveCluster } from "../../../../../src/sources/mesos/live/live-cluster.js";
import type { Json } from "../../../../support/json.js";
import { captured, HEARTBEAT, recordOf, subscribed, taskAdded, taskUpdated } from "../../../../support/operator-api.js";
import { cluster, framework, task } from "../../../../support/scripted-master.js";
import { bytes } from "../reading.js";
import { event, FULL, readEvent, S0, stateFrom } from "./support.js";

/** The task in a TASK_ADDED event. */
function added(message: Json): Extract<MasterEvent, { type: "TASK_ADDED" }>["task"] {
  const read = event(message);
  if (read.type !== "TASK_ADDED") throw new Error(`it is ${read.type}`);
  return read.task;
}

const withResources = (...resources: unknown[]) => {
  const message = taskAdded(task("web", { agent: "S0" })) as { task_added: { task: Json } };
  return { type: "TASK_ADDED", task_added: { task: { ...message.task_added.task, resources } } };
};

const ports = (...range: unknown[]) => ({ name: "ports", type: "RANGES", ranges: { range } });

describe("a task", () => {
  it("is the same as in a state", () => {
    const discovery = { name: "api", ports: [{ number: 80, name: "http", protocol: "tcp" }, { number: 0 }] };
    const web = task("web", { agent: "S0", ports: [31000, 31005], ip: ["203.0.113.1", "2001:db8::1"], discovery });
    const [inState] = stateFrom(cluster({ agents: [S0], frameworks: [framework("marathon", { tasks: [web] })] }))
      .cluster.frameworks;
    expect(added(taskAdded(web)).task).toEqual(inState?.tasks[0]);
  });

  it("has the ports of all its resources named `ports`, sorted and joined as in a state", () => {
    const reserved = withResources(
      ports({ begin: 31005, end: 31006 }, { begin: 31001, end: 31001 }),
      { name: "cpus", type: "SCALAR", scalar: { value: 1 } },
      ports({ begin: 31002, end: 31003 }),
    );
    expect(added(reserved).task.ports).toEqual([
      [31001, 31003],
      [31005, 31006],
    ]);
  });

  it("loses only its malformed parts", () => {
    const odd = withResources(
      null,
      ports({ begin: 5, end: 4 }, { begin: "1", end: 2 }, null, { begin: 31000, end: 31000 }),
    );
    expect(added(odd).task.ports).toEqual([[31000, 31000]]);
    expect(added({ ...odd, extra: 1 }).task.name).toBe("web");
  });
});

describe("an update", () => {
  it("has the state of the update, because its status may be an older one that is repeated", () => {
    const message = taskUpdated(task("web", { agent: "S0" }), "TASK_KILLED", { state: "TASK_RUNNING" });
    expect(event(message)).toMatchObject({ update: { state: "TASK_KILLED" } });
  });

  it("reports addresses only if its status is TASK_RUNNING", () => {
    const web = task("web", { agent: "S0" });
    expect(event(taskUpdated(web, "TASK_STARTING"))).not.toHaveProperty("update.running");
    const network = { container_status: { network_infos: [{ ip_addresses: [{ ip_address: "203.0.113.1" }] }] } };
    expect(event(taskUpdated(web, "TASK_RUNNING", network))).toHaveProperty("update.running", {
      reported: { addresses: { netinfo: ["203.0.113.1"] } },
      since: 1_700_000_100,
    });
  });

  it.each([
    [false, true],
    [true, undefined],
    [undefined, undefined],
  ])("whose status says healthy: %j makes the task unhealthy: %j", (healthy, unhealthy) => {
    const update = event(taskUpdated(task("web", { agent: "S0" }), "TASK_RUNNING", { healthy }));
    expect(update).toHaveProperty("update.running.reported", { addresses: {}, ...(unhealthy && { unhealthy }) });
  });

  it("has labels in the form of the operator API", () => {
    const labels = { labels: [{ key: "Docker.NetworkSettings.IPAddress", value: "203.0.113.9" }] };
    expect(event(taskUpdated(task("web", { agent: "S0" }), "TASK_RUNNING", { labels }))).toHaveProperty(
      "update.running.reported.addresses",
      { docker: ["203.0.113.9"] },
    );
  });
});

describe("an event", () => {
  it.each([
    ["of an unknown type", { type: "TASK_DREAMT" }],
    ["without its body", { type: "TASK_ADDED" }],
    ["with a body of another kind", { type: "TASK_UPDATED", task_updated: [] }],
    ["about nobody", { type: "AGENT_REMOVED", agent_removed: { agent_id: {} } }],
    ["about a framework without a name", { type: "FRAMEWORK_ADDED", framework_added: { framework: {} } }],
  ])("%s has no effect", (_, message) => {
    expect(event(message)).toEqual({ type: "OTHER" });
  });

  it.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["an object without a type", "{}"],
    ["more than one object", "{} {}"],
    ["JSON that breaks off inside", '{"type":"SUBSCRIBED","subscribed":{"get_state":{"get_tasks":{"tasks":[{'],
  ])("that is %s is an error", (_, text) => {
    expect(() => readEvent(Buffer.from(text))).toThrow(expect.objectContaining({ code: "STREAM_INVALID" }));
  });

  it("that has the whole cluster is read for its heartbeat alone", () => {
    expect(event(subscribed(FULL, 5))).toEqual({ type: "SUBSCRIBED", heartbeatSeconds: 5 });
  });

  it("is the same in whatever parts it arrives", () => {
    for (const message of [subscribed(FULL, 5), taskAdded(task("web", { agent: "S0" })), HEARTBEAT]) {
      const record = bytes(message);
      for (const size of [1, 10, 200]) {
        const parser = new EventParser();
        for (let at = 0; at < record.length; at += size) parser.add(record.subarray(at, at + size));
        expect(parser.end()).toEqual(event(message));
      }
    }
  });

  it("that has the whole cluster may leave out everything", () => {
    const told = { type: "SUBSCRIBED", heartbeatSeconds: 15 };
    expect(event({ type: "SUBSCRIBED", subscribed: { get_state: 7 } })).toEqual(told);
    expect(event({ type: "SUBSCRIBED" })).toEqual(told);
  });

  it("that announces an extreme heartbeat interval is limited to a sensible one", () => {
    const seconds = (interval: unknown) =>
      event({ type: "SUBSCRIBED", subscribed: { heartbeat_interval_seconds: interval } });
    expect(seconds(0.001)).toMatchObject({ heartbeatSeconds: 1 });
    expect(seconds(1e9)).toMatchObject({ heartbeatSeconds: 3600 });
    expect(seconds("soon")).toMatchObject({ heartbeatSeconds: 15 });
  });

  it("is read from its own record alone", () => {
    expect(recordOf(HEARTBEAT)).toBe('20\n{"type":"HEARTBEAT"}');
    expect(readEvent(bytes(HEARTBEAT))).toEqual({ type: "HEARTBEAT" });
  });
});

describe("captured messages of real clusters", () => {
  const FILES = [
    ["operator-api", 11],
    ["hello-world", 0],
    ["hello-overlay", 0],
    ["pod-tasks", 0],
    ["recovered-agents", 0],
  ] as const;

  it.skipIf(!captured("operator-api")).each(FILES)("%s can be read, and events add %i tasks or more", (name, least) => {
    const live = new LiveCluster();
    live.applyState(stateFrom(cluster({})));
    const types = new Set<string>();
    let most = 0;
    for (const message of captured(name) ?? []) {
      const read = event(message);
      types.add(read.type);
      live.apply(read);
      most = Math.max(most, live.observed.cluster.frameworks.flatMap(({ tasks }) => tasks).length);
    }
    expect(types).toContain("SUBSCRIBED");
    expect(types).not.toContain("OTHER");
    expect(most).toBeGreaterThanOrEqual(least);
  });
});

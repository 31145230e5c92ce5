import { EventEmitter } from "node:events";
import { describe, expect, it, test } from "vitest";
import { ClusterTable } from "../../../src/console/cluster-table.js";
import type { TaskDetail } from "../../../src/console/model.js";
import type { Cluster } from "../../../src/sources/mesos/cluster.js";
import type { FromClusterPort, ToClusterPort } from "../../../src/threads/console-messages.js";
import { ConsolePublisher } from "../../../src/threads/console-publisher.js";
import { ClusterFacts } from "../../../src/views/facts.js";
import type { Published } from "../../../src/views/mesos-dns/enumerate.js";
import type { Json } from "../../support/json.js";
import { agent, cluster, framework, task } from "../../support/scripted-master.js";
import { clusterOf, FULL, marathonWith, web } from "../catalog/support.js";
import { configOf } from "../config/support.js";
import { ALL } from "../console/support.js";

/** The builder's end of a port. What it sends is copied, as between threads. */
class Port extends EventEmitter {
  readonly sent: FromClusterPort[] = [];

  postMessage(message: FromClusterPort): void {
    this.sent.push(structuredClone(message));
  }

  say(message: ToClusterPort): void {
    this.emit("message", message);
  }

  close(): void {}
}

function setUp(state?: Json) {
  let published: Published | undefined;
  const serve = (next: Json | Cluster) => {
    const served = "agents" in next ? (next as Cluster) : clusterOf(next);
    const facts = new ClusterFacts({
      cluster: served,
      masters: [],
      nameServers: [],
      resolved: new Map(),
      ipSources: ["netinfo", "host"],
      records: [],
    });
    published = { facts, config: configOf(), omitsStandby: () => false };
  };
  if (state) serve(state);
  const port = new Port();
  const log: unknown[] = [];
  const publisher = new ConsolePublisher({
    port,
    published: () => published,
    hasFacts: () => true,
    log: { error: (...line: unknown[]) => void log.push(line) },
  });
  const table = new ClusterTable();
  let taken = 0;
  /** Takes what has been sent, piece by piece. @returns what it has changed */
  const takeAll = () => {
    const steps = [];
    for (; taken < port.sent.length; taken++) {
      const message = port.sent[taken];
      if (message?.kind !== "piece") continue;
      steps.push(table.take(message.piece));
      port.say({ kind: "taken" });
    }
    return steps;
  };
  const follow = (next: Json | Cluster) => {
    serve(next);
    publisher.follow();
    return takeAll();
  };
  const ids = () => table.findTasks(ALL).rows.map(({ id }) => id);
  return { port, table, takeAll, follow, ids, publisher, serve, log };
}

describe("what the console is told of the cluster", () => {
  it("is all of it first", () => {
    const { table, takeAll, ids } = setUp(FULL);
    takeAll();
    expect(table.isLoaded).toBe(true);
    expect(ids()).toEqual(["api.S1", "web.1", "web.2"]);
    expect(table.counts).toEqual({ tasks: 3, services: 2, agents: 2, frameworks: 1 });
    expect(table.task("frameworks-marathon", "web.1")).toMatchObject({
      service: "web",
      framework: "marathon",
      agent: "192.0.2.10",
      addresses: ["203.0.113.1"],
    });
  });

  it("waits for the first cluster", () => {
    const { port, table, follow } = setUp();
    expect(port.sent).toEqual([]);
    follow(FULL);
    expect(table.isLoaded).toBe(true);
  });

  it("is what has changed from then on", () => {
    const { follow, takeAll, ids, port } = setUp(FULL);
    takeAll();
    const before = port.sent.length;
    const [steps] = follow(marathonWith(web(2), web(3)));
    expect(steps?.tasks.map(({ before, after }) => [before?.id, after?.id]).sort()).toContainEqual([
      undefined,
      "web.3",
    ]);
    expect(ids()).toEqual(["web.2", "web.3"]);
    expect(port.sent).toHaveLength(before + 1);
  });

  it("is nothing while the cluster is the same", () => {
    const { port, takeAll, publisher } = setUp(FULL);
    takeAll();
    const before = port.sent.length;
    publisher.follow();
    expect(port.sent).toHaveLength(before);
  });

  it("is the outcome alone of what has changed while a piece was not taken", () => {
    const { follow, serve, publisher, takeAll, ids, port } = setUp(FULL);
    serve(marathonWith(web(7)));
    publisher.follow();
    serve(marathonWith(web(8)));
    publisher.follow();
    expect(port.sent).toHaveLength(1);
    takeAll();
    expect(ids()).toEqual(["web.8"]);
    follow(marathonWith());
    expect(ids()).toEqual([]);
  });

  it("comes in pieces that neither thread takes long for", () => {
    const many = Array.from({ length: 2_500 }, (_, i) => task("web", { id: `web.${i}`, agent: "S0" }));
    const { port, takeAll, table } = setUp(marathonWith(...many));
    expect(port.sent).toHaveLength(1);
    expect(table.isLoaded).toBe(false);
    takeAll();
    expect(port.sent).toHaveLength(3);
    expect(table.counts.tasks).toBe(2_500);
  });

  it("renames the agent of a task whose agent has another host name", () => {
    const at = (hostname: string) =>
      cluster({ agents: [agent("S0", { hostname })], frameworks: [framework("marathon", { tasks: [web(1)] })] });
    const { takeAll, follow, table } = setUp(at("old.example.com"));
    takeAll();
    follow(at("new.example.com"));
    expect(table.findTasks(ALL).rows.map((row) => row.agent)).toEqual(["new.example.com"]);
  });

  it("follows random changes to the same cluster", () => {
    const { takeAll, follow, ids } = setUp(marathonWith());
    takeAll();
    for (let round = 0; round < 30; round++) {
      const numbers = Array.from({ length: 20 }, (_, i) => i + 1).filter((i) => (i * 7 + round * 5) % 11 < 5);
      follow(marathonWith(...numbers.map((number) => web(number))));
      expect(ids().sort()).toEqual(numbers.map((number) => `web.${number}`).sort());
    }
  });
});

describe("what the console is told of one task", () => {
  function detailOf(state: Json, id: string): TaskDetail | undefined {
    const { port } = setUp(state);
    port.say({ kind: "detail", id: 4, task: { frameworkId: "frameworks-marathon", id } });
    const answer = port.sent.at(-1);
    return answer?.kind === "detail" && answer.id === 4 ? answer.detail : undefined;
  }

  it("are its records, ports, addresses and labels", () => {
    const labelled = web(1, { labels: [{ key: "owner", value: "team-a" }] });
    const detail = detailOf(marathonWith(labelled), "web.1");
    expect(detail?.records).toContainEqual({ name: "web.marathon.mesos.", type: "A", data: "203.0.113.1" });
    expect(detail).toMatchObject({
      problem: null,
      ports: [{ number: 31_001, hostPort: 31_001 }],
      reported: { netinfo: ["203.0.113.1"] },
      labels: [{ key: "owner", value: "team-a" }],
    });
  });

  it("is why it has no records", () => {
    const lost = task("lost", { id: "lost.1", agent: "GONE" });
    expect(detailOf(marathonWith(lost), "lost.1")).toMatchObject({ records: [], problem: { reason: "unknown_agent" } });
  });

  it("is nothing for a task that does not run", () => {
    expect(detailOf(FULL, "nobody")).toBeUndefined();
  });
});

test("the console is told how a service's names begin, by the rules for names", () => {
  const named = (name: string, extra = {}) => task(name, { id: `${name.slice(0, 9)}.1`, agent: "S0", ...extra });
  const { port } = setUp(marathonWith(named("<Script>"), named("y".repeat(70)), named("日本")));
  const startsOf = (name: string, framework = "marathon") => {
    port.say({ kind: "starts", id: 7, service: { framework, name } });
    const answer = port.sent.at(-1);
    return answer?.kind === "starts" && answer.id === 7 ? answer.starts : undefined;
  };
  expect(startsOf("<Script>")).toEqual(["script.", "_script."]);
  expect(startsOf("y".repeat(70))).toEqual([`${"y".repeat(63)}.`, `_${"y".repeat(62)}.`]);
  expect(startsOf("日本")).toEqual(["_."]);
  expect([startsOf("nobody"), startsOf("<Script>", "chronos")]).toEqual([[], []]);
});

import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { Console } from "../../../src/threads/console.js";
import type { FromClusterPort, FromConsoleThread, ToClusterPort } from "../../../src/threads/console-messages.js";
import type { Reading } from "../../../src/threads/messages.js";
import { Snapshot, type SnapshotUpdate } from "../../../src/zone/snapshot.js";
import { ManualTimers } from "../../support/timers.js";
import { APEX, snapshotOf } from "../../support/zone.js";
import { AGENT, piece, taskRow } from "../console/support.js";

class Snapshots extends EventEmitter {
  readonly readings: Reading[] = [];
  isClosed = false;

  postMessage(reading: Reading): void {
    this.readings.push(reading);
  }

  close(): void {
    this.isClosed = true;
  }

  send(update: SnapshotUpdate): void {
    this.emit("message", update);
  }
}

class ClusterSource extends EventEmitter {
  readonly asked: ToClusterPort[] = [];

  postMessage(message: ToClusterPort): void {
    this.asked.push(message);
  }

  close(): void {}

  send(message: FromClusterPort): void {
    this.emit("message", message);
  }
}

const ZONE = snapshotOf(["web.marathon.mesos A 203.0.113.1"]);

function setUp() {
  const timers = new ManualTimers();
  const sent: FromConsoleThread[] = [];
  const looked = new Console({
    snapshot: Snapshot.empty([APEX]),
    port: { postMessage: (message) => void sent.push(message) },
    timers,
  });
  const snapshots = new Snapshots();
  const cluster = new ClusterSource();
  looked.follow(snapshots, cluster);
  const answer = async (id: number): Promise<unknown> => {
    await timers.advance(0);
    const found = sent.find((message) => message.kind === "answer" && message.id === id);
    return found?.kind === "answer" && found.text !== undefined ? JSON.parse(found.text) : undefined;
  };
  const changes = () => sent.flatMap((message) => (message.kind === "changes" ? message.changes : []));
  return { looked, timers, sent, snapshots, cluster, answer, changes };
}

test("the console's thread answers from the cluster and the names that it has been told of", async () => {
  const { looked, snapshots, cluster, answer } = setUp();
  snapshots.send(ZONE.whole);
  cluster.send({ kind: "piece", piece: piece({ isFirst: true, tasks: [taskRow("web.1")], agents: [AGENT] }) });
  looked.take({ kind: "ask", id: 1, question: { kind: "search", text: "web", limit: 5 } });
  expect(await answer(1)).toMatchObject({
    isLoaded: true,
    names: { rows: ["web.marathon.mesos"] },
    tasks: { total: 1 },
    services: { total: 1 },
  });
  expect(snapshots.readings.at(-1)?.generation).toBe(ZONE.generation);
  expect(cluster.asked).toEqual([{ kind: "taken" }]);
});

test("it tells of changes of tasks and of names, and of none in what it is told first", () => {
  const { snapshots, cluster, changes } = setUp();
  snapshots.send(ZONE.whole);
  cluster.send({ kind: "piece", piece: piece({ isFirst: true, tasks: [taskRow("web.1")] }) });
  expect(changes()).toEqual([]);
  cluster.send({ kind: "piece", piece: piece({ tasks: [taskRow("api.1")] }) });
  snapshots.send(snapshotOf(["web.marathon.mesos A 203.0.113.1", "api.marathon.mesos A 203.0.113.2"]).whole);
  expect(changes().map(({ kind }) => kind)).toEqual(["task-started", "names"]);
});

test("it tells of an update when all of its pieces have come, and of none that a builder has left unfinished", () => {
  const { cluster, changes, looked } = setUp();
  cluster.send({ kind: "piece", piece: piece({ isFirst: true, tasks: [taskRow("web.1"), taskRow("api.1")] }) });
  cluster.send({ kind: "piece", piece: piece({ isLast: false, gone: [{ frameworkId: "F0", id: "web.1" }] }) });
  expect(changes()).toEqual([]);
  const elsewhere = { agentId: "S1", agent: "node-1.example.com" };
  cluster.send({ kind: "piece", piece: piece({ tasks: [taskRow("web.2", elsewhere)] }) });
  expect(changes().map(({ kind }) => kind)).toEqual(["task-moved"]);
  cluster.send({ kind: "piece", piece: piece({ isLast: false, gone: [{ frameworkId: "F0", id: "api.1" }] }) });
  const later = new ClusterSource();
  looked.follow(new Snapshots(), later);
  later.send({ kind: "piece", piece: piece({ isFirst: true, tasks: [taskRow("web.2", elsewhere)] }) });
  later.send({ kind: "piece", piece: piece({ tasks: [taskRow("new.1")] }) });
  expect(changes().map(({ kind }) => kind)).toEqual(["task-moved", "task-started"]);
});

test("the page of a service has the names that begin as the builder says, and none while it is busy", async () => {
  const { looked, cluster, snapshots, answer, timers } = setUp();
  snapshots.send(snapshotOf(["ab.marathon.mesos A 203.0.113.1", "a-b.marathon.mesos A 203.0.113.2"]).whole);
  cluster.send({ kind: "piece", piece: piece({ isFirst: true, tasks: [taskRow("a/b")] }) });
  const question = { kind: "service", framework: "marathon", name: "a/b" } as const;
  looked.take({ kind: "ask", id: 1, question });
  const asked = cluster.asked.at(-1);
  expect(asked).toEqual({ kind: "starts", id: 1, service: { framework: "marathon", name: "a/b" } });
  cluster.send({ kind: "starts", id: 1, starts: ["ab.", "_ab."] });
  expect(await answer(1)).toMatchObject({ names: ["ab.marathon.mesos"] });
  looked.take({ kind: "ask", id: 2, question });
  await timers.advance(3_000);
  expect(await answer(2)).toMatchObject({ names: null });
});

test("the page of a task has what the builder says of it", async () => {
  const { looked, cluster, answer } = setUp();
  cluster.send({ kind: "piece", piece: piece({ isFirst: true, tasks: [taskRow("web.1")], agents: [AGENT] }) });
  looked.take({ kind: "ask", id: 1, question: { kind: "task", frameworkId: "F0", id: "web.1" } });
  const asked = cluster.asked.at(-1);
  expect(asked).toEqual({ kind: "detail", id: 1, task: { frameworkId: "F0", id: "web.1" } });
  const detail = {
    records: [],
    problem: null,
    ports: [],
    reported: {},
    labels: null,
    networks: null,
    container: null,
    hasHealthCheck: null,
  };
  cluster.send({ kind: "detail", id: 1, detail });
  expect(await answer(1)).toEqual({ task: taskRow("web.1"), detail, agent: AGENT, hasFacts: false });
});

test("the page of a task does not wait for a builder that is busy for long", async () => {
  const { looked, cluster, answer, timers } = setUp();
  cluster.send({ kind: "piece", piece: piece({ isFirst: true, tasks: [taskRow("web.1")] }) });
  looked.take({ kind: "ask", id: 1, question: { kind: "task", frameworkId: "F0", id: "web.1" } });
  await timers.advance(3_000);
  expect(await answer(1)).toMatchObject({ task: taskRow("web.1"), detail: null });
});

test("a later builder takes the place of the one before", () => {
  const { looked, snapshots, changes } = setUp();
  const later = new ClusterSource();
  const laterSnapshots = new Snapshots();
  looked.follow(laterSnapshots, later);
  expect(snapshots.isClosed).toBe(true);
  later.send({ kind: "piece", piece: piece({ isFirst: true, tasks: [taskRow("web.1")] }) });
  later.send({ kind: "piece", piece: piece({ tasks: [taskRow("web.2")] }) });
  expect(changes()).toHaveLength(1);
});

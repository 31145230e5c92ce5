import { EventEmitter } from "node:events";
import files from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MessagePort } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemTimers } from "../../../src/base/timers.js";
import { loadZone } from "../../../src/build/saved-zone.js";
import { SkipLog } from "../../../src/build/skip-log.js";
import { Builder } from "../../../src/threads/builder.js";
import type { FromBuilder, ReaderPort } from "../../../src/threads/messages.js";
import { Snapshot, type SnapshotUpdate } from "../../../src/zone/snapshot.js";
import { startMaster, webAt } from "../../support/scenario.js";
import type { ScriptedMaster } from "../../support/scripted-master.js";
import { silentLog } from "../../support/service.js";
import { until } from "../../support/wait.js";
import { APEX } from "../../support/zone.js";
import { configOf } from "../config/support.js";

/** The builder's port to a responder. */
class ScriptedResponder extends EventEmitter implements ReaderPort {
  readonly updates: SnapshotUpdate[] = [];
  closed = false;

  postMessage(update: SnapshotUpdate): void {
    this.updates.push(update);
  }

  close(): void {
    this.closed = true;
  }
}

/** A builder without a thread that follows this master, and all its messages. */
function setUp(master: ScriptedMaster, config: object = {}) {
  const said: FromBuilder[] = [];
  const errors: unknown[][] = [];
  const responder = new ScriptedResponder();
  const follow = (changes: object) =>
    configOf({ masters: [master.address], refreshSeconds: 3600, updates: "poll", ...config, ...changes });
  const log = Object.assign(Object.create(silentLog), { error: (...line: unknown[]) => errors.push(line) });
  const builder = new Builder({
    start: {
      config: follow({}),
      seed: 1,
      current: Snapshot.empty([APEX]).whole,
      isLatest: true,
      isRestored: false,
      unhealthy: [],
      catalogIndex: 0,
      consulIndex: 0,
    },
    port: { postMessage: (message) => said.push(message) },
    readers: [responder],
    log,
    skipLog: new SkipLog(silentLog),
    timers: systemTimers,
    random: Math.random,
    wallClock: Date.now,
    now: () => performance.now(),
    lookup: async () => [],
    connect: () => {
      throw new Error("there is no ZooKeeper here");
    },
    files,
    ownAddresses: () => [],
    hostname: "dns.example",
    makeRoom: () => undefined,
  });
  onTestFinished(() => builder.stop());
  builder.start();
  const builds = () => said.filter((message) => message.kind === "built");
  const built = (count: number) => until(`build ${count}`, async () => builds().length >= count);
  return { builder, said, errors, responder, follow, builds, built };
}

const zonesOf = ({ updates }: ScriptedResponder) => updates.map(({ apexes }) => apexes.map(({ zone }) => zone).join());

describe("a builder", () => {
  test("sends each zone to the responders, and to the main thread with a report", async () => {
    const { responder, builds, built } = setUp(await startMaster(webAt("203.0.113.1")));
    await built(1);
    expect(builds()).toEqual([
      expect.objectContaining({ fetched: true, report: expect.objectContaining({ tasks: 1, generation: 1 }) }),
    ]);
    expect(responder.updates.map(({ generation, ready }) => [generation, ready])).toEqual([[1, true]]);
  });

  test("reports a failure, and continues", async () => {
    const master = await startMaster();
    master.answer({ status: 500 });
    const { said, built } = setUp(master);
    await until("a failure", async () => said.some(({ kind }) => kind === "failure"));
    master.lead(webAt("203.0.113.1"));
    await built(1);
  });

  test("builds the last cluster at once under another configuration, then fetches again", async () => {
    const master = await startMaster(webAt("203.0.113.1"));
    const { builder, responder, follow, builds, built } = setUp(master);
    await built(1);
    const asked = master.requests.length;
    await builder.take({ kind: "configure", config: follow({ domain: "dc1.example" }) });
    expect(builds()[1]).toMatchObject({ fetched: false });
    expect(zonesOf(responder)).toEqual(["mesos,", "dc1.example,"]);
    await until("another fetch", async () => master.requests.length > asked);
  });

  test("builds once for all changes of health that come while it builds", async () => {
    const values = [{ value: "192.0.2.1" }, { value: "192.0.2.2" }];
    const { builder, builds, built } = setUp(await startMaster(webAt("203.0.113.1")), {
      records: [{ name: "edge", type: "A", policy: "weighted", healthCheck: "edge", values }],
      healthChecks: { edge: { type: "http" } },
    });
    await built(1);
    const serials = () => new Set(builds().map(({ report }) => report.serial)).size;
    const changes = Array.from({ length: 99 }, (_, i) => (i % 2 === 0 ? ["edge@192.0.2.1"] : []));
    await Promise.all(changes.map((instances) => builder.take({ kind: "unhealthy", instances })));
    expect([builds().length, serials()]).toEqual([2, 2]);
    await builder.take({ kind: "unhealthy", instances: [] });
    expect([builds().length, serials()]).toEqual([3, 3]);
  });

  test("applies the newest of many configurations that come while it builds, and leaves out those before it", async () => {
    const { builder, responder, follow, builds, built } = setUp(await startMaster(webAt("203.0.113.1")));
    await built(1);
    const domains = Array.from({ length: 50 }, (_, i) => `dc${i}.example`);
    await Promise.all(domains.map((domain) => builder.take({ kind: "configure", config: follow({ domain }) })));
    expect(zonesOf(responder).at(-1)).toBe("dc49.example,");
    expect(builds().filter(({ fetched }) => !fetched)).toHaveLength(1);
  });

  test("that gets another configuration before its first state builds under that one", async () => {
    const master = await startMaster();
    master.answer({ silent: true });
    const { builder, responder, follow, built } = setUp(master);
    await until("a fetch", async () => master.requests.length > 0);
    master.lead(webAt("203.0.113.1"));
    await builder.take({ kind: "configure", config: follow({ domain: "dc1.example" }) });
    await built(1);
    expect(zonesOf(responder)).toEqual(["dc1.example,"]);
  });

  test("that is stopped before its first state sends nothing more, and closes the responders' ports", async () => {
    const master = await startMaster();
    master.answer({ silent: true });
    const { builder, responder, said } = setUp(master);
    await until("a fetch", async () => master.requests.length > 0);
    await builder.take({ kind: "stop" });
    const count = said.length;
    master.lead(webAt("203.0.113.1"));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([responder.closed, said.length, responder.updates]).toEqual([true, count, []]);
  });

  test("that is stopped while it applies another configuration no longer fetches", async () => {
    const master = await startMaster(webAt("203.0.113.1"));
    const { builder, follow, built } = setUp(master);
    await built(1);
    const asked = master.requests.length;
    const configured = builder.take({ kind: "configure", config: follow({ domain: "dc1.example" }) });
    await Promise.all([configured, builder.take({ kind: "stop" })]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(master.requests).toHaveLength(asked);
  });

  test("saves its zone when it is stopped, for the next start", async () => {
    const stateDir = await files.mkdtemp(join(tmpdir(), "mesos-dns-builder-"));
    onTestFinished(() => files.rm(stateDir, { recursive: true }));
    const { builder, built } = setUp(await startMaster(webAt("203.0.113.1")), { stateDir });
    await built(1);
    await builder.take({ kind: "stop" });
    expect(await loadZone(configOf({ stateDir }))).toMatchObject({ seed: 1 });
  });

  test("does not use memory again that a thread which has just been started may read", async () => {
    const master = await startMaster(webAt("203.0.113.1"));
    const { builder, responder, follow, built } = setUp(master);
    await built(1);
    const read = async () => {
      const reading = { generation: responder.updates.length, pinned: [] };
      responder.emit("message", reading);
      await builder.take({ kind: "reading", ...reading });
    };
    const change = async () => {
      const count = responder.updates.length + 1;
      master.lead(webAt(`203.0.113.${count}`));
      await builder.take({ kind: "configure", config: follow({}) });
      await until("a build", async () => responder.updates.length === count);
    };
    for (let i = 0; i < 4; i++) await change().then(read);
    const old = responder.updates.at(-1)?.shards.map(([, memory]) => memory) ?? [];
    const isReused = () => old.some((memory) => responder.updates.at(-1)?.shards.some(([, each]) => each === memory));
    await change();
    const late = new ScriptedResponder();
    await builder.take({ kind: "reader", port: late as unknown as MessagePort });
    await read();
    for (let i = 0; i < 3; i++) {
      await change().then(read);
      expect(isReused()).toBe(false);
    }
    late.emit("message", { generation: responder.updates.length, pinned: [] });
    await change();
    expect(isReused()).toBe(true);
  });

  test("sends a listing piece by piece, and an empty one before the first state", async () => {
    const master = await startMaster();
    master.answer({ silent: true });
    const { builder, said, built } = setUp(master);
    const pieces = (id: number) =>
      said.flatMap((message) => (message.kind === "piece" && message.id === id ? [message.text] : []));
    await builder.take({ kind: "enumerate", id: 1 });
    await builder.take({ kind: "enumerate", id: 1 });
    expect(pieces(1)).toEqual(['{"frameworks":[]}', undefined]);
    master.lead(webAt("203.0.113.1"));
    await built(1);
    await builder.take({ kind: "enumerate", id: 2 });
    expect(JSON.parse(pieces(2)[0] ?? "")).toMatchObject({ frameworks: [{ tasks: [{ name: "web" }] }] });
    await builder.take({ kind: "enumerated", id: 2 });
  });
});

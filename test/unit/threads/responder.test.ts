import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { MesosDnsError } from "../../../src/base/errors.js";
import { ForwardClient } from "../../../src/forward/forward-client.js";
import type { FromResponder, Reading } from "../../../src/threads/messages.js";
import { Responder } from "../../../src/threads/responder.js";
import type { SnapshotUpdate } from "../../../src/zone/snapshot.js";
import { ManualTimers } from "../../support/timers.js";
import { APEX, answererOf } from "../../support/zone.js";
import { configOf } from "../config/support.js";

/** The port from which snapshots come. */
class Snapshots extends EventEmitter {
  readonly used: number[] = [];

  postMessage({ generation }: Reading): void {
    this.used.push(generation);
  }

  give(generation: number): void {
    const update: SnapshotUpdate = { generation, seed: 1, apexes: [APEX], ready: true, shards: [] };
    this.emit("message", update);
  }
}

/** A responder without a thread or sockets. What it does with sockets is in `log`. */
function setUp() {
  const said: FromResponder[] = [];
  const log: string[] = [];
  const timers = new ManualTimers();
  const script = { listen: async () => {}, configure: async () => {}, waiting: 0 };
  const answerer = answererOf([]);
  const forwarding = new ForwardClient(timers, configOf().cache);
  const responder = new Responder({
    stack: {
      answerer,
      connectTransfers: () => undefined,
      forwardClient: undefined,
      forwardServer: undefined,
      configure: () => void log.push("stack configured"),
      cached: () => [],
      flush: () => 3,
      recorder: undefined,
      report: () => ({ ...forwarding.report(), waiting: script.waiting }),
      start: () => void log.push("stack started"),
      close: () => void log.push("stack closed"),
    },
    listeners: {
      listen: () => {
        log.push("listening");
        return script.listen();
      },
      configure: () => script.configure(),
      updateReceiveDrops: () => {},
      stop: async () => void log.push("stopped listening"),
    },
    port: { postMessage: (message) => said.push(message), close: () => void log.push("port closed") },
    log: { error: (...line: unknown[]) => void log.push(JSON.stringify(line)) },
    timers,
    wallClock: () => 1_700_000_000_000,
  });
  responder.start();
  const snapshots = new Snapshots();
  return { responder, said, log, timers, script, answerer, snapshots };
}

const port = (snapshots: Snapshots) => snapshots as never;
const kinds = (said: readonly FromResponder[]) => said.map(({ kind }) => kind);

describe("a responder", () => {
  test("opens its sockets when it has been told to and has the awaited zone, in either order", async () => {
    for (const zoneFirst of [true, false]) {
      const { responder, said, log, snapshots } = setUp();
      await responder.take({ kind: "snapshots", port: port(snapshots) });
      if (zoneFirst) snapshots.give(2);
      await responder.take({ kind: "listen", generation: 2 });
      if (!zoneFirst) {
        snapshots.give(1);
        expect(log).toEqual([]);
        snapshots.give(2);
        await Promise.resolve();
      }
      await new Promise((resolve) => setImmediate(resolve));
      expect(log).toEqual(["listening", "stack started"]);
      expect(kinds(said)).toEqual(["listening"]);
      snapshots.give(3);
      expect(log).toHaveLength(2);
    }
  });

  test("reports a generation when it begins to read it", async () => {
    const { responder, snapshots, answerer } = setUp();
    await responder.take({ kind: "snapshots", port: port(snapshots) });
    snapshots.give(1);
    snapshots.give(2);
    expect([snapshots.used, answerer.snapshot.generation]).toEqual([[1, 2], 2]);
  });

  test("reports why it cannot listen", async () => {
    const { responder, said, script } = setUp();
    script.listen = () => Promise.reject(new MesosDnsError("LISTEN_ADDRESS_IN_USE", "UDP 192.0.2.1:53 is in use"));
    await responder.take({ kind: "listen", generation: 0 });
    expect(said).toEqual([
      {
        kind: "failed",
        failure: { code: "LISTEN_ADDRESS_IN_USE", message: "UDP 192.0.2.1:53 is in use", at: 1_700_000_000_000 },
      },
    ]);
  });

  test("that is stopped while it opens its sockets does not report that it listens", async () => {
    const { responder, said, log, script } = setUp();
    let opened = () => {};
    script.listen = () => new Promise((resolve) => (opened = resolve));
    const listening = responder.take({ kind: "listen", generation: 0 });
    await responder.take({ kind: "stop" });
    opened();
    await listening;
    expect(log).toEqual(["listening", "stopped listening", "stack closed", "port closed"]);
    expect(kinds(said)).not.toContain("listening");
  });

  test("that is stopped before it has a zone opens no sockets when one arrives", async () => {
    const { responder, log, snapshots } = setUp();
    await responder.take({ kind: "snapshots", port: port(snapshots) });
    await responder.take({ kind: "listen", generation: 2 });
    await responder.take({ kind: "stop" });
    snapshots.give(2);
    expect(log).not.toContain("listening");
  });

  test("continues if DNS over TLS cannot be served under another configuration, and logs that", async () => {
    const { responder, log, script } = setUp();
    script.configure = () => Promise.reject(new MesosDnsError("LISTEN_PERMISSION", "TCP port 853 needs a privilege"));
    const certificates = { certificate: undefined, resolverAuthorities: undefined, transferAuthorities: undefined };
    await responder.take({ kind: "configure", config: configOf(), certificates, tsigKeys: [] });
    expect(log).toEqual([
      "stack configured",
      '[{"code":"LISTEN_PERMISSION"},"TCP port 853 needs a privilege; DNS over TLS is not served"]',
    ]);
  });

  test("reports on forwarding when something has changed, until it is stopped", async () => {
    const { responder, said, timers, script } = setUp();
    await timers.advance(3_000);
    expect(kinds(said)).toEqual(["forwarding"]);
    script.waiting = 1;
    await timers.advance(1_000);
    expect(kinds(said)).toEqual(["forwarding", "forwarding"]);
    await responder.take({ kind: "stop" });
    expect(timers.pending).toBe(0);
    expect(kinds(said).at(-1)).toBe("stopped");
  });

  test("flushes cached answers, and reports their number", async () => {
    const { responder, said } = setUp();
    await responder.take({ kind: "flush", id: 7, name: undefined });
    expect(said[0]).toEqual({ kind: "flushed", id: 7, answers: 3 });
  });
});

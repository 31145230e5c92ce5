import { describe, expect, it } from "vitest";
import { formatHostPort } from "../../../../../src/base/host-port.js";
import { parseZkUrl, type ZkUrl } from "../../../../../src/config/zk-url.js";
import { type FollowerEvent, ZooKeeperFollower } from "../../../../../src/sources/mesos/zookeeper/follower.js";
import { ManualTimers } from "../../../../support/timers.js";
import { ScriptedEnsemble } from "./support.js";

const [A, B, C] = ["192.0.2.1:2181", "192.0.2.2:2181", "192.0.2.3:2181"] as const;

/** A follower of an ensemble that tries the first member first. Its events are in `told`. */
function setUp({ zk = `zk://${A},${B},${C}/mesos`, random = (): number => 0 } = {}) {
  const timers = new ManualTimers();
  const ensemble = new ScriptedEnsemble();
  const told: string[] = [];
  const follower = new ZooKeeperFollower({
    url: parseZkUrl(zk) as ZkUrl,
    connect: ensemble.connect,
    timers,
    random,
    onEvent: (event) => told.push(`${timers.now() / 1000} ${show(event)}`),
  });
  return { timers, ensemble, told, follower };
}

function show(event: FollowerEvent): string {
  switch (event.kind) {
    case "connected":
      return `connected ${formatHostPort(event.server)}`;
    case "disconnected":
      return `disconnected ${formatHostPort(event.server)}: ${event.reason}`;
    case "election":
      return `masters ${event.election.masters.map((master) => formatHostPort(master)).join(" ")}`;
    case "failure":
      return `${event.error.code}: ${event.error.message}`;
  }
}

const connections = (log: readonly string[]) => log.filter((line) => !line.startsWith("/"));

describe("the election", () => {
  it("is read at once, and again when a watch reports a change", async () => {
    const { timers, ensemble, told, follower } = setUp();
    ensemble.elect({ 12: "192.0.2.12:5050", 7: "192.0.2.7:5050" });
    follower.start();
    follower.start();
    await timers.advance(1_000);
    ensemble.elect({ 12: "192.0.2.12:5050" });
    await timers.advance(0);
    expect(told).toEqual([`0 connected ${A}`, "0 masters 192.0.2.7:5050 192.0.2.12:5050", "1 masters 192.0.2.12:5050"]);
    expect(follower.election?.masters).toEqual([{ host: "192.0.2.12", port: 5050 }]);
    expect(connections(ensemble.log)).toEqual([A]);
  });

  it("is read every two seconds even without a watch, and reported only if it has changed", async () => {
    const { timers, ensemble, told, follower } = setUp();
    ensemble.elect({ 1: "192.0.2.7:5050" });
    follower.start();
    await timers.advance(7_000);
    expect(ensemble.log.filter((line) => line === "/mesos")).toHaveLength(4);
    expect(told).toHaveLength(2);
    ensemble.nodes.clear();
    ensemble.nodes.set("json.info_0000000002", '{"address": {"ip": "192.0.2.8", "port": 5050}}');
    await timers.advance(2_000);
    expect(told.at(-1)).toBe("8 masters 192.0.2.8:5050");
  });

  it("is read again when it changes while it is being read", async () => {
    const { timers, ensemble, told, follower } = setUp();
    ensemble.elect({ 1: "192.0.2.7:5050" });
    follower.start();
    ensemble.nodes.delete("json.info_0000000001");
    await timers.advance(0);
    ensemble.elect({ 2: "192.0.2.8:5050" });
    await timers.advance(0);
    expect(told.at(-1)).toBe("0 masters 192.0.2.8:5050");
  });

  it("is read with the data of its nodes every 30 seconds", async () => {
    const { timers, ensemble, told, follower } = setUp();
    ensemble.nodes.set("json.info_0000000001", "garbled");
    follower.start();
    await timers.advance(20_000);
    expect(told.at(-1)).toMatch(/^20 ZOOKEEPER_NODE_UNREADABLE: .*json\.info_0000000001: it is not JSON$/);
    ensemble.nodes.set("json.info_0000000001", '{"pid": "master@192.0.2.9:5050"}');
    await timers.advance(10_000);
    expect(told.at(-1)).toBe("30 masters 192.0.2.9:5050");
  });

  it("stays as it was when no master is registered any more, and is reported again when one is", async () => {
    const { timers, ensemble, told, follower } = setUp();
    ensemble.elect({ 1: "192.0.2.7:5050" });
    follower.start();
    await timers.advance(0);
    ensemble.elect({});
    await timers.advance(0);
    expect(told.at(-1)).toBe("0 ZOOKEEPER_NO_MASTERS: no Mesos master is registered in ZooKeeper at /mesos");
    expect([follower.election?.masters.length, follower.failure?.code]).toEqual([1, "ZOOKEEPER_NO_MASTERS"]);
    ensemble.elect({ 1: "192.0.2.7:5050" });
    await timers.advance(0);
    expect([told.at(-1), follower.failure]).toEqual(["0 masters 192.0.2.7:5050", undefined]);
  });

  it.each([
    ["no-node", "ZOOKEEPER_NO_MASTERS", /has no \/mesos: .* zk names the wrong path$/],
    ["no-auth", "ZOOKEEPER_AUTH", /^ZooKeeper does not let \/mesos be read with this password of the user ops; /],
  ] as const)(
    "that a server refuses (%s) is requested every two seconds over the same connection",
    async (mood, code, why) => {
      const { timers, ensemble, told, follower } = setUp({ zk: `zk://ops:s3cret@${A}/mesos` });
      ensemble.elect({ 1: "192.0.2.7:5050" });
      ensemble.moods.set(A, mood);
      follower.start();
      await timers.advance(3_000);
      expect([follower.failure?.code, follower.failure?.message]).toEqual([code, expect.stringMatching(why)]);
      expect(told.join()).not.toContain("s3cret");
      ensemble.moods.set(A, "well");
      await timers.advance(1_000);
      expect(told.at(-1)).toBe("4 masters 192.0.2.7:5050");
      expect([...ensemble.credentials, ...connections(ensemble.log)]).toEqual(["ops:s3cret", A]);
    },
  );
});

describe("a server that cannot be used", () => {
  it("is skipped at once, and not reported", async () => {
    const { timers, ensemble, told, follower } = setUp();
    ensemble.elect({ 1: "192.0.2.7:5050" });
    ensemble.moods.set(A, "down");
    follower.start();
    await timers.advance(0);
    expect(told).toEqual([`0 connected ${B}`, "0 masters 192.0.2.7:5050"]);
  });

  it("that establishes no session is given up after five seconds", async () => {
    const { timers, ensemble, told, follower } = setUp();
    ensemble.elect({ 1: "192.0.2.7:5050" });
    ensemble.moods.set(A, "silent");
    follower.start();
    await timers.advance(5_000);
    expect(told[0]).toBe(`5 connected ${B}`);
    expect(ensemble.open).toBe(1);
  });

  it("that falls silent is replaced by another within five seconds", async () => {
    const { timers, ensemble, told, follower } = setUp();
    ensemble.elect({ 1: "192.0.2.7:5050" });
    follower.start();
    await timers.advance(60_500);
    ensemble.moods.set(A, "silent");
    await timers.advance(5_000);
    expect(told.slice(2)).toEqual([`65 disconnected ${A}: it did not answer within 3 s`, `65 connected ${B}`]);
    expect([ensemble.open, follower.failure, follower.election?.masters.length]).toEqual([1, undefined, 1]);
  });

  it("does not count as silent if it answered while this thread was busy", async () => {
    const { timers, ensemble, told, follower } = setUp();
    ensemble.elect({ 1: "192.0.2.7:5050" });
    follower.start();
    await timers.advance(1_000);
    ensemble.moods.set(A, "silent");
    await timers.advance(1_500);
    await timers.block(4_000);
    ensemble.moods.clear();
    ensemble.answer();
    await timers.advance(10_000);
    expect(told).toEqual([`0 connected ${A}`, "0 masters 192.0.2.7:5050"]);
  });

  it("that ends the connection is replaced by another, from which everything is read anew", async () => {
    const { timers, ensemble, told, follower } = setUp();
    ensemble.elect({ 1: "192.0.2.7:5050" });
    follower.start();
    await timers.advance(20_000);
    ensemble.log.length = 0;
    ensemble.drop("it closed the connection");
    await timers.advance(1);
    expect(told.slice(2)).toEqual([`20 disconnected ${A}: it closed the connection`, `20 connected ${B}`]);
    expect(ensemble.log).toEqual(["/mesos", B, "/mesos", "/mesos/json.info_0000000001"]);
  });

  it("is tried last the next time, the others in a random order", async () => {
    const draws = [0.1, 0.2, 0.3, 0.9, 0.5];
    const { timers, ensemble, follower } = setUp({ random: () => draws.shift() ?? 0 });
    follower.start();
    await timers.advance(10_000);
    for (const server of [B, C]) ensemble.moods.set(server, "down");
    ensemble.drop("it closed the connection");
    await timers.advance(1_000);
    expect(connections(ensemble.log)).toEqual([A, C, B, A]);
  });
});

describe("an ensemble that is unreachable", () => {
  it("is tried again after about 1, 2, 4, … seconds, up to 15, and each round is reported once", async () => {
    const { timers, ensemble, told, follower } = setUp({ zk: `zk://${A},${B}/mesos` });
    for (const server of [A, B]) ensemble.moods.set(server, "down");
    follower.start();
    await timers.advance(62_000);
    expect(told.map((line) => Number.parseFloat(line))).toEqual([0, 1, 3, 7, 15, 30, 45, 60]);
    const why = `${A}: the connection was refused; ${B}: the connection was refused`;
    expect(new Set(told.map((line) => line.replace(/^\d+ /, "")))).toEqual(
      new Set([`ZOOKEEPER_UNREACHABLE: no ZooKeeper server can be used: ${why}`]),
    );
    ensemble.elect({ 1: "192.0.2.7:5050" });
    ensemble.moods.clear();
    await timers.advance(15_000);
    expect(told.slice(-2)).toEqual([`75 connected ${A}`, "75 masters 192.0.2.7:5050"]);
    expect(follower.failure).toBeUndefined();
  });

  it("is tried up to half the pause earlier, at random, with small pauses between its members", async () => {
    const { timers, ensemble, told, follower } = setUp({ zk: `zk://${A},${B}/mesos`, random: () => 0.8 });
    for (const server of [A, B]) ensemble.moods.set(server, "down");
    follower.start();
    await timers.advance(3_000);
    expect(told.map((line) => Number.parseFloat(line).toFixed(1))).toEqual(["0.4", "1.4", "3.0"]);
  });

  it("for hours leaves the last election, and a new leader is learnt when it is back", async () => {
    const { timers, ensemble, told, follower } = setUp();
    ensemble.elect({ 1: "192.0.2.7:5050" });
    follower.start();
    await timers.advance(60_000);
    for (const server of [A, B, C]) ensemble.moods.set(server, "down");
    ensemble.drop("it closed the connection");
    await timers.advance(5 * 3_600_000);
    expect(follower.election?.masters).toEqual([{ host: "192.0.2.7", port: 5050 }]);
    expect([follower.failure?.code, ensemble.open]).toEqual(["ZOOKEEPER_UNREACHABLE", 0]);
    ensemble.moods.clear();
    ensemble.elect({ 2: "192.0.2.8:5050" });
    await timers.advance(15_000);
    expect(told.at(-1)).toMatch(/ masters 192\.0\.2\.8:5050$/);
  });

  it("or ends each session at once is not stormed", async () => {
    const { timers, ensemble, follower } = setUp({ zk: `zk://${A}/mesos` });
    follower.start();
    for (let second = 0; second < 120; second++) {
      await timers.advance(1_000);
      ensemble.drop("it closed the connection");
    }
    expect(connections(ensemble.log).length).toBeLessThan(15);
  });
});

describe("stopping", () => {
  it.each([
    ["while there is a session", "well", 1_000],
    ["while a server is silent", "silent", 1_000],
    ["while the ensemble is gone", "down", 1_500],
  ] as const)("%s ends everything at once", async (_, mood, ms) => {
    const { timers, ensemble, told, follower } = setUp({ zk: `zk://${A}/mesos` });
    ensemble.elect({ 1: "192.0.2.7:5050" });
    ensemble.moods.set(A, mood);
    follower.start();
    await timers.advance(ms);
    const before = told.length;
    await follower.stop();
    await timers.advance(60_000);
    expect([ensemble.open, timers.pending, told.length]).toEqual([0, 0, before]);
  });

  it("may come before starting", async () => {
    const { follower, ensemble } = setUp();
    await follower.stop();
    follower.start();
    expect(ensemble.log).toEqual([]);
  });
});

import { describe, expect, test } from "vitest";
import { answering, failing, networkError, RCODES, Rig, ScriptedServer, silent } from "./support.js";

const ADDRESSES = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];

function rigWith(delays: readonly number[], options: ConstructorParameters<typeof Rig>[1] = {}) {
  const servers = delays.map((delay) => new ScriptedServer(answering, delay));
  // In mixed case, a negative reply would cost another query.
  const all = Object.fromEntries(servers.map((server, i) => [ADDRESSES[i], server]));
  const rig = new Rig(all, { mixedCase: false, ...options });
  // Without start() there are no probes: only questions show the health of upstreams.
  for (const server of servers) server.probed = silent;
  let asked = 0;
  /** Asks this many questions, one after another. Returns how often each upstream was asked. */
  const ask = (times: number, ms = 100) => {
    const before = servers.map(({ names }) => names.length);
    for (let i = 0; i < times; i++) {
      rig.ask(`${asked++}.example`);
      rig.timers.pass(ms);
    }
    return servers.map(({ names }, i) => names.length - before[i]);
  };
  return { rig, servers, ask };
}

/** Lets every upstream fail until it is down. */
function fail(rig: Rig, server: ScriptedServer): void {
  const { script } = server;
  server.script = networkError;
  for (let i = 0; i < 3; i++) rig.get(`failing-${i}.example`, {}, 5_000);
  server.script = script;
}

describe("with the policy sequential", () => {
  test("the first upstream is asked, however slow it is", () => {
    const { ask } = rigWith([90, 1]);
    expect(ask(50)).toEqual([50, 0]);
  });

  test("an upstream that has failed three times is left out, and is asked again when it is back", () => {
    const { rig, servers, ask } = rigWith([1, 1]);
    rig.forwarder.start();
    fail(rig, servers[0]);
    expect(ask(5)).toEqual([0, 5]);
    servers[0].probed = answering;
    rig.timers.pass(1_000);
    expect(ask(5)).toEqual([5, 0]);
    expect(rig.health).toEqual(["192.0.2.1:53 down", "192.0.2.1:53 up"]);
  });

  test("an upstream that is down is asked after all others have failed for the same question", () => {
    const { rig, servers, ask } = rigWith([1, 1]);
    fail(rig, servers[0]);
    servers[1].script = failing(RCODES.SERVFAIL);
    servers[0].delay = 2;
    expect(ask(1)).toEqual([1, 1]);
    expect(rig.health).toEqual(["192.0.2.1:53 down", "192.0.2.1:53 up"]);
  });

  test("if all upstreams are down, all are tried, and the first one to answer is up again", () => {
    const { rig, servers, ask } = rigWith([1, 1]);
    for (const server of servers) server.script = networkError;
    ask(3);
    expect(rig.health).toEqual(["192.0.2.1:53 down", "192.0.2.2:53 down"]);
    servers[1].script = answering;
    expect(ask(2)).toEqual([1, 2]);
    expect(rig.health.slice(2)).toEqual(["192.0.2.2:53 up"]);
  });

  test("an answer between failures starts their count again", () => {
    const { rig, servers } = rigWith([1, 1]);
    for (let i = 0; i < 10; i++) {
      servers[0].script = i % 3 === 2 ? answering : networkError;
      rig.get(`${i}.example`, {}, 2);
    }
    expect(rig.health).toEqual([]);
  });

  test("an upstream is down after 20 SERVFAILs in a row, as the question may be the reason", () => {
    const { rig, servers, ask } = rigWith([1, 1]);
    servers[0].script = failing(RCODES.SERVFAIL);
    expect(ask(19)).toEqual([19, 19]);
    expect(rig.health).toEqual([]);
    // Once for the query, and once by a probe.
    expect(ask(5)).toEqual([2, 5]);
    expect(rig.health).toEqual(["192.0.2.1:53 down"]);
  });
});

describe("with the policy fastest", () => {
  test("the upstream with the shortest round-trip time is asked, after all have been tried", () => {
    const { ask } = rigWith([30, 5, 60], { policy: "fastest" });
    ask(20);
    const [slow, fast, slowest] = ask(320);
    expect(fast).toBe(320);
    // One question in 32 also goes to another upstream, to notice when that becomes faster.
    expect(slow + slowest).toBeGreaterThan(2);
    expect(slow + slowest).toBeLessThan(30);
  });

  test("another upstream is asked when round-trip times change", () => {
    const { servers, ask } = rigWith([30, 5], { policy: "fastest" });
    ask(20);
    servers[1].delay = 80;
    ask(200);
    const [first, second] = ask(100);
    expect(first).toBeGreaterThan(90);
    expect(second).toBeLessThan(15);
  });

  test("an upstream that is down is not asked", () => {
    const { rig, servers, ask } = rigWith([30, 5], { policy: "fastest" });
    ask(20);
    fail(rig, servers[1]);
    expect(rig.health).toEqual(["192.0.2.2:53 down"]);
    expect(ask(50)).toEqual([50, 0]);
  });

  test("a single upstream is asked once for a question", () => {
    expect(rigWith([5], { policy: "fastest" }).ask(100)).toEqual([100]);
  });
});

describe("with the policy race", () => {
  const policy = "race";

  test("two upstreams are asked at once, the first answer counts, and the second one is not ignored as unexpected", () => {
    const { rig, ask } = rigWith([50, 10, 1], { policy });
    const got = rig.ask("www.example");
    rig.timers.pass(10);
    expect(got.message?.rcode).toBe("NOERROR");
    expect(ask(5)).toEqual([5, 5, 0]);
    const { results } = rig.forwarder.report().upstreams["192.0.2.1:53"];
    expect(results).toMatchObject({ answered: 6, timeout: 0 });
    rig.expectIdle();
  });

  test("a single upstream is asked once for a question", () => {
    expect(rigWith([5], { policy }).ask(3)).toEqual([3]);
  });

  test("an upstream that is up does not race one that is down", () => {
    const { rig, servers, ask } = rigWith([1, 1], { policy });
    servers[1].script = networkError;
    ask(3);
    expect(rig.health).toEqual(["192.0.2.2:53 down"]);
    expect(ask(5)).toEqual([5, 0]);
  });

  test("when the first of two fails, the third is asked, and the second keeps its timeout", () => {
    const { servers, ask } = rigWith([1, 1, 1], { policy });
    servers[0].script = networkError;
    servers[1].script = silent;
    servers[2].script = silent;
    expect(ask(1, 399)).toEqual([1, 1, 1]);
  });

  test("when one of two upstreams fails, the other is not asked again before its own timeout", () => {
    const { rig, servers, ask } = rigWith([1, 1], { policy });
    servers[0].script = failing(RCODES.SERVFAIL);
    servers[1].script = silent;
    expect(ask(1, 399)).toEqual([1, 1]);
    rig.timers.pass(1);
    expect(servers[1].names).toHaveLength(2);
    rig.timers.pass(5_000);
    rig.expectIdle();
  });

  test("each upstream is late by its own timeout, not by that of a faster one", () => {
    const { rig, servers, ask } = rigWith([300, 1], { policy });
    ask(10, 400);
    servers[1].script = silent;
    ask(1, 400);
    expect(rig.forwarder.report().upstreams["192.0.2.1:53"].results).toMatchObject({ answered: 11, timeout: 0 });
    expect(rig.forwarder.report().upstreams["192.0.2.2:53"].results.timeout).toBeGreaterThan(0);
  });

  test("when two upstreams are silent, two more are asked", () => {
    const { servers, ask } = rigWith([1, 1, 1], { policy });
    for (const server of servers) server.script = silent;
    expect(ask(1, 400)).toEqual([2, 1, 1]);
  });
});

import { describe, expect, test } from "vitest";
import { answering, failing, RCODES, Rig, refusing, ScriptedServer, silent } from "./support.js";

const ADDRESSES = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];

function rigWith(delays: readonly number[], options: ConstructorParameters<typeof Rig>[1] = {}) {
  const servers = delays.map((delay) => new ScriptedServer(answering, delay));
  // A no in mixed case would cost a query more.
  const all = Object.fromEntries(servers.map((server, i) => [ADDRESSES[i], server]));
  const rig = new Rig(all, { mixedCase: false, ...options });
  // Only questions tell how they are.
  for (const server of servers) server.probed = silent;
  let asked = 0;
  /** Asks so many questions one after another. Returns how often each server was asked for them. */
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

/** Each of the servers has failed so often that it is left out. */
function fail(rig: Rig, server: ScriptedServer): void {
  const { script } = server;
  server.script = refusing;
  for (let i = 0; i < 3; i++) rig.get(`failing-${i}.example`, {}, 5_000);
  server.script = script;
}

describe("in sequence", () => {
  test("the first server is asked, however slow", () => {
    const { ask } = rigWith([90, 1]);
    expect(ask(50)).toEqual([50, 0]);
  });

  test("one that has failed three times is left out, and is asked again when it is back", () => {
    const { rig, servers, ask } = rigWith([1, 1]);
    rig.forwarder.start();
    fail(rig, servers[0]);
    expect(ask(5)).toEqual([0, 5]);
    servers[0].probed = answering;
    rig.timers.pass(1_000);
    expect(ask(5)).toEqual([5, 0]);
    expect(rig.health).toEqual(["192.0.2.1:53 down", "192.0.2.1:53 up"]);
  });

  test("one that is down is asked when all others have failed, in the same question", () => {
    const { rig, servers, ask } = rigWith([1, 1]);
    fail(rig, servers[0]);
    servers[1].script = failing(RCODES.SERVFAIL);
    servers[0].delay = 2;
    expect(ask(1)).toEqual([1, 1]);
    expect(rig.health).toEqual(["192.0.2.1:53 down", "192.0.2.1:53 up"]);
  });

  test("all that are down are tried, and the first that answers is back", () => {
    const { rig, servers, ask } = rigWith([1, 1]);
    for (const server of servers) server.script = refusing;
    ask(3);
    expect(rig.health).toEqual(["192.0.2.1:53 down", "192.0.2.2:53 down"]);
    servers[1].script = answering;
    expect(ask(2)).toEqual([1, 2]);
    expect(rig.health.slice(2)).toEqual(["192.0.2.2:53 up"]);
  });

  test("three failures are not in a row where there is an answer between", () => {
    const { rig, servers } = rigWith([1, 1]);
    for (let i = 0; i < 10; i++) {
      servers[0].script = i % 3 === 2 ? answering : refusing;
      rig.get(`${i}.example`, {}, 2);
    }
    expect(rig.health).toEqual([]);
  });

  test("SERVFAIL may be the question's fault: it takes 20 in a row", () => {
    const { rig, servers, ask } = rigWith([1, 1]);
    servers[0].script = failing(RCODES.SERVFAIL);
    expect(ask(19)).toEqual([19, 19]);
    expect(rig.health).toEqual([]);
    // Once by the query, and once more to see whether it is back.
    expect(ask(5)).toEqual([2, 5]);
    expect(rig.health).toEqual(["192.0.2.1:53 down"]);
  });
});

describe("the fastest", () => {
  test("is asked, once all have been tried", () => {
    const { ask } = rigWith([30, 5, 60], { policy: "fastest" });
    ask(20);
    const [slow, fast, slowest] = ask(320);
    expect(fast).toBe(320);
    // One question in 32 goes to another one too, so that it is known when that becomes faster.
    expect(slow + slowest).toBeGreaterThan(2);
    expect(slow + slowest).toBeLessThan(30);
  });

  test("is another one when times change", () => {
    const { servers, ask } = rigWith([30, 5], { policy: "fastest" });
    ask(20);
    servers[1].delay = 80;
    ask(200);
    const [first, second] = ask(100);
    expect(first).toBeGreaterThan(90);
    expect(second).toBeLessThan(15);
  });

  test("is asked no more when it is down", () => {
    const { rig, servers, ask } = rigWith([30, 5], { policy: "fastest" });
    ask(20);
    fail(rig, servers[1]);
    expect(rig.health).toEqual(["192.0.2.2:53 down"]);
    expect(ask(50)).toEqual([50, 0]);
  });

  test("alone is asked once a question", () => {
    expect(rigWith([5], { policy: "fastest" }).ask(100)).toEqual([100]);
  });
});

describe("in a race", () => {
  const policy = "race";

  test("two are asked at once and the first answer counts; the second is no surprise", () => {
    const { rig, ask } = rigWith([50, 10, 1], { policy });
    const got = rig.ask("www.example");
    rig.timers.pass(10);
    expect(got.message?.rcode).toBe("NOERROR");
    expect(ask(5)).toEqual([5, 5, 0]);
    const { results } = rig.forwarder.report().upstreams["192.0.2.1:53"];
    expect(results).toMatchObject({ answered: 6, timeout: 0 });
    rig.expectIdle();
  });

  test("one that is alone is asked once", () => {
    expect(rigWith([5], { policy }).ask(3)).toEqual([3]);
  });

  test("one that is up does not race one that is down", () => {
    const { rig, servers, ask } = rigWith([1, 1], { policy });
    servers[1].script = refusing;
    ask(3);
    expect(rig.health).toEqual(["192.0.2.2:53 down"]);
    expect(ask(5)).toEqual([5, 0]);
  });

  test("when one fails the third is asked, not the second again, and the second keeps its time", () => {
    const { servers, ask } = rigWith([1, 1, 1], { policy });
    servers[0].script = refusing;
    servers[1].script = silent;
    servers[2].script = silent;
    expect(ask(1, 399)).toEqual([1, 1, 1]);
  });

  test("when one of two fails the other is not asked twice, and its silence is noticed in time", () => {
    const { rig, servers, ask } = rigWith([1, 1], { policy });
    servers[0].script = failing(RCODES.SERVFAIL);
    servers[1].script = silent;
    expect(ask(1, 399)).toEqual([1, 1]);
    rig.timers.pass(1);
    expect(servers[1].names).toHaveLength(2);
    rig.timers.pass(5_000);
    rig.expectIdle();
  });

  test("a slow one is not called late by the clock of a fast one", () => {
    const { rig, servers, ask } = rigWith([300, 1], { policy });
    ask(10, 400);
    servers[1].script = silent;
    ask(1, 400);
    expect(rig.forwarder.report().upstreams["192.0.2.1:53"].results).toMatchObject({ answered: 11, timeout: 0 });
    expect(rig.forwarder.report().upstreams["192.0.2.2:53"].results.timeout).toBeGreaterThan(0);
  });

  test("two that are silent are followed by two", () => {
    const { servers, ask } = rigWith([1, 1, 1], { policy });
    for (const server of servers) server.script = silent;
    expect(ask(1, 400)).toEqual([2, 1, 1]);
  });
});

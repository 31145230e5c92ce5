import { describe, expect, test } from "vitest";
import { extendedErrors, lines } from "../../support/dns.js";
import { answering, clientOf, Rig, rigOf, ScriptedServer, silent } from "./support.js";

const FULL = { rcode: "SERVFAIL", ede: [32] };

function outcomeOf({ message }: ReturnType<Rig["ask"]>) {
  return message && { rcode: message.rcode, ede: extendedErrors(message) };
}

describe("queries that wait for upstreams", () => {
  test("are limited in all: one more gets SERVFAIL with EDE 32, and the others get their answers", () => {
    const { rig, server } = rigOf(answering, { limits: { maxQueries: 3 } });
    server.delay = 50;
    const got = [1, 2, 3, 4].map((i) => rig.ask(`${i}.example`, {}, clientOf(i)));
    expect(got.map(outcomeOf)).toEqual([undefined, undefined, undefined, FULL]);
    rig.timers.pass(50);
    expect(got.map(({ message }) => message?.rcode)).toEqual(["NOERROR", "NOERROR", "NOERROR", "SERVFAIL"]);
    expect(rig.forwarder.report()).toMatchObject({ waiting: 0, overLimit: 1 });
    expect(rig.get("4.example", {}, 50).rcode).toBe("NOERROR");
    rig.expectIdle();
  });

  test("are limited for each client, whatever they ask for", () => {
    const { rig } = rigOf(silent, { limits: { maxQueriesPerClient: 2 } });
    const [one, other] = [clientOf(1), clientOf(2)];
    rig.ask("www.example", {}, one);
    rig.ask("www.example", { rd: false }, one);
    expect(outcomeOf(rig.ask("www.example", {}, one))).toEqual(FULL);
    expect(outcomeOf(rig.ask("www.example", { rd: false }, one))).toEqual(FULL);
    expect(outcomeOf(rig.ask("www.example", {}, other))).toBeUndefined();
    rig.timers.pass(5_000);
    expect(outcomeOf(rig.ask("www.example", {}, one))).toBeUndefined();
    rig.timers.pass(5_000);
    rig.expectIdle();
  });

  test("no longer count when they get a stale answer", () => {
    const { rig, server } = rigOf(answering, { limits: { maxQueriesPerClient: 1 } });
    rig.get("www.example");
    rig.timers.pass(300_000);
    server.script = silent;
    rig.ask("www.example");
    rig.timers.pass(1_800);
    expect(outcomeOf(rig.ask("other.example"))).toBeUndefined();
    rig.timers.pass(5_000);
    rig.expectIdle();
  });

  test("do not include those answered from the cache", () => {
    const { rig, server } = rigOf(answering, { limits: { maxQueries: 1 } });
    rig.get("www.example");
    server.script = silent;
    rig.ask("other.example");
    expect(lines(rig.ask("www.example").message?.answers)).toEqual(["www.example 300 A 192.0.2.1"]);
  });

  test("end within their timeout, although it was changed meanwhile and their upstream was removed", () => {
    const { rig, server } = rigOf(silent);
    const other = new ScriptedServer(answering);
    const got = rig.ask("www.example");
    (rig.servers as Record<string, ScriptedServer>)["192.0.2.9"] = other;
    rig.forwarder.configure({ ...rig.policy({ timeoutMs: 60_000 }), resolvers: [{ host: "192.0.2.9", port: 53 }] });
    expect(server.closed).toBe(true);
    // A query that comes now does not join the question to the removed upstream.
    expect(rig.get("www.example").rcode).toBe("NOERROR");
    expect(got.message).toBeUndefined();
    rig.timers.pass(5_000);
    expect(got.message?.rcode).toBe("SERVFAIL");
    expect(Object.keys(rig.forwarder.report().upstreams)).toEqual(["192.0.2.9:53"]);
    rig.expectIdle();
  });

  test("for an upstream that is connected to anew do not delay later queries", () => {
    const server = new ScriptedServer(silent);
    const rig = new Rig({ "tls://192.0.2.53": server });
    const before = rig.ask("www.example");
    rig.forwarder.configure(rig.policy({ authorities: "other authorities" }));
    server.delay = 100;
    server.script = answering;
    rig.timers.pass(4_950);
    const after = [rig.ask("www.example"), rig.ask("www.example")];
    rig.timers.pass(50);
    expect([before, ...after].map(({ message }) => message?.rcode)).toEqual(["SERVFAIL", undefined, undefined]);
    after.push(rig.ask("www.example"));
    rig.timers.pass(50);
    expect(after.map(({ message }) => message?.rcode)).toEqual(["NOERROR", "NOERROR", "NOERROR"]);
    expect(server.names).toHaveLength(2);
    rig.timers.pass(1_000);
    rig.expectIdle();
  });

  test("are forgotten together with their timers when the forwarder is closed", () => {
    const { rig, server } = rigOf(answering);
    rig.get("www.example");
    rig.timers.pass(300_000);
    server.script = silent;
    rig.forwarder.start();
    rig.timers.pass(0);
    rig.ask("www.example");
    rig.ask("other.example", { rd: false });
    rig.forwarder.close();
    expect(rig.timers.pending).toBe(0);
  });
});

describe("the number of queries in flight to one upstream", () => {
  const limits = { maxQueriesPerResolver: 2 };

  test("is limited: further queries go to other upstreams, or get SERVFAIL with EDE 32 if there is none", () => {
    const [first, second] = [new ScriptedServer(answering, 50), new ScriptedServer(answering, 50)];
    const rig = new Rig({ "192.0.2.1": first, "192.0.2.2": second }, { limits });
    const got = [1, 2, 3, 4, 5].map((i) => rig.ask(`${i}.example`));
    expect([first.names, second.names]).toEqual([
      ["1.example", "2.example"],
      ["3.example", "4.example"],
    ]);
    expect(got.map(outcomeOf)).toEqual([undefined, undefined, undefined, undefined, FULL]);
    rig.timers.pass(50);
    expect(got.map(({ message }) => message?.rcode)).toEqual([...Array(4).fill("NOERROR"), "SERVFAIL"]);
    rig.expectIdle();
  });

  test("does not include late queries: an upstream that was silent can be asked again", () => {
    const { rig, server } = rigOf(silent, { limits: { maxQueriesPerResolver: 8 } });
    server.probed = silent;
    rig.forwarder.start();
    for (let i = 0; i < 8; i++) rig.ask(`${i}.example`);
    rig.timers.pass(6_000);
    expect(rig.forwarder.report().upstreams["192.0.2.53:53"]).toMatchObject({ health: "down" });
    server.script = answering;
    server.probed = answering;
    rig.timers.pass(1_000);
    expect(rig.forwarder.report().upstreams["192.0.2.53:53"]).toMatchObject({ health: "up" });
    const got = Array.from({ length: 8 }, (_, i) => rig.ask(`again-${i}.example`));
    rig.timers.pass(0);
    expect(got.map(({ message }) => message?.rcode)).toEqual(Array(8).fill("NOERROR"));
  });

  test("does not include questions that others have answered: lost packets do not block an upstream", () => {
    const [lossy, other] = [new ScriptedServer(silent), new ScriptedServer(answering)];
    const rig = new Rig({ "192.0.2.1": lossy, "192.0.2.2": other }, { limits, policy: "race" });
    for (let i = 0; i < 50; i++) {
      expect(rig.get(`${i}.example`).rcode).toBe("NOERROR");
      rig.timers.pass(100);
    }
    expect(rig.forwarder.report().upstreams["192.0.2.1:53"].inFlight).toBeLessThanOrEqual(2);
  });
});

describe("a flood of names that are asked for once", () => {
  test("does not evict answers that are used often, and stays within cache.maxBytes", () => {
    const maxBytes = 100_000;
    const { rig, server } = rigOf(answering, { cache: { maxBytes } });
    for (let i = 0; i < 10; i++) {
      rig.get(`popular-${i}.example`);
      rig.get(`popular-${i}.example`);
    }
    for (let i = 0; i < 1_000; i++) rig.get(`random-${i}.example`);
    const before = server.names.length;
    for (let i = 0; i < 10; i++) rig.get(`popular-${i}.example`);
    expect(server.names).toHaveLength(before);
    const { bytes, evictions, entries } = rig.forwarder.report().cache;
    expect(bytes).toBeLessThanOrEqual(maxBytes);
    expect(evictions).toBe(1_010 - entries);
  });
});

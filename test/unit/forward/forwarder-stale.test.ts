import { describe, expect, test } from "vitest";
import { extendedErrors, lines } from "../../support/dns.js";
import {
  a,
  answering,
  failing,
  networkError,
  RCODES,
  Rig,
  type RigOptions,
  rigOf,
  ScriptedServer,
  say,
  silent,
  soa,
  truncating,
} from "./support.js";

const SECOND = 1000;

/** Has one answer with a TTL of 300 s in its cache, stale for `ago` milliseconds; from then on the upstream follows `script`. */
function over(script: ScriptedServer["script"], ago = 0, options: RigOptions = {}) {
  const { rig, server } = rigOf(answering, options);
  rig.get("www.example");
  rig.timers.pass(300 * SECOND + ago);
  server.script = script;
  return { rig, server };
}

const STALE = ["www.example 30 A 192.0.2.1"];
const FRESH = ["www.example 300 A 192.0.2.1"];

describe("a stale answer", () => {
  test("is given after 1.8 s without a fresh one, with a TTL of 30 and EDE 3, and the question continues", () => {
    const { rig, server } = over(silent);
    const got = rig.ask("www.example");
    rig.timers.pass(1_799);
    expect(got.message).toBeUndefined();
    rig.timers.pass(1);
    expect(got.message).toMatchObject({ rcode: "NOERROR", flag_aa: false });
    expect(lines(got.message?.answers)).toEqual(STALE);
    expect(extendedErrors(got.message as never)).toEqual([3]);
    expect(rig.forwarder.report()).toMatchObject({ waiting: 0, questions: 1, cache: { stale: 1 } });
    server.script = answering;
    rig.timers.pass(2 * SECOND);
    const { length } = server.names;
    expect(lines(rig.get("www.example").answers)).toEqual(FRESH);
    expect(server.names).toHaveLength(length);
    rig.expectIdle();
  });

  test("is given at once if there is no upstream to wait for", () => {
    const { rig } = over(silent);
    rig.ask("www.example");
    rig.timers.pass(1_900);
    expect(lines(rig.ask("www.example").message?.answers)).toEqual(STALE);
  });

  test.each([
    ["is refused by the network", networkError],
    ["answers SERVFAIL", failing(RCODES.SERVFAIL)],
    ["answers REFUSED", failing(RCODES.REFUSED)],
    ["answers NOTIMP", failing(RCODES.NOTIMP)],
  ])("is given at once if the upstream %s, and for 30 s the upstream is not asked again", (_, script) => {
    const { rig, server } = over(script);
    expect(lines(rig.get("www.example").answers)).toEqual(STALE);
    const { length } = server.names;
    rig.timers.pass(30 * SECOND - 1);
    expect(lines(rig.get("www.example").answers)).toEqual(STALE);
    expect(server.names).toHaveLength(length);
    server.script = answering;
    rig.timers.pass(1);
    expect(lines(rig.get("www.example").answers)).toEqual(FRESH);
    rig.expectIdle();
  });

  test("is given instead of a truncated one that cannot be fetched over TCP", () => {
    const { rig } = over((query, via) => (via === "udp" ? truncating(query) : "refused"));
    expect(rig.get("www.example")).toMatchObject({ flag_tc: false });
    expect(lines(rig.get("www.example").answers)).toEqual(STALE);
  });

  test("is not given if a fresh one arrives in time", () => {
    const { rig, server } = over(answering);
    server.delay = 1_700;
    const got = rig.ask("www.example");
    rig.timers.pass(1_700);
    expect(lines(got.message?.answers)).toEqual(FRESH);
    rig.timers.pass(SECOND * 10);
    rig.expectIdle();
  });

  test("is no longer given without asking once an upstream has recovered", () => {
    const { rig, server } = over(networkError);
    server.probed = networkError;
    rig.forwarder.start();
    for (let i = 0; i < 3; i++) rig.get(`${i}.example`);
    expect(lines(rig.get("www.example").answers)).toEqual(STALE);
    server.script = answering;
    server.probed = failing(RCODES.NXDOMAIN);
    rig.timers.pass(SECOND);
    expect(rig.health.at(-1)).toBe("192.0.2.53:53 up");
    expect(lines(rig.get("www.example").answers)).toEqual(FRESH);
  });

  test("has EDE 19 if it is NXDOMAIN", () => {
    const { rig, server } = rigOf((query) => say(query, { rcode: 3, authorities: [soa("example", 60, 60)] }));
    rig.get("none.example");
    rig.timers.pass(60 * SECOND);
    server.script = networkError;
    const message = rig.get("none.example");
    expect(message.rcode).toBe("NXDOMAIN");
    expect(lines(message.authorities)[0]).toMatch(/^example 30 SOA /);
    expect(extendedErrors(message)).toEqual([19]);
  });

  test("is given for cache.staleSeconds and no longer, and not at all if that is 0", () => {
    const cache = { staleSeconds: 100 };
    expect(lines(over(networkError, 100 * SECOND - 1, { cache }).rig.get("www.example").answers)).toEqual(STALE);
    expect(over(networkError, 100 * SECOND, { cache }).rig.get("www.example").rcode).toBe("SERVFAIL");
    expect(over(networkError, 0, { cache: { staleSeconds: 0 } }).rig.get("www.example").rcode).toBe("SERVFAIL");
  });

  test("is removed when a fresh answer must not be cached", () => {
    const { rig, server } = over((query) => say(query, { answers: [a("www.example", "192.0.2.9", 0)] }));
    expect(lines(rig.get("www.example").answers)).toEqual(["www.example 0 A 192.0.2.9"]);
    server.script = networkError;
    expect(rig.get("www.example").rcode).toBe("SERVFAIL");
  });

  test("is given to clients whose queries are over the limits", () => {
    const { rig } = over(silent, 0, { limits: { maxQueries: 1 } });
    rig.ask("other.example");
    expect(lines(rig.ask("www.example").message?.answers)).toEqual(STALE);
  });
});

describe("without a stale answer", () => {
  test("a failure is SERVFAIL, with EDE 22 if no upstream answers, and EDE 23 for network errors", () => {
    const silence = rigOf(silent).rig;
    expect(extendedErrors(silence.get("www.example", {}, 5_000))).toEqual([22]);
    silence.expectIdle();
    const refusal = rigOf(networkError).rig;
    const message = refusal.get("www.example");
    expect(message.rcode).toBe("SERVFAIL");
    expect(extendedErrors(message)).toEqual([23]);
    refusal.expectIdle();
  });

  test("a query gets EDE 22 at once if there is no upstream", () => {
    const message = new Rig({}).ask("www.example").message;
    expect(message?.rcode).toBe("SERVFAIL");
    expect(extendedErrors(message as never)).toEqual([22]);
  });
});

describe("a popular answer", () => {
  /** Asks for an answer `times` times while it is fresh, the last time after `at` of its 300 seconds. */
  function popular(times: number, at: number, options: RigOptions = {}, script: ScriptedServer["script"] = answering) {
    const { rig, server } = rigOf(answering, options);
    rig.get("www.example");
    server.script = script;
    for (let i = 1; i < times; i++) rig.get("www.example");
    rig.timers.pass(at * SECOND);
    rig.get("www.example");
    return { rig, server };
  }

  test("is fetched again once in the last tenth of its lifetime, while the cached one is given", () => {
    const { rig, server } = popular(3, 271);
    expect(server.names).toHaveLength(2);
    expect(lines(rig.get("www.example").answers)).toEqual(FRESH);
    expect(rig.forwarder.report().cache).toMatchObject({ prefetches: 1, hits: 4, misses: 1 });
    rig.timers.pass(200 * SECOND);
    expect(lines(rig.get("www.example").answers)).toEqual(["www.example 100 A 192.0.2.1"]);
    rig.expectIdle();
  });

  test.each([
    ["before its last tenth", 3, 269, {}],
    ["if it was used less than three times", 2, 271, {}],
    ["without cache.prefetch", 9, 271, { cache: { prefetch: false } }],
  ])("is not fetched again %s", (_, times, at, options) => {
    expect(popular(times, at, options).server.names).toHaveLength(1);
  });

  test("is fetched once, however often it is asked for meanwhile", () => {
    const { rig, server } = popular(3, 271, {}, silent);
    for (let i = 0; i < 10; i++) rig.get("www.example");
    expect(rig.forwarder.report().cache.prefetches).toBe(1);
    expect(server.names).toHaveLength(2);
  });

  test.each([
    ["fails", networkError],
    ["brings a truncated one", ((query, via) => (via === "udp" ? truncating(query) : "refused")) as typeof silent],
  ])("is not fetched again for 30 s if fetching it %s", (_, script) => {
    const { rig, server } = popular(3, 271, {}, script);
    const { length } = server.names;
    for (let i = 0; i < 5; i++) {
      rig.timers.pass(SECOND);
      expect(lines(rig.get("www.example").answers)).toEqual([`www.example ${28 - i} A 192.0.2.1`]);
    }
    expect(server.names).toHaveLength(length);
    expect(rig.forwarder.report().cache).toMatchObject({ prefetches: 1, stale: 0 });
    rig.expectIdle();
  });

  test("is not fetched while as many questions are pending as allowed", () => {
    const { rig, server } = rigOf(answering, { limits: { maxQueries: 1 } });
    for (let i = 0; i < 4; i++) rig.get("www.example");
    rig.timers.pass(271 * SECOND);
    server.script = silent;
    rig.ask("other.example");
    rig.get("www.example");
    expect(rig.forwarder.report().cache.prefetches).toBe(0);
  });
});

test("before a stale answer is given, an upstream that has not failed is asked", () => {
  const [down, up] = [new ScriptedServer(answering), new ScriptedServer(answering)];
  const rig = new Rig({ "192.0.2.1": down, "192.0.2.2": up });
  rig.get("www.example");
  rig.timers.pass(300 * SECOND);
  down.script = networkError;
  expect(lines(rig.get("www.example").answers)).toEqual(FRESH);
  expect(up.names).toEqual(["www.example"]);
});

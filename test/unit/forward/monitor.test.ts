import { describe, expect, test } from "vitest";
import { CLIENT, LOOP_TOKEN } from "../../support/zone.js";
import {
  answering,
  asked,
  failing,
  networkError,
  RCODES,
  Rig,
  type Script,
  ScriptedServer,
  say,
  silent,
} from "./support.js";

const ADDRESS = "192.0.2.53:53";

function started(script: Script, probed: Script, zones = {}) {
  const server = new ScriptedServer(script);
  server.probed = probed;
  const rig = new Rig({ "192.0.2.53": server }, { zones });
  rig.forwarder.start();
  rig.timers.pass(0);
  return { rig, server };
}

/** Sends every query back to the server that it came from, like an upstream that forwards to that server. */
function sendingBack(rig: () => Rig, where: (name: string) => boolean = () => true): Script {
  return (query) => {
    if (!where(asked(query))) return say(query, { rcode: RCODES.NXDOMAIN });
    const [question] = query.questions ?? [];
    const octets = say({ ...query, questions: question ? [question] : [] });
    octets.writeUInt16BE(0x0100, 2);
    const { octets: answer } = rig().put(octets, CLIENT);
    if (!answer) return undefined;
    return Buffer.from(answer);
  };
}

function fail(rig: Rig, server: ScriptedServer): void {
  server.script = networkError;
  for (let i = 0; i < 3; i++) rig.get(`${rig.timers.now()}-${i}.example`);
}

const health = (rig: Rig) => rig.forwarder.report().upstreams[ADDRESS].health;

describe("an upstream that has failed three times", () => {
  test("is probed once a second, and is back with its first reply, whatever that is", () => {
    const { rig, server } = started(answering, silent);
    fail(rig, server);
    expect(health(rig)).toBe("down");
    const before = server.probes.length;
    rig.timers.pass(10_000);
    expect(server.probes.slice(before).filter((query) => query.questions?.[0]?.type === "NS")).toHaveLength(10);
    server.probed = failing(RCODES.REFUSED);
    rig.timers.pass(1_000);
    expect(health(rig)).toBe("up");
    const then = server.probes.length;
    rig.timers.pass(10_000);
    expect(server.probes).toHaveLength(then);
    expect(rig.health).toEqual([`${ADDRESS} down`, `${ADDRESS} up`]);
  });

  test("is probed with the SOA of its zone if it is configured for that zone only", () => {
    const { rig, server } = started(answering, silent, { "corp.example": ["192.0.2.53"] });
    server.script = networkError;
    for (let i = 0; i < 3; i++) rig.get(`${i}.corp.example`);
    rig.timers.pass(1_000);
    expect(server.probes.at(-1)?.questions?.[0]).toMatchObject({ name: "corp.example", type: "SOA" });
    server.probed = failing(RCODES.SERVFAIL);
    rig.timers.pass(1_000);
    // It was silent before: even SERVFAIL shows that it is there.
    expect(health(rig)).toBe("up");
  });

  test("is back with an answer to a client's question too, and this is reported", () => {
    const { rig, server } = started(answering, silent);
    fail(rig, server);
    server.script = answering;
    expect(rig.get("www.example").rcode).toBe("NOERROR");
    expect(rig.health).toEqual([`${ADDRESS} down`, `${ADDRESS} up`]);
  });

  test("and comes and goes many times a second is not probed each time", () => {
    const { rig, server } = started(answering, answering);
    const before = server.probes.length;
    for (let i = 0; i < 200; i++) {
      fail(rig, server);
      server.script = answering;
      rig.get(`${i}.up.example`);
      rig.timers.pass(10);
    }
    expect(rig.health).toHaveLength(400);
    expect(server.probes.length - before).toBeLessThan(60);
  });

  test("is not reported after it was removed from the configuration", () => {
    const { rig, server } = started(silent, silent);
    for (let i = 0; i < 3; i++) rig.ask(`${i}.example`);
    rig.forwarder.configure({ ...rig.policy(), resolvers: [] });
    rig.timers.pass(6_000);
    expect(server.closed).toBe(true);
    expect(rig.health).toEqual([]);
  });
});

test("an upstream that is down for SERVFAIL stays so until it replies otherwise, and for at least ten seconds", () => {
  const { rig, server } = started(failing(RCODES.SERVFAIL), failing(RCODES.SERVFAIL));
  for (let i = 0; i < 20; i++) rig.get(`${i}.example`);
  rig.timers.pass(5_000);
  expect(rig.health).toEqual([`${ADDRESS} down`]);
  server.probed = answering;
  rig.timers.pass(4_000);
  expect(health(rig)).toBe("down");
  rig.timers.pass(2_000);
  expect(health(rig)).toBe("up");
});

describe("an upstream that sends queries back", () => {
  test("is found at the start and is never asked: without another upstream, clients get SERVFAIL", () => {
    const server = new ScriptedServer(silent);
    const rig: Rig = new Rig({ "192.0.2.53": server });
    server.probed = sendingBack(() => rig);
    rig.forwarder.start();
    rig.timers.pass(0);
    expect(rig.health).toEqual([`${ADDRESS} loops`]);
    expect(asked(server.probes[0])).toBe(`${LOOP_TOKEN}.loop-check`);
    expect(rig.ask("www.example").message?.rcode).toBe("SERVFAIL");
    expect(server.names).toEqual([]);
  });

  test("after the start is found when it falls silent, and is asked again within half a minute after the loop's end", () => {
    const { rig, server } = started(silent, failing(RCODES.NXDOMAIN));
    rig.timers.pass(60_000);
    server.probed = sendingBack(() => rig);
    server.script = sendingBack(() => rig);
    for (let i = 0; i < 3; i++) rig.ask(`${i}.example`);
    rig.timers.pass(5_000);
    expect(rig.health.at(-1)).toBe(`${ADDRESS} loops`);
    server.probed = failing(RCODES.NXDOMAIN);
    server.script = answering;
    rig.timers.pass(31_000);
    expect(health(rig)).toBe("up");
    expect(rig.get("www.example").rcode).toBe("NOERROR");
  });

  test("still counts as looping if it fails, or replies SERVFAIL to the loop check", () => {
    const server = new ScriptedServer(silent);
    const rig: Rig = new Rig({ "192.0.2.53": server });
    server.probed = sendingBack(() => rig);
    rig.forwarder.start();
    rig.timers.pass(0);
    for (const probed of [networkError, silent, failing(RCODES.SERVFAIL)]) {
      server.probed = probed;
      rig.timers.pass(31_000);
      expect(health(rig)).toBe("loop");
    }
    expect(rig.health).toHaveLength(1);
  });

  test("is told from one that answers every name with the same data", () => {
    const { rig } = started(answering, (query) => {
      const data = asked(query);
      return say(query, { answers: [{ name: data, type: "TXT", ttl: 0, data: [data] }] });
    });
    expect(rig.health).toEqual([]);
  });

  test("is found even if it does so for names of one zone only", () => {
    const server = new ScriptedServer(answering);
    const zones = { "corp.example": ["192.0.2.53"] };
    const rig: Rig = new Rig({ "192.0.2.53": server }, { zones });
    server.probed = sendingBack(
      () => rig,
      (name) => name.endsWith("corp.example"),
    );
    const both = { ...rig.policy({ zones }), resolvers: [{ host: "192.0.2.53", port: 53 }] };
    rig.forwarder.configure(both);
    rig.forwarder.start();
    rig.timers.pass(0);
    rig.timers.pass(60_000);
    expect(rig.health).toEqual([`${ADDRESS} loops`]);
    // After the zone was removed from the configuration there is no loop.
    rig.forwarder.configure({ ...both, zoneResolvers: {} });
    expect(rig.health).toEqual([`${ADDRESS} loops`, `${ADDRESS} up`]);
  });
});

test("a late reply counts for round-trip time and health, and queries without a reply are forgotten in the end", () => {
  const { rig, server } = started(answering, silent);
  server.delay = 4_000;
  const got = rig.ask("www.example");
  rig.timers.pass(4_000);
  expect(got.message?.rcode).toBe("NOERROR");
  expect(rig.forwarder.report().upstreams[ADDRESS]).toMatchObject({ roundTripSeconds: 4 });
  server.script = silent;
  rig.ask("lost.example");
  rig.timers.pass(5_000);
  expect(rig.forwarder.report().upstreams[ADDRESS].inFlight).toBeGreaterThan(0);
  // It is down by now: only probes are in flight, which are forgotten as well.
  rig.timers.pass(30_000);
  expect(rig.forwarder.report().upstreams[ADDRESS].inFlight).toBeLessThan(15);
  rig.forwarder.close();
  expect(rig.forwarder.report().upstreams[ADDRESS].inFlight).toBe(0);
});

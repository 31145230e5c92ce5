import { describe, expect, test } from "vitest";
import { CLIENT, LOOP_TOKEN } from "../../support/zone.js";
import {
  answering,
  asked,
  failing,
  RCODES,
  Rig,
  refusing,
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

/** Sends every query back to the server it came from, as a resolver does that has that one as its own. */
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
  server.script = refusing;
  for (let i = 0; i < 3; i++) rig.get(`${rig.timers.now()}-${i}.example`);
}

const health = (rig: Rig) => rig.forwarder.report().upstreams[ADDRESS].health;

describe("a server that has failed three times", () => {
  test("is asked once a second whether it is back, and is so with its first answer, whatever that is", () => {
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

  test("is asked for its zone where it knows no other", () => {
    const { rig, server } = started(answering, silent, { "corp.example": ["192.0.2.53"] });
    server.script = refusing;
    for (let i = 0; i < 3; i++) rig.get(`${i}.corp.example`);
    rig.timers.pass(1_000);
    expect(server.probes.at(-1)?.questions?.[0]).toMatchObject({ name: "corp.example", type: "SOA" });
    server.probed = failing(RCODES.SERVFAIL);
    rig.timers.pass(1_000);
    // It was silent, and is not any more: it may be that it cannot find out about this one name.
    expect(health(rig)).toBe("up");
  });

  test("is back with a client's answer too, and that is told", () => {
    const { rig, server } = started(answering, silent);
    fail(rig, server);
    server.script = answering;
    expect(rig.get("www.example").rcode).toBe("NOERROR");
    expect(rig.health).toEqual([`${ADDRESS} down`, `${ADDRESS} up`]);
  });

  test("and comes and goes many times a second is not asked each time whether it is there", () => {
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

  test("is no news when it is no longer asked", () => {
    const { rig, server } = started(silent, silent);
    for (let i = 0; i < 3; i++) rig.ask(`${i}.example`);
    rig.forwarder.configure({ ...rig.policy(), resolvers: [] });
    rig.timers.pass(6_000);
    expect(server.closed).toBe(true);
    expect(rig.health).toEqual([]);
  });
});

test("a server that always says SERVFAIL stays down until it says something else, and ten seconds at least", () => {
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

describe("a server that sends queries back", () => {
  test("is found at the start, and is never asked: SERVFAIL with nobody else", () => {
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

  test("later is found when it falls silent, and is asked again within half a minute of the loop's end", () => {
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

  test("is not believed to have stopped because it fails, or cannot find out", () => {
    const server = new ScriptedServer(silent);
    const rig: Rig = new Rig({ "192.0.2.53": server });
    server.probed = sendingBack(() => rig);
    rig.forwarder.start();
    rig.timers.pass(0);
    for (const probed of [refusing, silent, failing(RCODES.SERVFAIL)]) {
      server.probed = probed;
      rig.timers.pass(31_000);
      expect(health(rig)).toBe("loop");
    }
    expect(rig.health).toHaveLength(1);
  });

  test("is not one that answers any name with anything", () => {
    const { rig } = started(answering, (query) => {
      const data = asked(query);
      return say(query, { answers: [{ name: data, type: "TXT", ttl: 0, data: [data] }] });
    });
    expect(rig.health).toEqual([]);
  });

  test("is found though it does so for the names of one zone only", () => {
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
    // Without the zone there is no loop any more.
    rig.forwarder.configure({ ...both, zoneResolvers: {} });
    expect(rig.health).toEqual([`${ADDRESS} loops`, `${ADDRESS} up`]);
  });
});

test("a server's late answer shows how slow it is and that it is there; its other queries are forgotten in the end", () => {
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
  // Down by now: only its probes are on their way, which are forgotten as well.
  rig.timers.pass(30_000);
  expect(rig.forwarder.report().upstreams[ADDRESS].inFlight).toBeLessThan(15);
  rig.forwarder.close();
  expect(rig.forwarder.report().upstreams[ADDRESS].inFlight).toBe(0);
});

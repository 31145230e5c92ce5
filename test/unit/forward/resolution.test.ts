import { describe, expect, test } from "vitest";
import { lines, type Message, optOf } from "../../support/dns.js";
import {
  a,
  answering,
  asked,
  failing,
  networkError,
  RCODES,
  Rig,
  rigOf,
  type Script,
  ScriptedServer,
  say,
  silent,
  truncating,
  withOptions,
} from "./support.js";

const ONE = "192.0.2.1";
const OTHER = "192.0.2.2";

/** Two upstreams, the second of which answers. */
function two(script: Script, options = {}) {
  const [first, second] = [new ScriptedServer(script), new ScriptedServer(answering)];
  return { rig: new Rig({ [ONE]: first, [OTHER]: second }, options), first, second };
}

/** When an upstream was asked, in milliseconds. */
function times({ rig, server }: ReturnType<typeof rigOf>, ms: number, script: Script = server.script): number[] {
  const at: number[] = [];
  server.script = (query, via) => {
    at.push(rig.timers.now());
    return script(query, via);
  };
  rig.ask("www.example");
  rig.timers.pass(ms);
  return at;
}

describe("a question without an answer in time", () => {
  test("is asked again after a pause that doubles each time, and ends with the timeout", () => {
    const made = rigOf(silent);
    // The last one is a probe: after three late replies the upstream is in doubt.
    expect(times(made, 4_999)).toEqual([0, 400, 1200, 2800, 2800]);
    const got = made.rig.ask("www.example");
    expect(got.message).toBeUndefined();
    made.rig.timers.pass(1);
    expect(got.message?.rcode).toBe("SERVFAIL");
    made.rig.expectIdle();
  });

  test("is asked again after a pause that depends on the round-trip time", () => {
    const made = rigOf(answering);
    made.server.delay = 200;
    for (let i = 0; i < 50; i++) made.rig.get(`${i}.example`, {}, 200);
    const start = made.rig.timers.now();
    const [, second] = times(made, 1_000, silent);
    expect(second - start).toBeGreaterThan(200);
    expect(second - start).toBeLessThan(260);
  });

  test("is asked of the next upstream, and the first answer counts, even a late one", () => {
    const { rig, first, second } = two(answering);
    first.delay = 500;
    second.delay = 300;
    const got = rig.ask("www.example");
    rig.timers.pass(400);
    expect([first.names.length, second.names.length]).toEqual([1, 1]);
    rig.timers.pass(100);
    expect(got.message?.rcode).toBe("NOERROR");
    expect(rig.forwarder.report().upstreams[`${ONE}:53`].results).toMatchObject({ timeout: 1, answered: 1 });
    rig.timers.pass(1_000);
    rig.expectIdle();
  });

  test("ends within a timeout that is shorter than an upstream's own", () => {
    const { rig } = rigOf(silent, { timeoutMs: 300 });
    expect(rig.get("www.example", {}, 300).rcode).toBe("SERVFAIL");
    rig.expectIdle();
  });
});

describe("when an upstream cannot answer", () => {
  test.each([
    ["refuses connections", networkError, "network_error"],
    ["replies SERVFAIL", failing(RCODES.SERVFAIL), "servfail"],
    ["replies REFUSED", failing(RCODES.REFUSED), "refused"],
    ["sends a malformed message", ((query) => say(query).fill(0xff, 6, 12)) as Script, "bad_reply"],
    ["replies BADCOOKIE", badCookie, "bad_reply"],
  ] as const)("as it %s, the next one is asked at once", (_, script, result) => {
    const { rig, second } = two(script, { mixedCase: false });
    expect(rig.get("www.example").rcode).toBe("NOERROR");
    expect(second.names).toHaveLength(1);
    expect(rig.forwarder.report().upstreams[`${ONE}:53`].results[result]).toBe(1);
    rig.expectIdle();
  });

  test("it is not asked again for the same question", () => {
    const { rig, first, second } = two(failing(RCODES.SERVFAIL), { mixedCase: false });
    second.script = silent;
    expect(rig.get("www.example", {}, 5_000).rcode).toBe("SERVFAIL");
    expect(first.names).toHaveLength(1);
    // Four times for the question, and once by a probe.
    expect(second.names).toHaveLength(5);
    rig.expectIdle();
  });
});

/** The first `size` octets of a message whose header counts 50 answers. */
function cut(whole: Buffer, size: number, questions = 1): Buffer {
  whole.writeUInt16BE(questions, 4);
  whole.writeUInt16BE(50, 6);
  return whole.subarray(0, size);
}

function withRcode(whole: Buffer, rcode: number): Buffer {
  whole[3] |= rcode;
  return cut(whole, 29);
}

/** A reply with an extended rcode, which is not for clients. */
function badCookie(query: Message): Buffer {
  const message = say(query, { rcode: 7, options: [] });
  message[message.length - 6] = 1;
  return message;
}

describe("a truncated reply", () => {
  test("makes this server ask the same upstream again over TCP", () => {
    const { rig, first, second } = two((query, via) => (via === "udp" ? truncating(query) : answering(query, via)));
    expect(lines(rig.get("www.example").answers)).toHaveLength(1);
    expect(first.queries.map(({ via }) => via)).toEqual(["udp", "tcp"]);
    expect(second.names).toEqual([]);
  });

  test.each([
    ["counts 50 records and has none", (whole: Buffer) => cut(whole, whole.indexOf(0xc0))],
    ["counts 50 records and has one and an OPT record", (whole: Buffer) => cut(whole, whole.length)],
    ["ends inside an owner", (whole: Buffer) => cut(whole, whole.indexOf(0xc0) + 1)],
    ["ends inside a record's fixed part", (whole: Buffer) => cut(whole, whole.indexOf(0xc0) + 6)],
    ["ends inside a record's data", (whole: Buffer) => cut(whole, whole.indexOf(0xc0) + 14)],
    ["ends inside its question", (whole: Buffer) => cut(whole, 17)],
    ["has a header and no question", (whole: Buffer) => cut(whole, 12, 0)],
    [
      "is followed by octets that are no record",
      (whole: Buffer) => Buffer.concat([cut(whole, 29), Buffer.alloc(40, 0xff)]),
    ],
    ["has the rcode SERVFAIL", (query: Buffer) => withRcode(query, RCODES.SERVFAIL)],
    ["has the rcode FORMERR", (query: Buffer) => withRcode(query, RCODES.FORMERR)],
  ])("makes this server ask over TCP even if it %s", (_, change) => {
    const { rig, first, second } = two((query, via) => {
      const whole = say(query, { answers: [a(query.questions?.[0]?.name ?? "")], options: [] });
      if (via === "tcp") return whole;
      whole[2] |= 0x02;
      return change(whole);
    });
    expect(lines(rig.get("www.example").answers)).toEqual(["www.example 300 A 192.0.2.1"]);
    expect(first.queries.map(({ via }) => via)).toEqual(["udp", "tcp"]);
    expect(second.names).toEqual([]);
    expect(rig.forwarder.report().upstreams[`${ONE}:53`].results).toMatchObject({ answered: 2, bad_reply: 0 });
    rig.expectIdle();
  });

  test("that cannot be read is passed on without records if TCP fails", () => {
    const { rig } = rigOf((query, via) => (via === "udp" ? cut(truncating(query), 29) : "refused"));
    expect(rig.get("www.example")).toMatchObject({ rcode: "NOERROR", flag_tc: true, answers: [] });
    rig.expectIdle();
  });

  test("makes this server ask the next upstream if TCP fails, and is given to the client if that was the last one", () => {
    const script: Script = (query, via) => (via === "udp" ? truncating(query) : "refused");
    const { rig, second } = two(script);
    expect(rig.get("www.example")).toMatchObject({ flag_tc: false });
    second.script = script;
    expect(rig.get("other.example")).toMatchObject({ rcode: "NOERROR", flag_tc: true });
    rig.expectIdle();
  });

  test("does not take down an upstream whose TCP is blocked", () => {
    const { rig } = rigOf((query, via) => (via === "udp" ? truncating(query) : undefined));
    for (let i = 0; i < 5; i++) expect(rig.get(`${i}.example`, {}, 5_000)).toMatchObject({ flag_tc: true });
    expect(rig.health).toEqual([]);
    rig.timers.pass(5_000);
    rig.expectIdle();
  });
});

describe("the letter case of a question", () => {
  const lowered: Script = (query) => say(query, { answers: [a("www.example")], name: asked(query) });

  test("is random, and a reply has to repeat it", () => {
    const { rig, server } = rigOf();
    rig.get("www.a-name-with-many-letters.example");
    const [sent] = server.queries.map(({ message }) => message.questions?.[0]?.name);
    expect(sent).not.toBe(sent?.toLowerCase());
    expect(rig.forwarder.report().upstreams["192.0.2.53:53"].mixedCase).toBe(true);
  });

  test("that comes back changed is checked over TCP, and if it is changed there too, the upstream changes it", () => {
    const { rig, server } = rigOf(lowered);
    expect(lines(rig.get("www.example").answers)).toHaveLength(1);
    expect(server.queries.map(({ via }) => via)).toEqual(["udp", "tcp"]);
    const { mixedCase, ignored } = rig.forwarder.report().upstreams["192.0.2.53:53"];
    expect([mixedCase, ignored.letter_case]).toEqual([false, 1]);
    rig.get("other.example");
    expect(server.queries.slice(2)).toMatchObject([{ via: "udp" }]);
    expect(server.queries[2].message.questions?.[0]?.name).toBe("other.example");
    rig.expectIdle();
  });

  test("that a forger has changed costs a query over TCP, and stays random afterwards", () => {
    const { rig, server } = rigOf((query, via) => (via === "udp" ? lowered(query, via) : answering(query, via)));
    rig.get("www.example");
    expect(rig.forwarder.report().upstreams["192.0.2.53:53"].mixedCase).toBe(true);
    server.script = answering;
    rig.get("a.long-name.example");
    server.script = (query, via) => (via === "udp" ? lowered(query, via) : answering(query, via));
    for (let i = 0; i < 2; i++) rig.get(`${i}.long-name.example`);
    expect(rig.forwarder.report().upstreams["192.0.2.53:53"].mixedCase).toBe(true);
  });

  test("is no longer random after an upstream without TCP has changed it three times, with all clients answered", () => {
    const { rig, server } = rigOf((query, via) => (via === "udp" ? lowered(query, via) : "refused"));
    expect(lines(rig.get("www.example").answers)).toHaveLength(1);
    expect(server.queries.map(({ via }) => via)).toEqual(["udp", "tcp", "udp", "tcp", "udp", "tcp", "udp"]);
    const { mixedCase, ignored, health } = rig.forwarder.report().upstreams["192.0.2.53:53"];
    expect([mixedCase, ignored.letter_case, health]).toEqual([false, 3, "up"]);
    rig.expectIdle();
  });
});

describe("an upstream without EDNS support", () => {
  const old =
    (rcode: number): Script =>
    (query) =>
      optOf(query) ? say(query, { rcode }) : say(query, { answers: [a("www.example")] });

  test.each(["FORMERR", "NOTIMP"] as const)("that replies %s is asked without EDNS for ten minutes", (rcode) => {
    const { rig, server } = rigOf(old(RCODES[rcode]));
    expect(lines(rig.get("www.example").answers)).toHaveLength(1);
    rig.get("other.example");
    expect(server.queries.map(({ message }) => optOf(message) !== undefined)).toEqual([true, false, false]);
    rig.timers.pass(600_000);
    rig.get("third.example");
    expect(optOf(server.queries[3].message)).toBeDefined();
  });

  test("may reply with a header only", () => {
    const { rig } = rigOf((query) => {
      const message = old(RCODES.FORMERR)(query, "udp") as Buffer;
      if (!optOf(query)) return message;
      message.writeUInt16BE(0, 4);
      return message.subarray(0, 12);
    });
    expect(rig.get("www.example").rcode).toBe("NOERROR");
  });

  test("is not assumed if a question gets FORMERR with and without EDNS", () => {
    const { rig, server } = rigOf((query) => say(query, { rcode: RCODES.FORMERR }));
    expect(rig.get("odd.example").rcode).toBe("FORMERR");
    server.script = answering;
    rig.get("www.example");
    expect(optOf(server.queries[2].message)).toBeDefined();
  });

  test("is not assumed if a client's options are rejected", () => {
    const { rig, server } = rigOf(old(RCODES.FORMERR));
    rig.put(withOptions("odd.example", [{ code: 65_001, data: Buffer.alloc(1) }]));
    rig.timers.pass(0);
    rig.get("www.example");
    expect(server.queries.map(({ message }) => optOf(message) !== undefined)).toEqual([true, false, true, false]);
  });

  test("is not assumed if FORMERR comes with an OPT record, which is then the answer", () => {
    const { rig, server } = rigOf(failing(RCODES.FORMERR), { mixedCase: false });
    expect(rig.get("www.example").rcode).toBe("FORMERR");
    expect(server.names).toHaveLength(1);
  });
});

describe("an upstream over TLS", () => {
  test("is asked over TLS only, with queries padded to multiples of 128 octets", () => {
    const server = new ScriptedServer(answering);
    const rig = new Rig({ "tls://192.0.2.1": server });
    rig.get("www.example");
    rig.get("a.somewhat-longer-name-of-many-letters-that-says-nothing-at-all.and-another-label-behind-it.example");
    expect(server.queries.map(({ via, octets }) => [via, octets.length])).toEqual([
      ["tcp", 128],
      ["tcp", 256],
    ]);
  });
});

import type { Answer } from "dns-packet";
import { describe, expect, test } from "vitest";
import { streamChannel } from "../../../src/serving/channels.js";
import { encodeQuery, extendedErrors, lines, type Message, optOf } from "../../support/dns.js";
import { CLIENT } from "../../support/zone.js";
import { a, answering, Rig, rigOf, ScriptedServer, say, truncating, withOptions } from "./support.js";

const TYPE_AT_END = 4;

function flagged(name: string, bits: number, dnssecOk = false): Buffer {
  const query = encodeQuery(name, { edns: 1232, dnssecOk });
  query[3] |= bits;
  return query;
}

function isDnssecOk({ additionals = [] }: Message): boolean {
  return additionals.some((record) => record.type === "OPT" && record.flag_do);
}

const AD = 0x20;
const CD = 0x10;

describe("a forwarded query and its answer (RFC 5625)", () => {
  test("pass records of unknown types unchanged", () => {
    const data = Buffer.from("any octets at all");
    const record = { name: "www.example", type: "UNKNOWN_65280", ttl: 60, data } as unknown as Answer;
    const { rig, server } = rigOf((query) => patched(say(query, { answers: [{ ...record, type: "NULL" } as Answer] })));
    const query = encodeQuery("www.example");
    query.writeUInt16BE(65_280, query.length - TYPE_AT_END);
    const got = rig.put(query);
    rig.timers.pass(0);
    expect(got.message?.answers).toMatchObject([{ type: "UNKNOWN_65280", ttl: 60, data }]);
    const sent = server.queries[0].octets;
    expect(sent.readUInt16BE(12 + "www.example".length + 2)).toBe(65_280);
    expect(rig.put(query).message?.answers).toHaveLength(1);
  });

  /** dns-packet cannot write an unknown type: this changes the type of a NULL record. */
  function patched(message: Buffer): Buffer {
    const at = message.indexOf(Buffer.from([0, 10, 0, 1, 0, 0, 0, 60]));
    message.writeUInt16BE(65_280, at);
    return message;
  }

  test("pass DO and CD to the upstream, and AD to clients that set AD or DO, from the cache too", () => {
    const { rig, server } = rigOf((query) => say(query, { answers: [a("www.example")], flags: AD, options: [] }));
    const ad = (query: Buffer) => {
      const got = rig.put(query);
      rig.timers.pass(0);
      return { ad: got.message?.flag_ad, cd: got.message?.flag_cd };
    };
    for (let i = 0; i < 2; i++) {
      expect(ad(flagged("www.example", 0))).toEqual({ ad: false, cd: false });
      expect(ad(flagged("www.example", AD))).toEqual({ ad: true, cd: false });
      expect(ad(flagged("www.example", 0, true))).toEqual({ ad: true, cd: false });
      expect(ad(flagged("www.example", CD | AD))).toEqual({ ad: true, cd: true });
    }
    const sent = server.queries.map(({ message }) => [message.flag_cd, isDnssecOk(message)]);
    expect(sent).toEqual([
      [false, false],
      [false, true],
      [true, false],
    ]);
  });

  test("pass end-to-end options in both directions, but no hop-by-hop options", () => {
    const [subnet, answered] = [Buffer.from([0, 1, 24, 0, 192, 0, 2]), Buffer.from([0, 1, 24, 24, 192, 0, 2])];
    const hops = [3, 10, 11, 12].map((code) => ({ code, data: Buffer.alloc(code === 10 ? 8 : 0) }));
    const options = [...hops, { code: 8, data: answered }, { code: 15, data: Buffer.from([0, 4, 0x78]) }];
    const { rig, server } = rigOf((query) => say(query, { answers: [a("www.example")], options }));
    const got = rig.put(withOptions("www.example", [{ code: 8, data: subnet }, ...hops]));
    rig.timers.pass(0);
    expect(codesOf(server.queries[0].message)).toEqual([[8, subnet.toString("hex")]]);
    expect(codesOf(got.message as Message)).toEqual([
      [8, answered.toString("hex")],
      [15, "000478"],
    ]);
  });

  function codesOf(message: Message): [number, string][] {
    return (optOf(message)?.options ?? []).map(({ code, data }) => [code, data.toString("hex")]);
  }

  test("pass an upstream's extended error to all clients that get the answer", () => {
    const options = [{ code: 15, data: Buffer.from([0, 17]) }];
    const { rig } = rigOf((query) => say(query, { answers: [a("www.example")], options }));
    expect(extendedErrors(rig.get("www.example"))).toEqual([17]);
    expect(extendedErrors(rig.get("www.example"))).toEqual([17]);
  });

  test.each(["YXDOMAIN", "NOTAUTH"])("pass the rcode %s", (rcode) => {
    const number = { YXDOMAIN: 6, NOTAUTH: 9 }[rcode] ?? 0;
    const { rig } = rigOf((query) => say(query, { rcode: number, options: [] }));
    expect(rig.get("www.example").rcode).toBe(rcode);
  });

  test("pass REFUSED, and SERVFAIL with an extended error", () => {
    const refused = rigOf((query) => say(query, { rcode: 5, options: [] })).rig;
    expect(refused.get("www.example").rcode).toBe("REFUSED");
    const why = [{ code: 15, data: Buffer.from([0, 6]) }];
    const bogus = rigOf((query) => say(query, { rcode: 2, options: why })).rig.get("www.example");
    expect([bogus.rcode, extendedErrors(bogus)]).toEqual(["SERVFAIL", [6]]);
    const mute = rigOf((query) => say(query, { rcode: 2, options: [] })).rig.get("www.example");
    expect([mute.rcode, extendedErrors(mute)]).toEqual(["SERVFAIL", [22]]);
  });

  test("pass RD, set or not", () => {
    const { rig, server } = rigOf();
    rig.get("www.example", { rd: false });
    rig.get("www.example");
    expect(server.queries.map(({ message }) => message.flag_rd)).toEqual([false, true]);
  });
});

describe("the size of a forwarded answer", () => {
  const texts = Array.from({ length: 20 }, (_, i) => ({
    name: "www.example",
    type: "TXT" as const,
    ttl: 60,
    data: String(i).padStart(200, "x"),
  }));
  const large = (query: Parameters<typeof say>[0], via: string) =>
    via === "udp" ? truncating(query) : say(query, { answers: texts, options: [] });

  test("depends on the client: a long answer is fetched over TCP, truncated in a datagram, complete over a stream", () => {
    const { rig, server } = rigOf(large);
    const query = encodeQuery("www.example", { type: "TXT", edns: 4096 });
    const got = rig.put(query);
    rig.timers.pass(0);
    expect(server.queries.map(({ via }) => via)).toEqual(["udp", "tcp"]);
    expect(got.message).toMatchObject({ flag_tc: true, answers: [] });
    const whole = rig.put(query, CLIENT, streamChannel(false, 30));
    expect([whole.message?.flag_tc, whole.message?.answers?.length]).toEqual([false, 20]);
    expect(server.queries).toHaveLength(2);
  });

  test.each([
    [512, undefined],
    [600, 600],
    [1232, 4096],
  ])("is at most %i octets in a datagram for a client that offers %s", (limit, edns) => {
    for (let count = 1; count < 100; count += 3) {
      const answers = Array.from({ length: count }, (_, i) => a("www.example", `192.0.2.${i}`));
      const { rig } = rigOf((query) => say(query, { answers, options: [] }));
      const query = edns === undefined ? encodeQuery("www.example") : encodeQuery("www.example", { edns });
      const got = rig.put(query);
      rig.timers.pass(0);
      expect(got.octets?.length).toBeLessThanOrEqual(limit);
      const fixed = 29 + (edns === undefined ? 0 : 11);
      const fitting = Math.floor((limit - fixed) / 27);
      expect([got.message?.flag_tc, got.message?.answers?.length]).toEqual(
        count > fitting ? [true, fitting] : [false, count],
      );
      expect(new Set(lines(got.message?.answers)).size).toBe(got.message?.answers?.length);
    }
  });

  test("is reduced by the additional section first, without TC", () => {
    const additionals = Array.from({ length: 20 }, (_, i) => a("ns.example", `192.0.2.${i}`));
    const { rig } = rigOf((query) => say(query, { answers: [a("www.example")], additionals, options: [] }));
    const got = rig.put(encodeQuery("www.example"));
    rig.timers.pass(0);
    expect(got.message).toMatchObject({ flag_tc: false, additionals: [] });
    expect(lines(got.message?.answers)).toEqual(["www.example 300 A 192.0.2.1"]);
  });

  test("leaves room for records: an upstream's options that are too long are dropped", () => {
    const options = [{ code: 65_001, data: Buffer.alloc(6_000) }];
    const { rig } = rigOf((query) => say(query, { answers: [a("www.example")], options }));
    const got = rig.ask("www.example");
    rig.timers.pass(0);
    expect(got.octets?.length).toBeLessThanOrEqual(1232);
    expect(lines(got.message?.answers)).toEqual(["www.example 300 A 192.0.2.1"]);
  });
});

describe("names in a zone with upstreams of its own", () => {
  test("are asked of the upstreams of the longest zone only, and cached answers of different zones do not mix", () => {
    const of = (last: number) =>
      new ScriptedServer((query) => say(query, { answers: [a("www.corp.example", `192.0.2.${last}`)] }));
    const [others, corp, lab] = [of(1), of(2), of(3)];
    const zones = { "corp.example": ["192.0.2.2"], "lab.corp.example": ["192.0.2.3"] };
    const rig = new Rig({ "192.0.2.1": others, "192.0.2.2": corp, "192.0.2.3": lab }, { zones });
    for (const name of ["example", "www.example", "xcorp.example", "corp.example.com"]) rig.get(name);
    for (const name of ["corp.example", "WWW.Corp.Example", "xlab.corp.example"]) rig.get(name);
    for (const name of ["lab.corp.example", "a.b.lab.corp.example"]) rig.get(name);
    expect([others.names.length, corp.names.length, lab.names.length]).toEqual([4, 3, 2]);
    rig.forwarder.configure(rig.policy({ zones: { "lab.corp.example": ["192.0.2.3"] } }));
    expect(lines(rig.get("www.corp.example").answers)).toEqual(["www.corp.example 300 A 192.0.2.1"]);
    rig.forwarder.configure(rig.policy({ zones }));
    expect(lines(rig.get("www.corp.example").answers)).toEqual(["www.corp.example 300 A 192.0.2.2"]);
    expect(corp.names).toHaveLength(3);
  });

  test("are not asked of other upstreams when those of the zone fail", () => {
    const [others, corp] = [new ScriptedServer(answering), new ScriptedServer(() => "refused")];
    const rig = new Rig({ "192.0.2.1": others, "192.0.2.2": corp }, { zones: { "corp.example": ["192.0.2.2"] } });
    expect(rig.get("www.corp.example").rcode).toBe("SERVFAIL");
    expect(others.names).toEqual([]);
  });
});

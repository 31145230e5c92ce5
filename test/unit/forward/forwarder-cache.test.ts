import { describe, expect, test } from "vitest";
import { encodeQuery, lines } from "../../support/dns.js";
import { a, answering, RCODES, rigOf, type Script, say, soa, withOptions } from "./support.js";

const SECOND = 1000;

describe("a cached answer", () => {
  test("is used again without asking upstreams, has RA but not AA set, and its TTLs count down", () => {
    const { rig, server } = rigOf((query) => say(query, { answers: [a("www.example", "192.0.2.1", 300)] }));
    expect(rig.get("www.example")).toMatchObject({ flag_aa: false, flag_ra: true, rcode: "NOERROR" });
    rig.timers.pass(100 * SECOND + 999);
    const message = rig.get("WWW.example");
    expect(lines(message.answers)).toEqual(["www.example 200 A 192.0.2.1"]);
    expect(message).toMatchObject({ flag_aa: false, flag_ra: true });
    expect(server.names).toEqual(["www.example"]);
    expect(rig.forwarder.report().cache).toMatchObject({ hits: 1, misses: 1, entries: 1 });
    rig.expectIdle();
  });

  test("is fetched again when the TTL of its shortest-lived record is over", () => {
    const answers = [a("www.example", "192.0.2.1", 300), { ...a("www.example", "192.0.2.2"), ttl: 10 }];
    const { rig, server } = rigOf((query) => say(query, { answers }));
    rig.get("www.example");
    rig.timers.pass(9_999);
    expect(lines(rig.get("www.example").answers)).toEqual(["www.example 291 A 192.0.2.1", "www.example 1 A 192.0.2.2"]);
    rig.timers.pass(1);
    rig.get("www.example");
    expect(server.names).toHaveLength(2);
  });

  test("is not used for another type, nor for other values of DO and CD", () => {
    const { rig, server } = rigOf();
    const withBit = (bit: number) => {
      const query = encodeQuery("www.example", { edns: 1232 });
      query[3] |= bit;
      rig.put(query);
      rig.timers.pass(0);
    };
    for (let i = 0; i < 2; i++) {
      rig.get("www.example");
      rig.get("www.example", { type: "AAAA" });
      rig.get("www.example", { dnssecOk: true });
      withBit(0x10);
      withBit(0x20); // AD is told of whatever the answer is: no other answer.
    }
    expect(server.names).toHaveLength(4);
  });

  test("rotates its addresses", () => {
    const answers = [1, 2, 3].map((last) => a("www.example", `192.0.2.${last}`));
    let turn = 0;
    const { rig } = rigOf((query) => say(query, { answers }), { order: () => turn++ });
    const firsts = Array.from({ length: 4 }, () => lines(rig.get("www.example").answers)[0]);
    expect(firsts).toEqual([1, 2, 3, 1].map((last) => `www.example 300 A 192.0.2.${last}`));
  });
});

describe("an answer is cached for", () => {
  function lifetime(script: Script, cache = {}): { ttl: number | undefined; kept: number } {
    const { rig, server } = rigOf(script, { mixedCase: false, cache: { staleSeconds: 0, prefetch: false, ...cache } });
    const { answers = [], authorities = [] } = rig.get("www.example");
    const [record] = [...answers, ...authorities] as { ttl: number }[];
    let kept = 0;
    for (; kept < 5000; kept++) {
      rig.timers.pass(SECOND);
      rig.ask("www.example");
      rig.timers.pass(0);
      if (server.names.length > 1) return { ttl: record?.ttl, kept: kept + 1 };
    }
    return { ttl: record?.ttl, kept };
  }
  const positive = (ttl: number) => (query: Parameters<Script>[0]) =>
    say(query, { answers: [a("www.example", "192.0.2.1", ttl)] });
  const negative =
    (rcode: number, ...authorities: ReturnType<typeof soa>[]): Script =>
    (query) =>
      say(query, { rcode, authorities });

  test.each([
    ["its TTL", positive(60), {}, 60, 60],
    ["at most cache.maxTtl", positive(60), { maxTtl: 20 }, 20, 20],
    ["at least cache.minTtl", positive(5), { minTtl: 30 }, 30, 30],
    ["no time if its TTL is 0, whatever cache.minTtl is", positive(0), { minTtl: 30 }, 0, 1],
    ["no time if the topmost bit of its TTL is set", positive(0x8000_0001), {}, 0, 1],
    ["the SOA's MINIMUM, if it is NXDOMAIN", negative(3, soa("example", 900, 70)), {}, 70, 70],
    ["the SOA's TTL, if it is NXDOMAIN and the TTL is less", negative(3, soa("example", 50, 70)), {}, 50, 50],
    ["the SOA's MINIMUM, if it is NODATA", negative(0, soa("example", 900, 70)), {}, 70, 70],
    [
      "at most cache.maxNegativeTtl, if it is negative",
      negative(3, soa("example", 900, 800)),
      { maxNegativeTtl: 30 },
      30,
      30,
    ],
    ["at least cache.minTtl, if it is negative", negative(3, soa("example", 900, 5)), { minTtl: 20 }, 20, 20],
    ["no time if the SOA's MINIMUM is 0", negative(3, soa("example", 900, 0)), {}, 0, 1],
    ["no time if it is negative without an SOA", negative(3), {}, undefined, 1],
  ] as const)("%s", (_, script, cache, ttl, kept) => {
    expect(lifetime(script as Script, cache)).toEqual({ ttl, kept });
  });

  test("no time if it has an alias without a record of the type, and no SOA", () => {
    const answers = [{ name: "www.example", type: "CNAME" as const, ttl: 60, data: "web.example" }];
    expect(lifetime((query) => say(query, { answers })).kept).toBe(1);
    expect(lifetime((query) => say(query, { answers, authorities: [soa("example", 40, 40)] })).kept).toBe(40);
    expect(lifetime((query) => say(query, { answers: [...answers, a("web.example", "192.0.2.1", 50)] })).kept).toBe(50);
  });

  test.each(["FORMERR", "SERVFAIL", "NOTIMP", "REFUSED"] as const)("no time if it is %s", (rcode) => {
    expect(lifetime((query) => say(query, { rcode: RCODES[rcode], options: [] })).kept).toBe(1);
  });

  test("no time with the cache off, and the cache's TTL bounds do not apply", () => {
    const off = { enabled: false, maxTtl: 5, minTtl: 5 };
    expect(lifetime(positive(60), off)).toEqual({ ttl: 60, kept: 1 });
  });
});

describe("a question that several clients ask at once", () => {
  test("is sent to an upstream once, and each client gets the answer with its own id and letter case", () => {
    const { rig, server } = rigOf();
    const got = ["www.example", "WWW.example", "www.Example"].map((name, id) => rig.ask(name, { id }));
    rig.timers.pass(0);
    expect(got.map(({ message }) => [message?.id, message?.questions?.[0]?.name])).toEqual([
      [0, "www.example"],
      [1, "WWW.example"],
      [2, "www.Example"],
    ]);
    expect(server.names).toHaveLength(1);
    expect(rig.forwarder.report()).toMatchObject({ joined: 2 });
    rig.expectIdle();
  });

  test("is sent to an upstream once with the cache off, too", () => {
    const { rig, server } = rigOf(answering, { cache: { enabled: false } });
    for (let i = 0; i < 3; i++) rig.ask("www.example");
    rig.timers.pass(0);
    expect(server.names).toHaveLength(1);
    rig.expectIdle();
  });
});

describe("the cache", () => {
  test("can be flushed: all answers, or those of all types for a name", () => {
    const { rig, server } = rigOf();
    for (const name of ["www.example", "www.example.www.example"]) {
      rig.get(name);
      rig.get(name, { type: "AAAA" });
    }
    expect(rig.forwarder.flush("\x03www\x07example\0")).toBe(2);
    rig.get("www.example.www.example");
    expect(server.names).toHaveLength(4);
    expect(rig.forwarder.flush(undefined)).toBe(2);
    expect(rig.forwarder.report().cache).toMatchObject({ entries: 0, bytes: 0 });
  });

  test("is emptied when its size is changed, and keeps its answers with other changes", () => {
    const { rig, server } = rigOf();
    rig.get("www.example");
    rig.forwarder.configure(rig.policy({ cache: { maxTtl: 7 } }));
    rig.get("www.example");
    expect(server.names).toHaveLength(1);
    rig.forwarder.configure(rig.policy({ cache: { maxBytes: 2_000_000 } }));
    rig.get("www.example");
    expect(server.names).toHaveLength(2);
  });

  test("is not used for queries without RD or with end-to-end options", () => {
    const { rig, server } = rigOf();
    const subnet = { code: 8, data: Buffer.from([0, 1, 24, 0, 192, 0, 2]) };
    for (let i = 0; i < 2; i++) {
      rig.get("www.example", { rd: false });
      rig.put(withOptions("www.example", [subnet]));
      rig.timers.pass(0);
    }
    expect(server.names).toHaveLength(4);
    expect(rig.forwarder.report().cache).toMatchObject({ entries: 0, hits: 0, misses: 0 });
    rig.expectIdle();
  });
});

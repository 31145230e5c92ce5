import type { Answer } from "dns-packet";
import { describe, expect, test } from "vitest";
import { readReply, type TtlBounds } from "../../../src/wire/reply.js";
import { decode, encodeQuery, lines, type Message } from "../../support/dns.js";
import { ANY_TTL } from "../../support/service.js";
import { answererOf, DATAGRAM, requestOf, STREAM } from "../../support/zone.js";
import { message, OPT, rdataOf, record, TYPES, truncated, ttlOf } from "./raw-message.js";

const QUERY = encodeQuery("www.example", { edns: 4096 });
const QUESTION_END = 12 + 13 + 4;
/** A compression pointer to the question's name. */
const NAME = Buffer.from([0xc0, 12]);
const ROOT = Buffer.from([0]);
const A1 = Buffer.from([192, 0, 2, 1]);

const out = new Uint8Array(65_535);

function read(octets: Uint8Array, bounds: TtlBounds = ANY_TTL, type: number = TYPES.A) {
  return readReply(octets, QUESTION_END, type, bounds);
}

/** The records that a client gets of a reply, with its addresses rotated by `rotation`. */
function relayed(
  octets: Uint8Array,
  { age = 0, rotation = 0, query = QUERY, stream = true } = {},
): Message | undefined {
  const reply = read(octets);
  if (!reply) return undefined;
  const answerer = answererOf([], { forwarding: true }, () => rotation);
  answerer.answer(requestOf(query, { out, channel: stream ? STREAM : DATAGRAM }));
  return decode(out.subarray(0, answerer.relay(reply, age)));
}

const addresses = (count: number, owner = NAME) =>
  Array.from({ length: count }, (_, i) => record(owner, TYPES.A, 60, Buffer.from([192, 0, 2, 1 + i])));

describe("a reply's records", () => {
  test("reach the client if they are compressed, in whatever letter case the client asks", () => {
    const cname = record(NAME, TYPES.CNAME, 60, Buffer.from([3, ...Buffer.from("web"), 0xc0, 16]));
    const octets = message("WwW.eXaMpLe", [cname, record(Buffer.from([0xc0, QUESTION_END + 12]), TYPES.A, 30, A1)]);
    const query = encodeQuery("wwW.Example");
    expect(lines(relayed(octets, { query })?.answers)).toEqual([
      "wwW.Example 60 CNAME web.Example",
      "web.Example 30 A 192.0.2.1",
    ]);
  });

  test("lose the random letter case of the query to the upstream if their owners are uncompressed", () => {
    const full = Buffer.from("\x03wWw\x07ExAmple\0", "latin1");
    const parent = Buffer.from("\x07ExAmple\0", "latin1");
    const other = Buffer.from("\x03Web\x05Other\0", "latin1");
    const octets = message(
      "wWw.ExAmple",
      [full, parent, other].map((owner) => record(owner, TYPES.A, 60, A1)),
    );
    expect(relayed(octets)?.answers?.map(({ name }) => name)).toEqual(["www.example", "example", "Web.Other"]);
  });

  test("stay in their sections", () => {
    const soa = record(ROOT, TYPES.SOA, 9, Buffer.concat([ROOT, ROOT, Buffer.alloc(20, 1)]));
    const octets = message("www.example", addresses(2), [soa], [...addresses(3), OPT]);
    const got = relayed(octets);
    expect([got?.answers, got?.authorities, got?.additionals].map((section) => section?.length)).toEqual([2, 1, 4]);
  });
});

describe("an OPT record", () => {
  test("is removed wherever it is among the additional records, with the records behind it", () => {
    for (let at = 0; at <= 3; at++) {
      const additionals = addresses(3);
      additionals.splice(at, 0, OPT);
      const got = relayed(message("www.example", addresses(1), [], additionals));
      expect(lines(got?.additionals)).toHaveLength(at);
      expect(lines(got?.answers)).toHaveLength(1);
    }
  });

  test.each([
    ["stands in the answer section", message("www.example", [OPT])],
    ["stands in the authority section", message("www.example", [], [OPT])],
    ["comes twice", message("www.example", [], [], [OPT, OPT])],
    ["has a name", message("www.example", [], [], [Buffer.concat([NAME, OPT.subarray(1)])])],
  ])("makes the reply malformed if it %s", (_, octets) => {
    expect(read(octets)).toBeUndefined();
  });

  test("contributes its part of the rcode", () => {
    const opt = Buffer.from(OPT);
    opt[5] = 1;
    expect(read(message("www.example", [], [], [opt]))).toMatchObject({ rcode: 16, edns: true });
    expect(read(message("www.example"))).toMatchObject({ rcode: 0, edns: false });
  });

  test("with an option that overruns it contributes the options before that", () => {
    const opt = Buffer.concat([OPT, Buffer.from([0, 15, 0, 2, 0, 6, 0, 15, 0, 9, 1])]);
    opt.writeUInt16BE(11, 9);
    expect(read(message("www.example", [], [], [opt]))?.options).toEqual(Uint8Array.of(0, 15, 0, 2, 0, 6));
  });
});

describe("a reply that is cut short", () => {
  test("is malformed wherever it is cut", () => {
    const octets = message("www.example", addresses(2), [], [OPT]);
    for (let length = QUESTION_END; length < octets.length; length++)
      expect(read(octets.subarray(0, length))).toBeUndefined();
    expect(read(octets)).toBeDefined();
  });

  test("is read if the header counts no records, even without the question", () => {
    expect(read(message("www.example").subarray(0, 12))).toMatchObject({ answers: 0, end: 0, lifetime: 0 });
  });

  test("is malformed if it counts more records than a message can hold", () => {
    const octets = message("www.example", addresses(1));
    octets.fill(0xff, 6, 12);
    expect(read(octets)).toBeUndefined();
  });
});

describe("TTLs", () => {
  const bounds: TtlBounds = { min: 30, max: 100, maxNegative: 50 };
  const soa = (ttl: number, minimum: number) => {
    const numbers = Buffer.alloc(20);
    numbers.writeUInt32BE(minimum, 16);
    return record(ROOT, TYPES.SOA, ttl, Buffer.concat([ROOT, ROOT, numbers]));
  };
  const lifetime = (octets: Buffer, type?: number) => read(octets, bounds, type)?.lifetime;

  test("of all sections limit the lifetime: it is the shortest of them", () => {
    const answer = (ttl: number) => record(NAME, TYPES.A, ttl, A1);
    expect(lifetime(message("www.example", [answer(90)], [answer(80)], [answer(70), OPT]))).toBe(70);
    expect(lifetime(message("www.example", [answer(10)], [], []))).toBe(30);
    expect(lifetime(message("www.example", [answer(1e9)], [], []))).toBe(100);
    expect(lifetime(message("www.example", [answer(90), answer(0)], [], []))).toBe(0);
    expect(lifetime(message("www.example", [answer(90), answer(0xffff_ffff)], [], []))).toBe(0);
  });

  test.each([
    [90, 40, 40],
    [40, 90, 40],
    [90, 90, 50],
    [90, 5, 30],
    [5, 90, 30],
    [90, 0, 0],
    [0, 90, 0],
    [90, 0x8000_0000, 0],
  ])(
    "of a negative answer, %i for the SOA and %i as its MINIMUM, make a lifetime of %i (RFC 2308 §5)",
    (ttl, minimum, expected) => {
      expect(lifetime(message("www.example", [], [soa(ttl, minimum)]))).toBe(expected);
      expect(lifetime(message("www.example", [], [soa(ttl, minimum)], [], 3))).toBe(expected);
    },
  );

  test("do not matter in a referral, an error, a truncated reply, or without an SOA: the lifetime is 0", () => {
    const ns = record(NAME, TYPES.NS, 90, ROOT);
    expect(lifetime(message("www.example", [], [ns]))).toBe(0);
    expect(lifetime(message("www.example", addresses(1), [], [], 5))).toBe(0);
    expect(lifetime(truncated(message("www.example", addresses(1))))).toBe(0);
    expect(lifetime(message("www.example", [], [], [], 3))).toBe(0);
    expect(lifetime(message("www.example", [], [record(ROOT, TYPES.SOA, 90, Buffer.alloc(0))]))).toBe(0);
  });

  test("of an SOA that was asked for are treated like those of any record", () => {
    expect(lifetime(message("www.example", [soa(90, 5)]), TYPES.SOA)).toBe(90);
    expect(lifetime(message("www.example", addresses(1), [soa(90, 5)]))).toBe(60);
  });

  test("decrease with the reply's age, and are 30 if it is stale", () => {
    const octets = message("www.example", addresses(1), [], [record(NAME, TYPES.A, 900, A1), OPT]);
    const ttls = (age: number) => {
      const { answers = [], additionals = [] } = relayed(octets, { age }) ?? {};
      return [...answers, ...additionals]
        .filter(({ type }) => type !== "OPT")
        .map((one) => (one as { ttl: number }).ttl);
    };
    expect(ttls(0)).toEqual([60, 900]);
    expect(ttls(59)).toEqual([1, 841]);
    expect(ttls(-1)).toEqual([30, 30]);
  });
});

describe("addresses rotate", () => {
  const order = (octets: Buffer, rotation: number) =>
    relayed(octets, { rotation })?.answers?.map((one) => (one as { data: string }).data);

  test("and stay with their owners", () => {
    const alias = record(NAME, TYPES.CNAME, 60, Buffer.from("\x03web\0", "latin1"));
    const web = Buffer.from("\x03web\0", "latin1");
    const octets = message("www.example", [alias, ...addresses(3, web)]);
    expect(order(octets, 1)).toEqual(["web", "192.0.2.2", "192.0.2.3", "192.0.2.1"]);
    expect(order(octets, 5)).toEqual(["web", "192.0.2.3", "192.0.2.1", "192.0.2.2"]);
  });

  test("if the first owner is uncompressed and the others point to it", () => {
    const web = Buffer.from("\x03web\0", "latin1");
    const octets = message("www.example", [...addresses(1, web), ...addresses(2, Buffer.from([0xc0, QUESTION_END]))]);
    expect(order(octets, 1)).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.1"]);
  });

  test("never with those of another owner, not even in the last kilobytes of a message", () => {
    const filler = Array.from({ length: 3 }, () => record(NAME, TYPES.TXT, 60, Buffer.alloc(16_384)));
    const at = QUESTION_END + 3 * (16_384 + 12);
    // The second address has a pointer to the index of the first owner, cut to 14 bits.
    const pointer = Buffer.from([0xc0 | (at >>> 8), at & 0xff]);
    const far = [
      record(Buffer.from("\x03web\0", "latin1"), TYPES.A, 60, A1),
      record(pointer, TYPES.A, 60, Buffer.alloc(4)),
    ];
    const reply = read(message("www.example", [...filler, ...far]));
    expect(at).toBeGreaterThan(0xc000);
    expect(reply?.runLength).toBe(1);
  });

  test("but records of other types do not", () => {
    const texts = [1, 2].map((octet) => record(NAME, TYPES.TXT, 60, Buffer.from([1, octet])));
    const reply = read(message("www.example", texts), ANY_TTL, TYPES.TXT);
    expect(reply?.runLength).toBeLessThan(2);
  });
});

describe("a reply with a malformed record:", () => {
  const forward = Buffer.from([0xc0, QUESTION_END + 60]);
  const outside = Buffer.from([0xff, 0xff]);
  const itself = Buffer.from([0xc0, QUESTION_END + 16]);

  test.each([
    ["an owner that points forward", record(forward, TYPES.A, 60, A1)],
    ["an owner that points out of the message", record(outside, TYPES.A, 60, A1)],
    ["an owner that points to itself", record(itself, TYPES.A, 60, A1)],
    ["a target that points forward", record(NAME, TYPES.CNAME, 60, forward)],
    ["a target that points out of the message", record(NAME, TYPES.MX, 60, Buffer.concat([Buffer.alloc(2), outside]))],
    ["a target that is cut short", record(NAME, TYPES.NS, 60, Buffer.from([5, 97]))],
    ["an address of three octets", record(NAME, TYPES.A, 60, Buffer.alloc(3))],
    ["an SOA without its numbers", record(NAME, TYPES.SOA, 60, Buffer.concat([ROOT, ROOT]))],
  ])("%s makes it malformed in any section", (_, broken) => {
    const good = addresses(1);
    expect(read(message("www.example", [...good, broken]))).toBeUndefined();
    expect(read(message("www.example", good, [broken]))).toBeUndefined();
    expect(read(message("www.example", good, [], [broken, OPT]))).toBeUndefined();
    expect(read(message("www.example", good, [], [OPT]))).toBeDefined();
  });
});

describe("options of a reply", () => {
  const options = Buffer.from([0, 8, 0, 4, 0, 1, 24, 0, 0xfd, 0xe9, 0, 1, 7, 0, 3, 0, 1, 65, 0, 15, 0, 2, 0, 3]);
  const opt = Buffer.concat([OPT.subarray(0, 9), Buffer.from([0, options.length]), options]);
  const reply = (asked?: readonly number[]) =>
    readReply(
      message("www.example", addresses(1), [], [opt]),
      QUESTION_END,
      TYPES.A,
      ANY_TTL,
      asked && Uint8Array.from(asked),
    );
  const codes = (of: ReturnType<typeof reply>) => {
    const result: number[] = [];
    const octets = Buffer.from(of?.options ?? []);
    for (let at = 0; at < octets.length; at += 4 + octets.readUInt16BE(at + 2)) result.push(octets.readUInt16BE(at));
    return result;
  };

  test("are not passed on, except extended errors and those whose code the query had", () => {
    expect(codes(reply())).toEqual([15]);
    expect(codes(reply([0, 8, 0, 4, 0, 1, 24, 0]))).toEqual([8, 15]);
    expect(codes(reply([0xfd, 0xe9, 0, 0]))).toEqual([65_001, 15]);
    expect(codes(reply([0, 20, 0, 2, 1, 1]))).toEqual([15]);
  });
});

test("records written by another library are read back unchanged", () => {
  const answers: Answer[] = [
    { name: "www.example", type: "MX", ttl: 60, data: { preference: 10, exchange: "mail.example" } },
    { name: "www.example", type: "SRV", ttl: 60, data: { priority: 1, weight: 2, port: 3, target: "web.example" } },
    { name: "www.example", type: "TXT", ttl: 60, data: [Buffer.from("text")] },
  ];
  const raw = answers.map((answer) => record(NAME, TYPES[answer.type as "MX"], ttlOf(answer), rdataOf(answer)));
  expect(relayed(message("www.example", raw))?.answers).toMatchObject(answers);
});

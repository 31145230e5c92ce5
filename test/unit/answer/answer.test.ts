import { describe, expect, test } from "vitest";
import { Answerer, DROP, FORWARD } from "../../../src/answer/answer.js";
import type { AnswerPolicy } from "../../../src/answer/policy.js";
import { createRandom } from "../../../src/base/random.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { type Ask, decode, encodeQuery, extendedErrors, lines, type Message, optOf } from "../../support/dns.js";
import { APEX, answererOf, CLIENT, DATAGRAM, NOW, POLICY, requestOf, STREAM, snapshotOf } from "../../support/zone.js";

const ZONE = [
  "ns1.mesos A 192.0.2.53",
  "web.marathon.mesos A 192.0.2.1",
  "web.marathon.mesos A 192.0.2.2",
  "web.marathon.mesos AAAA 2001:db8::1",
  "only4.marathon.mesos A 192.0.2.4",
  "web-1.marathon.mesos A 192.0.2.1",
  "web-1.marathon.mesos AAAA 2001:db8::1",
  "web-2.marathon.mesos A 192.0.2.2",
  "_web._tcp.marathon.mesos SRV web-1.marathon.mesos 31000",
  "_web._tcp.marathon.mesos SRV web-1.marathon.mesos 31001",
  "_web._tcp.marathon.mesos SRV web-2.marathon.mesos 31000",
];
const SOA = "ns1.mesos root.ns1.mesos 1700000000 60 600 86400 30";
const NEGATIVE_SOA = `mesos 30 SOA ${SOA}`;

const out = new Uint8Array(65_535);

function ask(name: string, options: Ask & { stream?: boolean; answerer?: Answerer } = {}): Message {
  const { answerer = answererOf(ZONE), stream = false, ...rest } = options;
  const query = encodeQuery(name, rest);
  const length = answerer.answer(requestOf(query, { out, channel: stream ? STREAM : DATAGRAM }));
  if (length <= 0) throw new Error(`no answer: ${length}`);
  return decode(out.subarray(0, length));
}

/** Sends octets as a message. Returns the octets of the answer, or `DROP` or `FORWARD`. */
function send(message: Uint8Array, answerer = answererOf(ZONE), stream = false): Uint8Array | number {
  const length = answerer.answer(requestOf(message, { out, channel: stream ? STREAM : DATAGRAM }));
  return length > 0 ? out.slice(0, length) : length;
}

const rcodeOf = (message: Uint8Array | number) => (typeof message === "number" ? message : message[3] & 15);

describe("a name with records of the type", () => {
  test("is answered with that RRset only, authoritatively", () => {
    const message = ask("web.marathon.mesos");
    expect(message).toMatchObject({
      id: 0x1234,
      rcode: "NOERROR",
      flag_aa: true,
      flag_tc: false,
      flag_rd: true,
    });
    expect(lines(message.answers)).toEqual(["web.marathon.mesos 60 A 192.0.2.1", "web.marathon.mesos 60 A 192.0.2.2"]);
    expect(message.authorities).toEqual([]);
    expect(message.additionals).toEqual([]);
  });

  test("can have AAAA besides A records", () => {
    expect(lines(ask("web.marathon.mesos", { type: "AAAA" }).answers)).toEqual([
      "web.marathon.mesos 60 AAAA 2001:db8::1",
    ]);
  });

  test("is found whatever its letter case, and the question is repeated as it was asked", () => {
    const message = ask("WeB.MaRaThOn.mEsOs");
    expect(message.questions).toMatchObject([{ name: "WeB.MaRaThOn.mEsOs", type: "A", class: "IN" }]);
    expect(message.answers).toHaveLength(2);
  });

  test("of type SRV has glue: all addresses of all targets, each target once", () => {
    const message = ask("_web._tcp.marathon.mesos", { type: "SRV", edns: 1232 });
    expect(lines(message.answers)).toEqual([
      "_web._tcp.marathon.mesos 60 SRV 0 1 31000 web-1.marathon.mesos",
      "_web._tcp.marathon.mesos 60 SRV 0 1 31001 web-1.marathon.mesos",
      "_web._tcp.marathon.mesos 60 SRV 0 1 31000 web-2.marathon.mesos",
    ]);
    expect(lines(message.additionals)).toEqual([
      "web-1.marathon.mesos 60 A 192.0.2.1",
      "web-1.marathon.mesos 60 AAAA 2001:db8::1",
      "web-2.marathon.mesos 60 A 192.0.2.2",
    ]);
  });

  test("starts with each of its records equally often", () => {
    const answerer = answererOf(ZONE, {}, createRandom(42));
    const first = new Map<string, number>();
    for (let i = 0; i < 3000; i++) {
      const [line] = lines(ask("_web._tcp.marathon.mesos", { type: "SRV", answerer }).answers);
      first.set(line, (first.get(line) ?? 0) + 1);
    }
    expect([...first.values()].every((count) => count > 900 && count < 1100)).toBe(true);
  });

  test("has glue in the order of the targets, and each once, whichever record comes first", () => {
    for (let start = 0; start < 3; start++) {
      const message = ask("_web._tcp.marathon.mesos", { type: "SRV", answerer: answererOf(ZONE, {}, () => start) });
      const targets = [...new Set(lines(message.answers).map((line) => line.split(" ").at(-1)))];
      const owners = [...new Set(lines(message.additionals).map((line) => line.split(" ")[0]))];
      expect(owners).toEqual(targets);
      expect(new Set(lines(message.additionals)).size).toBe(3);
      expect(message.additionals).toHaveLength(3);
    }
  });
});

describe("the apex", () => {
  test("has SOA in the answer section", () => {
    expect(lines(ask("mesos", { type: "SOA" }).answers)).toEqual([`mesos 60 SOA ${SOA}`]);
  });

  test("has NS with glue", () => {
    const message = ask("mesos", { type: "NS" });
    expect(lines(message.answers)).toEqual(["mesos 60 NS ns1.mesos"]);
    expect(lines(message.additionals)).toEqual(["ns1.mesos 60 A 192.0.2.53"]);
  });

  test.each(["A", "AAAA", "DS", "DNSKEY", "TXT"])("has no %s", (type) => {
    const message = ask("mesos", { type });
    expect(message).toMatchObject({ rcode: "NOERROR", flag_aa: true, answers: [] });
    expect(lines(message.authorities)).toEqual([NEGATIVE_SOA]);
  });
});

describe("NODATA is NOERROR with the SOA in the authority section:", () => {
  test.each([
    ["only4.marathon.mesos", "AAAA"],
    ["only4.marathon.mesos", "SOA"],
    ["only4.marathon.mesos", "NS"],
    ["only4.marathon.mesos", "TXT"],
    ["only4.marathon.mesos", 65280],
    ["_tcp.marathon.mesos", "A"],
    ["_tcp.marathon.mesos", "SRV"],
    ["marathon.mesos", "A"],
    ["marathon.mesos", "ANY"],
  ])("%s %s", (name, type) => {
    const query = typeof type === "number" ? withType(encodeQuery(name), type) : encodeQuery(name, { type });
    const message = decode(send(query) as Uint8Array);
    expect(message).toMatchObject({ rcode: "NOERROR", flag_aa: true, answers: [] });
    expect(lines(message.authorities)).toEqual([NEGATIVE_SOA]);
  });
});

describe("NXDOMAIN has the SOA in the authority section:", () => {
  test.each(["nope.mesos", "x.web.marathon.mesos", "x.y.z.mesos", "_x._tcp.marathon.mesos"])("%s", (name) => {
    for (const type of ["A", "SRV", "ANY", "SOA"]) {
      const message = ask(name, { type });
      expect(message).toMatchObject({ rcode: "NXDOMAIN", flag_aa: true, answers: [] });
      expect(lines(message.authorities)).toEqual([NEGATIVE_SOA]);
    }
  });

  test("for labels of 63 octets, names of 255, and labels with NUL, dots and eight-bit octets", () => {
    const label63 = Buffer.concat([Buffer.from([63]), Buffer.alloc(63, 0x61)]);
    const odd = Buffer.from([5, 0, 0x2e, 0xff, 0x20, 0x41]);
    const mesos = Buffer.from([5, ...Buffer.from("mesos"), 0]);
    for (const labels of [
      [label63],
      [odd],
      [label63, label63, label63, Buffer.concat([Buffer.from([55]), Buffer.alloc(55, 0x62)])],
    ]) {
      const query = Buffer.concat([encodeQuery("x").subarray(0, 12), ...labels, mesos, Buffer.from([0, 1, 0, 1])]);
      expect(rcodeOf(send(query))).toBe(3);
    }
  });
});

describe("ANY", () => {
  test("gets one RRset in a datagram", () =>
    expect(ask("web.marathon.mesos", { type: "ANY" }).answers).toHaveLength(2));

  test("gets all RRsets over a stream", () => {
    expect(lines(ask("web.marathon.mesos", { type: "ANY", stream: true }).answers)).toHaveLength(3);
    expect(lines(ask("mesos", { type: "ANY", stream: true }).answers)).toEqual([
      `mesos 60 SOA ${SOA}`,
      "mesos 60 NS ns1.mesos",
    ]);
  });
});

describe("names outside the zones", () => {
  test("are forwarded if forwarding is on", () => {
    const query = encodeQuery("www.example.com");
    expect(send(query, answererOf(ZONE, { forwarding: true }))).toBe(FORWARD);
    expect(send(encodeQuery("mesosx"), answererOf(ZONE, { forwarding: true }))).toBe(FORWARD);
    expect(send(encodeQuery("."), answererOf(ZONE, { forwarding: true }))).toBe(FORWARD);
  });

  test("are REFUSED with an extended error if forwarding is off", () => {
    const message = ask("www.example.com", { edns: 1232 });
    expect(message).toMatchObject({ rcode: "REFUSED", flag_aa: false, answers: [], authorities: [] });
    expect(extendedErrors(message)).toEqual([20]);
  });
});

describe("flags", () => {
  test("RD is copied, AD, CD and Z are never set", () => {
    for (const name of ["web.marathon.mesos", "www.example.com"]) {
      const query = encodeQuery(name, { rd: false });
      query[3] |= 0x70;
      const message = send(query) as Uint8Array;
      expect(message[2] & 0x01).toBe(0);
      expect(message[3] & 0x70).toBe(0);
    }
  });

  test("RA is set if this client's queries are forwarded and the policy allows RA", () => {
    const ra = (policy: Partial<AnswerPolicy>, client = CLIENT) => {
      const query = encodeQuery("web.marathon.mesos");
      answererOf(ZONE, policy).answer(requestOf(query, { out, client }));
      return (out[3] & 0x80) !== 0;
    };
    expect(ra({ forwarding: true })).toBe(true);
    expect(ra({ forwarding: false })).toBe(false);
    expect(ra({ forwarding: true, recursionAvailable: false })).toBe(false);
    expect(ra({ forwarding: true }, { ...CLIENT, mayRecurse: false })).toBe(false);
  });
});

describe("of messages that are no query for the zone,", () => {
  const query = (change: (octets: Buffer) => void, name = "web.marathon.mesos") => {
    const octets = encodeQuery(name);
    change(octets);
    return octets;
  };

  test("responses and incomplete headers are dropped", () => {
    expect(send(query((octets) => octets.writeUInt8(0x80, 2)))).toBe(DROP);
    for (let length = 0; length < 12; length++) expect(send(encodeQuery("a.mesos").subarray(0, length))).toBe(DROP);
  });

  test.each([1, 2, 3, 5, 6, 7, 15])("those with opcode %i get NOTIMP with the same opcode", (opcode) => {
    const message = send(query((octets) => octets.writeUInt8(opcode << 3, 2))) as Uint8Array;
    expect(rcodeOf(message)).toBe(4);
    expect((message[2] >>> 3) & 15).toBe(opcode);
    const bare = send(Buffer.from([0, 1, opcode << 3, 0, 0, 0, 0, 0, 0, 0, 0, 0])) as Uint8Array;
    expect([rcodeOf(bare), bare.length]).toEqual([4, 12]);
  });

  test("NOTIFY gets NOTAUTH", () => expect(rcodeOf(send(query((octets) => octets.writeUInt8(4 << 3, 2))))).toBe(9));

  test.each([0, 2, 3, 65_535])("those with %i questions get FORMERR", (count) => {
    const message = send(query((octets) => octets.writeUInt16BE(count, 4))) as Uint8Array;
    expect([rcodeOf(message), message.length]).toEqual([1, 12]);
  });

  test("those of a class other than IN are REFUSED", () => {
    for (const klass of ["CH", "HS", "ANY"] as const) {
      expect(ask("web.marathon.mesos", { class: klass })).toMatchObject({ rcode: "REFUSED", flag_aa: false });
    }
  });

  test("those with a malformed question get FORMERR with a header only", () => {
    const broken = [
      query((octets) => octets.writeUInt8(0xc0, 12)),
      query((octets) => octets.writeUInt8(0x40, 12)),
      query((octets) => octets.writeUInt8(0x80, 12)),
      encodeQuery("web.marathon.mesos").subarray(0, 20),
      encodeQuery("web.marathon.mesos").subarray(0, -1),
      Buffer.concat([
        encodeQuery("x").subarray(0, 12),
        ...Array(4).fill(Buffer.from([63, ...Buffer.alloc(63, 97)])),
        Buffer.from([0, 0, 1, 0, 1]),
      ]),
    ];
    for (const octets of broken) {
      const message = send(octets) as Uint8Array;
      expect([rcodeOf(message), message.length]).toEqual([1, 12]);
    }
  });

  test("those with fewer records than the header counts get FORMERR", () => {
    for (const at of [6, 8, 10]) expect(rcodeOf(send(query((octets) => octets.writeUInt16BE(1, at))))).toBe(1);
  });

  test("those with octets behind the last record are answered", () => {
    const message = send(Buffer.concat([encodeQuery("web.marathon.mesos"), Buffer.alloc(7, 0xff)])) as Uint8Array;
    expect(rcodeOf(message)).toBe(0);
  });

  test("transfers are refused: FORMERR for AXFR in a datagram, NOTAUTH below the apex", () => {
    expect(ask("mesos", { type: "AXFR" }).rcode).toBe("FORMERR");
    expect(ask("mesos", { type: "IXFR" })).toMatchObject({ rcode: "REFUSED", answers: [] });
    for (const type of ["AXFR", "IXFR"]) {
      expect(ask("mesos", { type, stream: true }).rcode).toBe("REFUSED");
      expect(ask("marathon.mesos", { type, stream: true }).rcode).toBe("NOTAUTH");
      expect(ask("example.com", { type, stream: true }).rcode).toBe("NOTAUTH");
    }
  });
});

describe("EDNS", () => {
  const opt = (change: (octets: Buffer) => Buffer | undefined, name = "web.marathon.mesos") => {
    const octets = encodeQuery(name, { edns: 4096 });
    return change(octets) ?? octets;
  };

  test("an answer has an OPT record if and only if the query has one", () => {
    expect(optOf(ask("web.marathon.mesos", { edns: 4096 }))).toMatchObject({ udpPayloadSize: 1232, options: [] });
    expect(optOf(ask("nope.mesos", { edns: 512 }))).toBeDefined();
    expect(optOf(ask("web.marathon.mesos"))).toBeUndefined();
  });

  test("DO is copied, unknown flags are not", () => {
    const message = send(opt((octets) => void octets.writeUInt16BE(0xffff, octets.length - 4))) as Uint8Array;
    expect(decode(message).additionals?.[0]).toMatchObject({ flags: 0x8000 });
  });

  test("a version above 0 gets BADVERS without records", () => {
    const message = decode(send(opt((octets) => void octets.writeUInt8(1, octets.length - 5))) as Uint8Array);
    expect(message).toMatchObject({ answers: [], flag_aa: false });
    expect(message.additionals).toMatchObject([{ type: "OPT", extendedRcode: 1, ednsVersion: 0 }]);
  });

  test("unknown options are ignored", () => {
    const withOption = opt((octets) => {
      octets.writeUInt16BE(8, octets.length - 2);
      return Buffer.concat([octets, Buffer.from([0xff, 0xf0, 0, 4, 1, 2, 3, 4])]);
    });
    expect(optOf(decode(send(withOption) as Uint8Array))).toMatchObject({ options: [] });
  });

  test("FORMERR is the answer to two OPT records, one outside the additional section or with another owner, and overruns", () => {
    const one = encodeQuery("web.marathon.mesos", { edns: 4096 });
    const record = one.subarray(one.length - 11);
    const two = Buffer.concat([one, record]);
    two.writeUInt16BE(2, 10);
    const overrunOption = Buffer.concat([one, Buffer.from([0, 10, 0, 9, 1])]);
    overrunOption.writeUInt16BE(5, one.length - 2);
    const overrunLength = Buffer.from(one);
    overrunLength.writeUInt16BE(1, one.length - 2);
    const owner = Buffer.concat([one.subarray(0, one.length - 11), Buffer.from([1, 97]), record]);
    const misplaced = Buffer.from(one);
    misplaced.writeUInt16BE(1, 6);
    misplaced.writeUInt16BE(0, 10);
    for (const octets of [two, overrunOption, overrunLength, owner, misplaced]) expect(rcodeOf(send(octets))).toBe(1);
  });
});

test("a query that is too long for a datagram gets FORMERR with a header only, and is answered over a stream", () => {
  const padding = Buffer.concat([Buffer.from([0, 12, 4000 >> 8, 4000 & 255]), Buffer.alloc(4000)]);
  const query = Buffer.concat([encodeQuery("web.mesos", { edns: 1232 }), padding, Buffer.alloc(200)]);
  query.writeUInt16BE(padding.length, 12 + 15 + 9);
  const answerer = answererOf(["web.mesos A 192.0.2.1"]);
  const size = answerer.answer(requestOf(query, { out }));
  expect([size, decode(out.subarray(0, size)).rcode]).toEqual([12, "FORMERR"]);
  const whole = answerer.answer(requestOf(query, { out, channel: STREAM }));
  expect(decode(out.subarray(0, whole)).rcode).toBe("NOERROR");
  const fitting = answerer.answer(requestOf(query, { out, length: 4096 }));
  expect(decode(out.subarray(0, fitting)).rcode).toBe("NOERROR");
});

describe("an answer that does not fit", () => {
  const MANY = Array.from({ length: 100 }, (_, i) => `big.mesos A 192.0.2.${i}`);
  const SERVICES = Array.from({ length: 20 }, (_, i) => [
    `_big._tcp.mesos SRV target-${i}.mesos 31000`,
    `target-${i}.mesos A 192.0.2.${i}`,
    `target-${i}.mesos AAAA 2001:db8::${i}`,
  ]).flat();

  test("is empty with TC, and keeps its OPT record", () => {
    const message = ask("_big._tcp.mesos", { type: "SRV", edns: 600, answerer: answererOf(SERVICES) });
    expect(message).toMatchObject({ flag_tc: true, flag_aa: true, rcode: "NOERROR", answers: [], additionals: [{}] });
    expect(optOf(message)).toBeDefined();
  });

  test("has as many addresses as fit, random ones, with TC, as some clients never ask over TCP", () => {
    const answerer = answererOf(MANY, {}, createRandom(7));
    const first = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const message = ask("big.mesos", { edns: 1232, answerer });
      expect(message).toMatchObject({ flag_tc: true, flag_aa: true, rcode: "NOERROR" });
      expect(message.answers).toHaveLength(Math.floor((1232 - 12 - 15 - 11) / 16));
      expect(new Set(lines(message.answers)).size).toBe(message.answers?.length);
      expect(optOf(message)).toBeDefined();
      first.add(lines(message.answers)[0]);
    }
    expect(first.size).toBeGreaterThan(20);
  });

  test("is complete over a stream", () => {
    expect(ask("big.mesos", { stream: true, answerer: answererOf(MANY) }).answers).toHaveLength(100);
  });

  test("has at most 512 octets without EDNS, and at most as many as the server allows with EDNS", () => {
    const fits = answererOf(MANY.slice(0, 29));
    expect(ask("big.mesos", { answerer: fits }).flag_tc).toBe(false);
    expect(ask("big.mesos", { answerer: answererOf(MANY.slice(0, 31)) }).flag_tc).toBe(true);
    expect(ask("big.mesos", { edns: 4096, answerer: answererOf(MANY) }).flag_tc).toBe(true);
    expect(ask("big.mesos", { edns: 4096, answerer: answererOf(MANY, { maxUdpPayload: 4096 }) }).answers).toHaveLength(
      100,
    );
    expect(ask("big.mesos", { edns: 100, answerer: fits }).flag_tc).toBe(false);
  });

  test("has as many whole records as fit, without TC, if that is configured", () => {
    const answerer = answererOf(MANY, { setTruncateBit: false }, createRandom(7));
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const message = ask("big.mesos", { edns: 1232, answerer });
      expect(message).toMatchObject({ flag_tc: false });
      expect(message.answers?.length).toBe(74);
      for (const line of lines(message.answers)) seen.add(line);
    }
    expect(seen.size).toBe(100);
  });

  test("loses glue by whole RRsets, without TC", () => {
    const message = ask("_big._tcp.mesos", { type: "SRV", edns: 1000, answerer: answererOf(SERVICES) });
    expect(message).toMatchObject({ flag_tc: false });
    expect(message.answers).toHaveLength(20);
    const glue = lines(message.additionals).length;
    expect(glue).toBeGreaterThan(0);
    expect(glue).toBeLessThan(40);
  });

  test("has as many records as fit in 65,535 octets over a stream, and uncompressed names where no pointer can reach", () => {
    const huge = Array.from({ length: 5000 }, (_, i) => `huge.mesos A 10.0.${i >> 8}.${i & 255}`);
    const message = ask("huge.mesos", { stream: true, answerer: answererOf(huge) });
    expect(message).toMatchObject({ flag_tc: false });
    expect(message.answers).toHaveLength(4094);
    const many = Array.from({ length: 800 }, (_, i) => [
      `_many._tcp.mesos SRV target-${i}.mesos 31000`,
      `target-${i}.mesos A 10.0.${i >> 8}.${i & 255}`,
    ]).flat();
    const services = ask("_many._tcp.mesos", { type: "SRV", stream: true, answerer: answererOf(many) });
    expect(new Set(lines(services.additionals)).size).toBe(800);
  });
});

describe("a zone without a state", () => {
  const answerer = (policy: Partial<AnswerPolicy> = {}) =>
    new Answerer({
      snapshot: Snapshot.empty([APEX]),
      policy: { ...POLICY, ...policy },
      random: () => 0,
      clock: () => NOW,
    });

  test("answers SERVFAIL with an extended error for its names", () => {
    const message = ask("web.marathon.mesos", { edns: 1232, answerer: answerer() });
    expect(message).toMatchObject({ rcode: "SERVFAIL", flag_aa: false });
    expect(extendedErrors(message)).toEqual([14]);
  });

  test("forwards other names", () => {
    expect(send(encodeQuery("example.com"), answerer({ forwarding: true }))).toBe(FORWARD);
  });
});

test("a stale zone is served, with an extended error", () => {
  const answerer = answererOf(ZONE);
  answerer.stale = true;
  const message = ask("web.marathon.mesos", { edns: 1232, answerer });
  expect(message.answers).toHaveLength(2);
  expect(extendedErrors(message)).toEqual([3]);
  expect(extendedErrors(ask("nope.mesos", { edns: 1232, answerer }))).toEqual([19]);
});

test("answers come from a new snapshot once it is in use", () => {
  const answerer = answererOf(ZONE);
  answerer.use(snapshotOf(["other.mesos A 192.0.2.9"]));
  expect(ask("web.marathon.mesos", { answerer }).rcode).toBe("NXDOMAIN");
  expect(lines(ask("other.mesos", { answerer }).answers)).toEqual(["other.mesos 60 A 192.0.2.9"]);
});

function withType(query: Buffer, type: number): Buffer {
  query.writeUInt16BE(type, query.length - 4);
  return query;
}

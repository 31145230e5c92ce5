import { describe, expect, test } from "vitest";
import { DROP, FORWARD } from "../../../src/answer/answer.js";
import { identityText } from "../../../src/answer/chaos.js";
import type { AnswerPolicy } from "../../../src/answer/policy.js";
import type { Channel, Client } from "../../../src/answer/request.js";
import { Cookies } from "../../../src/wire/cookies.js";
import { decode, encodeQuery, extendedErrors, type Message, optOf } from "../../support/dns.js";
import { answererOf, CLIENT, DATAGRAM, requestOf, STREAM } from "../../support/zone.js";

const ZONE = ["ns1.mesos A 192.0.2.53", "web.mesos A 192.0.2.1"];
const TLS: Channel = { stream: true, encrypted: true, keepalive: 300, transport: 0, transfers: false };
const COOKIES = new Cookies(Uint8Array.from({ length: 16 }, (_, i) => i));
const IDENTITY = { version: identityText("mesos-dns test"), id: identityText("node-1.example.com") };
const out = new Uint8Array(65_535);

interface Sent {
  readonly options?: readonly (readonly [code: number, data: readonly number[]])[];
  readonly type?: string;
  readonly policy?: Partial<AnswerPolicy>;
  readonly channel?: Channel;
  readonly client?: Client;
  readonly edns?: number;
}

function withOptions(query: Buffer, options: Sent["options"] = []): Buffer {
  const data = Buffer.concat(
    options.map(([code, octets]) =>
      Buffer.from([code >> 8, code & 255, octets.length >> 8, octets.length & 255, ...octets]),
    ),
  );
  query.writeUInt16BE(data.length, query.length - 2);
  return Buffer.concat([query, data]);
}

function send(name: string, sent: Sent = {}): Uint8Array | number {
  const { options, type = "A", policy = {}, channel = DATAGRAM, client = CLIENT, edns = 1232 } = sent;
  const query = withOptions(encodeQuery(name, { type, edns }), options);
  const answerer = answererOf(ZONE, { cookies: COOKIES, identity: IDENTITY, ...policy });
  const length = answerer.answer(requestOf(query, { out, client, channel }));
  return length > 0 ? out.slice(0, length) : length;
}

function ask(name: string, sent: Sent = {}): Message {
  const message = send(name, sent);
  if (typeof message === "number") throw new Error(`no answer: ${message}`);
  return decode(message);
}

const option = (message: Message, code: number) => optOf(message)?.options.find((entry) => entry.code === code)?.data;

describe("cookies", () => {
  const COOKIE = 10;
  const client = [1, 2, 3, 4, 5, 6, 7, 8];

  test("a client cookie is answered with a server cookie, which is then valid", () => {
    const learnt = option(ask("web.mesos", { options: [[COOKIE, client]] }), COOKIE) as Buffer;
    expect(learnt).toHaveLength(24);
    expect([...learnt.subarray(0, 8)]).toEqual(client);
    expect(option(ask("web.mesos", { options: [[COOKIE, [...learnt]]] }), COOKIE)).toEqual(learnt);
  });

  test("a server cookie of another server is answered with a new one", () => {
    const foreign = [...client, ...Array(16).fill(9)];
    const answered = option(ask("web.mesos", { options: [[COOKIE, foreign]] }), COOKIE) as Buffer;
    expect([...answered.subarray(0, 8)]).toEqual(client);
    expect([...answered.subarray(8)]).not.toEqual(foreign.slice(8));
  });

  test.each([0, 1, 7, 9, 15, 41, 100])("of %i octets get FORMERR", (length) => {
    expect(ask("web.mesos", { options: [[COOKIE, Array(length).fill(1)]] }).rcode).toBe("FORMERR");
  });

  test("are in every kind of answer", () => {
    for (const name of ["web.mesos", "nope.mesos", "www.example.com"]) {
      expect(option(ask(name, { options: [[COOKIE, client]] }), COOKIE), name).toHaveLength(24);
    }
  });

  test("are not in answers if they are turned off", () => {
    const message = ask("web.mesos", { options: [[COOKIE, client]], policy: { cookies: undefined } });
    expect(option(message, COOKIE)).toBeUndefined();
  });

  test("are given to a query without a question, without records", () => {
    const whole = withOptions(encodeQuery("web.mesos", { edns: 1232 }), [[COOKIE, client]]);
    const query = Buffer.concat([whole.subarray(0, 12), whole.subarray(12 + 11 + 4)]);
    query.writeUInt16BE(0, 4);
    const length = answererOf(ZONE, { cookies: COOKIES }).answer(requestOf(query, { out }));
    const message = decode(out.subarray(0, length));
    expect(message).toMatchObject({ rcode: "NOERROR", questions: [], answers: [] });
    expect(option(message, COOKIE)).toHaveLength(24);
  });
});

describe("facts about the server:", () => {
  test("NSID is given to clients that ask, if one is configured", () => {
    expect(option(ask("web.mesos", { options: [[3, []]] }), 3)?.toString()).toBe("node-1.example.com");
    expect(option(ask("web.mesos"), 3)).toBeUndefined();
    const anonymous = { identity: { version: undefined, id: undefined } };
    expect(option(ask("web.mesos", { options: [[3, []]], policy: anonymous }), 3)).toBeUndefined();
  });

  test.each([
    ["version.bind", "mesos-dns test"],
    ["VERSION.SERVER", "mesos-dns test"],
    ["id.server", "node-1.example.com"],
    ["hostname.bind", "node-1.example.com"],
  ])("%s in class CH has a TXT record", (name, text) => {
    const chaos = (identity = IDENTITY) => {
      const query = encodeQuery(name, { type: "TXT", class: "CH" });
      const length = answererOf(ZONE, { identity }).answer(requestOf(query, { out }));
      return decode(out.subarray(0, length));
    };
    expect(chaos()).toMatchObject({ rcode: "NOERROR", answers: [{ type: "TXT", class: "CH", ttl: 0 }] });
    const texts = (chaos().answers ?? []).map((record) => String((record as { data: Buffer[] }).data[0]));
    expect(texts).toEqual([text]);
    expect(chaos({ version: undefined, id: undefined }).rcode).toBe("REFUSED");
  });

  test("other names and types in class CH are REFUSED", () => {
    for (const [name, type] of [
      ["authors.bind", "TXT"],
      ["version.bind", "A"],
      ["web.mesos", "A"],
    ]) {
      const query = encodeQuery(name, { type, class: "CH" });
      const answerer = answererOf(ZONE, { identity: IDENTITY });
      const length = answerer.answer(requestOf(query, { out }));
      expect(decode(out.subarray(0, length)).rcode).toBe("REFUSED");
    }
  });
});

describe("other options", () => {
  test("EXPIRE is in answers with the SOA", () => {
    expect(option(ask("mesos", { type: "SOA", options: [[9, []]] }), 9)?.readUInt32BE(0)).toBe(86_400);
    expect(option(ask("web.mesos", { options: [[9, []]] }), 9)).toBeUndefined();
  });

  test("keepalive is in answers over connections only", () => {
    expect(option(ask("web.mesos", { options: [[11, []]], channel: STREAM }), 11)?.readUInt16BE(0)).toBe(300);
    expect(option(ask("web.mesos", { options: [[11, []]] }), 11)).toBeUndefined();
  });

  test("padding is in answers to clients that pad, over encrypted channels only", () => {
    const padded = send("web.mesos", { options: [[12, [0, 0]]], channel: TLS }) as Uint8Array;
    expect(padded.length % 468).toBe(0);
    expect(option(ask("web.mesos", { options: [[12, [0, 0]]], channel: STREAM }), 12)).toBeUndefined();
    expect(option(ask("web.mesos", { channel: TLS }), 12)).toBeUndefined();
  });

  test("a client subnet is not repeated", () => {
    const message = ask("web.mesos", { options: [[8, [0, 1, 24, 0, 192, 0, 2]]] });
    expect(optOf(message)?.options).toEqual([]);
  });
});

describe("an answer with options", () => {
  const identity = { version: Buffer.alloc(255, 118), id: Buffer.alloc(255, 105) };
  const cookies = new Cookies(new Uint8Array(16));
  const OPTIONS: [number, number[]][] = [
    [10, [1, 2, 3, 4, 5, 6, 7, 8]],
    [3, []],
    [9, []],
    [11, []],
  ];

  /** A name with this number of octets in wire form. */
  const nameOf = (octets: number, zone: string) => {
    const room = octets - zone.length - 2;
    const labels = Array.from({ length: Math.ceil(room / 64) }, (_, i) => "x".repeat(Math.min(63, room - 64 * i - 1)));
    return [...labels.filter((label) => label !== ""), zone].join(".");
  };

  test("is never larger than the client accepts, however long the question and the identifier", () => {
    const policy = { identity, cookies, forwarding: true };
    for (let octets = 24; octets <= 255; octets++) {
      for (const zone of ["mesos", "10.in-addr.arpa", "localhost", "test"]) {
        const answer = send(nameOf(octets, zone), { policy, options: OPTIONS, edns: 512 });
        expect(typeof answer === "number" ? answer : answer.length).toBeLessThanOrEqual(512);
      }
    }
    const denied = { ...CLIENT, mayQuery: false };
    const refused = send(nameOf(255, "mesos"), { policy, options: OPTIONS, client: denied, edns: 512 });
    expect((refused as Uint8Array).length).toBeLessThanOrEqual(512);
  });

  test("in class CH is truncated if it would be too large", () => {
    const query = withOptions(encodeQuery("id.server", { type: "TXT", class: "CH", edns: 512 }), OPTIONS);
    const ask512 = (channel = DATAGRAM) => {
      const length = answererOf(ZONE, { identity, cookies }).answer(requestOf(query, { out, channel }));
      return { length, message: decode(out.subarray(0, length)) };
    };
    expect(ask512().length).toBeLessThanOrEqual(512);
    expect(ask512().message).toMatchObject({ flag_tc: true, answers: [] });
    expect(ask512(STREAM).message).toMatchObject({ flag_tc: false, answers: [{ type: "TXT" }] });
  });

  test("has the identifier if there is room for it", () => {
    expect(option(ask("web.mesos", { policy: { identity, cookies }, options: OPTIONS }), 3)).toHaveLength(255);
  });
});

describe("a cookie of an invalid length", () => {
  test.each([0, 4, 7, 9, 15, 41, 60])("(%i octets) gets FORMERR, with an OPT record without a cookie", (length) => {
    const message = ask("web.mesos", { options: [[10, Array.from({ length }, () => 1)]] });
    expect(message.rcode).toBe("FORMERR");
    expect(optOf(message)?.options).toEqual([]);
  });
});

describe("access", () => {
  test("a client that may not query is REFUSED with an extended error", () => {
    const client = { ...CLIENT, mayQuery: false };
    const message = ask("web.mesos", { client });
    expect(message).toMatchObject({ rcode: "REFUSED", answers: [] });
    expect(extendedErrors(message)).toEqual([18]);
  });

  test("names outside the zones are forwarded for clients that may recurse, and REFUSED with an extended error for others", () => {
    const policy = { forwarding: true };
    expect(send("www.example.com", { policy })).toBe(FORWARD);
    const message = ask("www.example.com", { policy, client: { ...CLIENT, mayRecurse: false } });
    expect(message).toMatchObject({ rcode: "REFUSED", flag_ra: false });
    expect(extendedErrors(message)).toEqual([18]);
    expect(ask("web.mesos", { policy, client: { ...CLIENT, mayRecurse: false } }).rcode).toBe("NOERROR");
  });

  test("responses from a client that may not query are dropped, not refused", () => {
    const query = encodeQuery("web.mesos");
    query[2] |= 0x80;
    const client = { ...CLIENT, mayQuery: false };
    expect(answererOf(ZONE).answer(requestOf(query, { out, client }))).toBe(DROP);
  });
});

describe("a query signed with TSIG", () => {
  const NAME = Buffer.from([3, ...Buffer.from("key"), 0]);
  const ALGORITHM = Buffer.from([11, ...Buffer.from("hmac-sha256"), 0]);
  const tsig = (rdata: Buffer) =>
    Buffer.concat([NAME, Buffer.from([0, 250, 0, 255, 0, 0, 0, 0, rdata.length >> 8, rdata.length & 255]), rdata]);
  const RDATA = Buffer.concat([
    ALGORITHM,
    Buffer.from([0, 0, 0x65, 1, 2, 3, 1, 44, 0, 4, 1, 2, 3, 4, 0x12, 0x34, 0, 0, 0, 0]),
  ]);

  function signed(record: Buffer): Uint8Array {
    const query = Buffer.concat([encodeQuery("web.mesos"), record]);
    query.writeUInt16BE(1, 10);
    const length = answererOf(ZONE).answer(requestOf(query, { out }));
    return out.slice(0, length);
  }

  test("gets NOTAUTH, and an unsigned TSIG record with BADKEY and the same key, algorithm and time", () => {
    const message = signed(tsig(RDATA));
    expect(message[3] & 15).toBe(9);
    const expected = Buffer.concat([
      ALGORITHM,
      RDATA.subarray(ALGORITHM.length, ALGORITHM.length + 8),
      Buffer.from([0, 0, 0x12, 0x34, 0, 17, 0, 0]),
    ]);
    const record = Buffer.from(message.subarray(message.length - NAME.length - 10 - expected.length));
    expect(record.subarray(0, NAME.length)).toEqual(NAME);
    expect(record.readUInt16BE(NAME.length)).toBe(250);
    expect(record.subarray(NAME.length + 10)).toEqual(expected);
  });

  test("gets NOTAUTH also if owner or algorithm are compressed, and the answer has both uncompressed", () => {
    const compressed = (owner: number[], algorithm: number[]) => {
      const rdata = Buffer.concat([Buffer.from(algorithm), RDATA.subarray(ALGORITHM.length)]);
      const fixed = Buffer.from([0, 250, 0, 255, 0, 0, 0, 0, 0, rdata.length]);
      return Buffer.from(signed(Buffer.concat([Buffer.from(owner), fixed, rdata])));
    };
    const owner = compressed([3, 0x6b, 0x65, 0x79, 0xc0, 12], [...ALGORITHM]);
    expect(owner[3] & 15).toBe(9);
    expect(owner.includes(Buffer.from("\x03key\x03web\x05mesos\x00\x00\xfa", "latin1"))).toBe(true);
    const algorithm = compressed([...NAME], [0xc0, 12]);
    expect(algorithm[3] & 15).toBe(9);
    expect(algorithm.includes(Buffer.from("\x03web\x05mesos\x00\x00\x00\x65\x01\x02\x03", "latin1"))).toBe(true);
  });

  test("gets FORMERR if the TSIG record is malformed or not the last one", () => {
    expect(signed(tsig(ALGORITHM))[3] & 15).toBe(1);
    const query = Buffer.concat([
      encodeQuery("web.mesos"),
      tsig(RDATA),
      Buffer.from([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]),
    ]);
    query.writeUInt16BE(2, 10);
    answererOf(ZONE).answer(requestOf(query, { out }));
    expect(out[3] & 15).toBe(1);
  });
});

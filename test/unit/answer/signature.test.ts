import { describe, expect, test } from "vitest";
import { Answerer, FORWARD } from "../../../src/answer/answer.js";
import type { AnswerPolicy } from "../../../src/answer/policy.js";
import type { Channel, Client } from "../../../src/answer/request.js";
import { readReply } from "../../../src/wire/reply.js";
import { checkResponse, signRequest, type TsigKey, TsigKeys } from "../../../src/wire/tsig.js";
import { findTsig, readTsig } from "../../../src/wire/tsig-record.js";
import { decode, encodeQuery, lines } from "../../support/dns.js";
import { ANY_TTL } from "../../support/service.js";
import { CLIENT, DATAGRAM, NOW, POLICY, requestOf, STREAM, snapshotOf } from "../../support/zone.js";
import { message, record, TYPES } from "../wire/raw-message.js";

const KEY: TsigKey = { name: "ns2.example", algorithm: "hmac-sha256", secret: new Uint8Array(32).fill(7) };
const OTHER: TsigKey = { ...KEY, name: "other.example" };
const ZONE = [
  "web.mesos A 192.0.2.1",
  ...Array.from({ length: 60 }, (_, i) => `fleet.mesos A 198.51.100.${i}`),
  ...Array.from({ length: 60 }, (_, i) => `_fleet._tcp.mesos SRV web.mesos ${31_000 + i}`),
];
const out = new Uint8Array(65_535);

interface Sent {
  readonly key?: TsigKey;
  readonly time?: number;
  readonly channel?: Channel;
  readonly client?: Client;
  readonly change?: (signed: Uint8Array) => void;
}

function answererWith(policy: Partial<AnswerPolicy> = {}, clock = () => NOW): Answerer {
  const all = { ...POLICY, keys: new TsigKeys([KEY]), ...policy };
  return new Answerer({ snapshot: snapshotOf(ZONE), policy: all, random: () => 0, clock });
}

/** A query with its signature. */
function signed(query: Uint8Array, { key = KEY, time = NOW }: Sent = {}) {
  const memory = new Uint8Array(1500);
  memory.set(query);
  const { length, mac } = signRequest(memory, query.length, key, time);
  return { query: memory.slice(0, length), mac };
}

/** What a signed query gets. */
function ask(unsigned: Uint8Array, sent: Sent = {}, answerer = answererWith()) {
  const { query, mac } = signed(unsigned, sent);
  sent.change?.(query);
  const { client = CLIENT, channel = DATAGRAM } = sent;
  const length = answerer.answer(requestOf(query, { out, client, channel }));
  return { length, answer: seen(length, mac, sent) };
}

/** An answer of this length as its client sees it. */
function seen(length: number, mac: Uint8Array, { key = KEY, time = NOW }: Sent = {}) {
  const at = findTsig(out, Math.max(length, 0));
  const answered = decode(out.subarray(0, Math.max(length, 0)));
  return {
    rcode: out[3] & 0x0f,
    tc: (out[2] & 2) !== 0,
    answers: lines(answered.answers),
    isSigned: checkResponse(out, length, key, mac, time),
    error: at < 0 ? undefined : readTsig(out, length, at)?.error,
  };
}

describe("a query with a good signature", () => {
  test("gets the answer that it would get without one, signed", () => {
    expect(ask(encodeQuery("web.mesos")).answer).toMatchObject({
      rcode: 0,
      answers: ["web.mesos 60 A 192.0.2.1"],
      isSigned: true,
      error: 0,
    });
    expect(ask(encodeQuery("nobody.mesos")).answer).toMatchObject({ rcode: 3, isSigned: true });
    expect(ask(encodeQuery("web.mesos", { edns: 1232 }), { channel: STREAM }).answer.isSigned).toBe(true);
  });

  test.each([
    ["no question for this server", encodeQuery("example.com"), 5],
    ["another class", encodeQuery("web.mesos", { class: "HS" }), 5],
    ["another opcode", withOpcode(5), 4],
    ["NOTIFY", withOpcode(4), 9],
    ["an unknown version of EDNS", withVersion(1), 0],
  ])("gets a signed error for %s", (_, query, rcode) => {
    expect(ask(query).answer).toMatchObject({ rcode, isSigned: true, error: 0 });
  });

  test("may not transfer a zone either, and is told so, signed", () => {
    for (const type of ["AXFR", "IXFR"]) {
      const query = encodeQuery("mesos", { type });
      expect(ask(query, { channel: STREAM }).answer).toMatchObject({ rcode: 5, isSigned: true, error: 0 });
    }
  });

  test("of a client that may not ask is refused, signed", () => {
    const client = { ...CLIENT, mayQuery: false };
    expect(ask(encodeQuery("web.mesos"), { client }).answer).toMatchObject({ rcode: 5, isSigned: true });
  });

  test.each([
    [512, encodeQuery("fleet.mesos"), 24],
    [512, encodeQuery("_fleet._tcp.mesos", { type: "SRV" }), 0],
    [1232, encodeQuery("_fleet._tcp.mesos", { type: "SRV", edns: 4096 }), 0],
  ])("has room kept for its signature in a datagram of %i octets", (limit, query, answers) => {
    const { length, answer } = ask(query);
    expect(length).toBeLessThanOrEqual(limit);
    expect(answer).toMatchObject({ tc: true, isSigned: true });
    expect(answer.answers).toHaveLength(answers);
  });

  test("of the longest names, for whose signature a datagram has no room, is answered with TC and without one", () => {
    const long = (letter: string) => Array.from({ length: 4 }, () => letter.repeat(61)).join(".");
    const key: TsigKey = { ...KEY, name: long("k"), algorithm: "hmac-sha512" };
    const answerer = answererWith({ keys: new TsigKeys([key]) });
    const query = encodeQuery(`${long("n").slice(10)}.mesos`);
    const { length, answer } = ask(query, { key }, answerer);
    expect(length).toBeLessThanOrEqual(512);
    expect(answer).toMatchObject({ tc: true, isSigned: false, error: undefined });
    expect(ask(query, { key, channel: STREAM }, answerer).answer.isSigned).toBe(true);
  });
});

describe("a query with a bad signature gets NOTAUTH, and", () => {
  test.each([
    ["BADKEY, unsigned, with an unknown key", { key: OTHER }, 17, false],
    ["BADSIG, unsigned, with a wrong secret", { key: { ...KEY, secret: Uint8Array.of(1) } }, 16, false],
    ["BADTIME, signed, with a wrong clock", { time: NOW - 301 }, 18, true],
  ])("%s", (_, sent: Sent, error, isSigned) => {
    for (const query of [encodeQuery("web.mesos"), encodeQuery("mesos", { type: "AXFR" }), withOpcode(4)])
      expect(ask(query, sent).answer).toMatchObject({ rcode: 9, answers: [], error, isSigned });
  });

  test("FORMERR without a signature where its record is malformed", () => {
    const change = (query: Uint8Array) => query.fill(1, query.length - 2);
    expect(ask(encodeQuery("web.mesos"), { change }).answer).toMatchObject({ rcode: 1, error: undefined });
  });
});

describe("a signed query that is forwarded", () => {
  const query = encodeQuery("www.example");
  const reply = readReply(
    message("www.example", [record(Buffer.from([0xc0, 12]), TYPES.A, 300, Buffer.from([203, 0, 113, 9]))], [], [], 0),
    query.length,
    TYPES.A,
    ANY_TTL,
  );
  if (!reply) throw new Error("the reply is malformed");

  test("gets a signed answer, at once or later, and a signed error", () => {
    const answerer = answererWith({ forwarding: true });
    const { query: sent, mac } = signed(query);
    const request = requestOf(sent, { out });
    expect(answerer.answer(request)).toBe(FORWARD);
    const expected = { rcode: 0, answers: ["www.example 300 A 203.0.113.9"], isSigned: true };
    expect(seen(answerer.relay(reply, 0), mac)).toMatchObject(expected);
    answerer.answer(requestOf(encodeQuery("web.mesos"), { out }));
    answerer.resume(request);
    expect(seen(answerer.relay(reply, 0), mac)).toMatchObject(expected);
    expect(seen(answerer.fail(request, 2, 23), mac)).toMatchObject({ rcode: 2, isSigned: true });
    expect(seen(answerer.truncate(request, 0), mac)).toMatchObject({ tc: true, isSigned: true });
  });

  test("gets NOTAUTH in place of the answer if its key has gone meanwhile", () => {
    const answerer = answererWith({ forwarding: true });
    const { query: sent, mac } = signed(query);
    const request = requestOf(sent, { out });
    expect(answerer.answer(request)).toBe(FORWARD);
    answerer.configure({ ...POLICY, forwarding: true });
    answerer.resume(request);
    const expected = { rcode: 9, answers: [], error: 17 };
    expect(seen(answerer.relay(reply, 0), mac)).toMatchObject(expected);
    expect(seen(answerer.fail(request, 2, 23), mac)).toMatchObject(expected);
  });
});

test("a query without a signature costs no look at the clock, and gets none", () => {
  const answerer = answererWith({}, () => {
    throw new Error("nobody has to know the time");
  });
  const length = answerer.answer(requestOf(encodeQuery("web.mesos", { edns: 1232 }), { out }));
  expect(findTsig(out, length)).toBe(-1);
  expect(lines(decode(out.subarray(0, length)).answers)).toEqual(["web.mesos 60 A 192.0.2.1"]);
});

function withOpcode(opcode: number): Uint8Array {
  const query = encodeQuery("web.mesos");
  query[2] = opcode << 3;
  return query;
}

function withVersion(version: number): Uint8Array {
  const query = encodeQuery("web.mesos", { edns: 1232 });
  query[query.length - 5] = version;
  return query;
}

import packet, { type Answer } from "dns-packet";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../src/base/random.js";
import { readReply } from "../../src/wire/reply.js";
import { decode, encodeQuery, lines } from "../support/dns.js";
import { ANY_TTL } from "../support/service.js";
import { answererOf, DATAGRAM, requestOf, STREAM } from "../support/zone.js";
import { message, OPT, record, TYPES } from "../unit/wire/raw-message.js";
import { type Fuzz, mutate } from "./mutate.js";

const NAME = Buffer.from([0xc0, 12]);
const QUESTION = "wWw.eXample";
const QUESTION_END = 29;
const OPT_TYPE = 41;
const CLIENTS = [
  encodeQuery("www.example"),
  encodeQuery("www.example", { edns: 512 }),
  encodeQuery("www.example", { edns: 4096 }),
];

const answerer = answererOf([], { forwarding: true });
const out = new Uint8Array(65_535);

interface Walked {
  readonly type: number;
  /** The record without its TTL and the letter case of its owner. */
  readonly rest: string;
}

/** Reads the records behind the question without interpreting RDATA; undefined if they overrun the message. */
function walk(octets: Uint8Array): Walked[] | undefined {
  const at = { octet: QUESTION_END };
  const count = [6, 8, 10].reduce((sum, place) => sum + ((octets[place] << 8) | octets[place + 1]), 0);
  const records: Walked[] = [];
  for (let i = 0; i < count; i++) {
    const owner = at.octet;
    while (octets[at.octet] > 0 && octets[at.octet] < 64) at.octet += octets[at.octet] + 1;
    at.octet += octets[at.octet] >= 0xc0 ? 2 : 1;
    const fixed = at.octet;
    at.octet += 10 + ((octets[fixed + 8] << 8) | octets[fixed + 9]);
    if (!(at.octet <= octets.length)) return undefined;
    const text = (from: number, to: number) => Buffer.from(octets.subarray(from, to)).toString("latin1");
    const rest = text(owner, fixed).toLowerCase() + text(fixed, fixed + 4) + text(fixed + 8, at.octet);
    records.push({ type: (octets[fixed] << 8) | octets[fixed + 1], rest });
  }
  return records;
}

/** Relays a reply, if it can be read, to one of the clients, and checks the properties that must hold for every reply. */
function checkRelay(reply: Uint8Array, client: number, stream: boolean, age: number): boolean {
  const read = readReply(reply, QUESTION_END, TYPES.A, ANY_TTL);
  if (!read) return false;
  const query = CLIENTS[client];
  answerer.answer(requestOf(query, { out, channel: stream ? STREAM : DATAGRAM }));
  const size = answerer.relay(read, Math.min(age, read.lifetime));
  expect(size).toBeLessThanOrEqual(stream ? 65_535 : [512, 512, 1232][client]);
  const records = walk(out.subarray(0, size))?.filter(({ type }) => type !== OPT_TYPE);
  const sent = walk(reply) ?? [];
  const optAt = sent.findIndex(({ type }) => type === OPT_TYPE);
  const kept = optAt < 0 ? sent : sent.slice(0, optAt);
  if (!records) expect.unreachable("what was relayed is malformed");
  else {
    expect(records).toEqual(kept.slice(0, records.length));
    const whole = QUESTION_END + kept.reduce((sum, { rest }) => sum + rest.length + 4, 0);
    // Records may only be left out if they do not fit.
    if (records.length < kept.length) expect(whole + OPT.length).toBeGreaterThan(512);
  }
  return true;
}

const CORPUS = [
  message(QUESTION, [record(NAME, TYPES.A, 60, Buffer.from([192, 0, 2, 1]))], [], [OPT]),
  message(
    QUESTION,
    Array.from({ length: 4 }, (_, i) => record(NAME, TYPES.A, 60 + i, Buffer.from([192, 0, 2, 1]))),
    [record(Buffer.from([0xc0, 16]), TYPES.NS, 900, Buffer.from([2, 0x6e, 0x73, 0xc0, 16]))],
    [OPT, record(NAME, TYPES.AAAA, 60, Buffer.alloc(16, 1))],
  ),
  message(
    QUESTION,
    [record(Buffer.from("\x03WWW\x07example\0", "latin1"), TYPES.CNAME, 0x8000_0001, Buffer.from([0xc0, 12]))],
    [record(Buffer.from([0]), TYPES.SOA, 900, Buffer.concat([Buffer.alloc(18), Buffer.from([0, 0, 0, 60])]))],
    [Buffer.concat([OPT.subarray(0, 10), Buffer.from([10, 0, 15, 0, 2, 0, 6, 0, 10, 0, 0])])],
    3,
  ),
  message(QUESTION, [record(NAME, TYPES.TXT, 60, Buffer.alloc(700, 1))], [], [OPT]),
];

/** Number of mutated replies in this run, and their seed, so that a failure can be repeated. */
const FUZZ_MESSAGES = Number(process.env.FUZZ_MESSAGES ?? 100_000) / 4;
const FUZZ_SEED = Number(process.env.FUZZ_SEED ?? 0x5eed);

test(`none of ${FUZZ_MESSAGES} mutated replies causes an exception, and records that are read are relayed unchanged`, () => {
  const random = createRandom(FUZZ_SEED);
  const fuzz: Fuzz = { random, corpus: CORPUS };
  let relayed = 0;
  for (let i = 0; i < FUZZ_MESSAGES; i++) {
    const reply = mutate(fuzz);
    const [client, stream, age] = [random() % CLIENTS.length, (random() & 1) === 1, (random() % 100) - 1];
    try {
      if (checkRelay(reply, client, stream, age)) relayed++;
    } catch (error) {
      throw new Error(`reply ${Buffer.from(reply).toString("hex")} to client ${client}`, { cause: error });
    }
  }
  expect(relayed).toBeGreaterThan(FUZZ_MESSAGES / 4);
});

test("any records written by another library reach the client as that library reads them", () => {
  const ttl = fc.integer({ min: 0, max: 86_400 });
  const name = fc.constantFrom("www.example", "example", "web.other", "WWW.Example");
  const octet = fc.integer({ min: 0, max: 255 });
  const address = fc.tuple(octet, octet).map(([a, b]) => `192.0.${a}.${b}`);
  const any = fc.oneof(
    fc.record({ name, type: fc.constant("A" as const), ttl, data: address }),
    fc.record({ name, type: fc.constant("CNAME" as const), ttl, data: name }),
    fc.record({ name, type: fc.constant("TXT" as const), ttl, data: fc.string({ maxLength: 99 }) }),
    fc.record({
      name,
      type: fc.constant("MX" as const),
      ttl,
      data: fc.record({ preference: octet, exchange: name }),
    }),
  ) as fc.Arbitrary<Answer>;
  const section = fc.array(any, { maxLength: 8 });
  fc.assert(
    fc.property(section, section, section, fc.integer({ min: 0, max: 2 }), (answers, authorities, additionals, i) => {
      const reply = packet.encode({
        type: "response",
        questions: [{ name: QUESTION, type: "A" }],
        answers,
        authorities,
        additionals,
      });
      const read = readReply(reply, QUESTION_END, TYPES.A, ANY_TTL);
      if (!read) expect.unreachable("a well-formed reply was not read");
      else {
        answerer.answer(requestOf(CLIENTS[i], { out, channel: STREAM }));
        const [sent, got] = [decode(reply), decode(out.subarray(0, answerer.relay(read, 0)))];
        for (const where of ["answers", "authorities", "additionals"] as const)
          expect(comparable(got[where])).toEqual(comparable(sent[where]));
      }
    }),
    { numRuns: 1_000 },
  );
});

/** Ignores the letter case of owners, which may change. */
function comparable(records: Parameters<typeof lines>[0]): string[] {
  return lines(records).map((line) => line.replace(/^\S+/, (name) => name.toLowerCase()));
}

import packet from "dns-packet";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { Answerer, COMPLETE } from "../../src/answer/answer.js";
import { createRandom } from "../../src/base/random.js";
import { readReply } from "../../src/wire/reply.js";
import { Snapshot } from "../../src/zone/snapshot.js";
import { encodeQuery } from "../support/dns.js";
import { DATAGRAM, NOW, POLICY, requestOf, STREAM } from "../support/zone.js";
import { builderOf } from "../unit/build/support.js";
import { checkAnswerOf } from "./check-answer.js";
import { mutate } from "./mutate.js";

/** Messages with static records: of every type and policy, too large for datagrams, aliased, delegated and under wildcards. */

const addresses = Array.from({ length: 90 }, (_, i) => ({ value: `192.0.2.${i}`, weight: i }));
const plain = addresses.map(({ value }) => ({ value }));
const long = (n: number) => `${"x".repeat(60)}.${"y".repeat(60)}.${"z".repeat(60)}.n${n}`;
const RECORDS = [
  {
    name: "mesos.",
    type: "MX",
    value: [
      { preference: 1, exchange: long(1) },
      { preference: 2, exchange: "many" },
    ],
  },
  { name: "many", type: "A", value: plain.map(({ value }) => value) },
  { name: "one", type: "A", policy: "weighted", values: addresses },
  { name: "some", type: "A", policy: "multivalue", values: plain },
  { name: "texts", type: "TXT", value: Array.from({ length: 9 }, (_, i) => `${i}${"t".repeat(400 * i)}`) },
  {
    name: "_s._tcp",
    type: "SRV",
    value: Array.from({ length: 60 }, (_, i) => ({
      priority: i,
      weight: 0,
      port: i,
      target: i % 2 ? "many" : long(i),
    })),
  },
  { name: long(0), type: "AAAA", value: "2001:db8::1" },
  { name: "*.wild", type: "TXT", value: "w" },
  { name: "*", type: "CNAME", value: "c0" },
  ...Array.from({ length: 9 }, (_, i) => ({ name: `c${i}`, type: "CNAME", value: `${long(i)}.wild` })),
  { name: "out", type: "CNAME", value: `${long(7)}.example.` },
  { name: "sub", type: "NS", value: Array.from({ length: 13 }, (_, i) => `${long(i)}.sub`) },
  ...Array.from({ length: 13 }, (_, i) => ({ name: `${long(i)}.sub`, type: "A", value: ["192.0.2.1", "192.0.2.2"] })),
];
const NAMES = [...new Set(RECORDS.map(({ name }) => name))];
const TYPES = ["A", "AAAA", "CNAME", "TXT", "SRV", "MX", "NS", "DS", "ANY", "SOA"];

let answerer: Answerer;
beforeAll(async () => {
  const cluster = { leader: { host: "192.0.2.1", port: 5050 }, agents: new Map(), frameworks: [], skipped: [] };
  const { update } = await builderOf({ records: RECORDS }).build(cluster, []);
  if (!update) throw new Error("no zone");
  const snapshot = Snapshot.empty(update.apexes).with(update);
  const policy = { ...POLICY, forwarding: true };
  answerer = new Answerer({ snapshot, policy, random: createRandom(7), clock: () => NOW });
});

const nameArbitrary = fc
  .tuple(fc.constantFrom(...NAMES), fc.array(fc.constantFrom("a", "*", "x".repeat(50), "wild"), { maxLength: 2 }))
  .map(([name, more]) => [...more, name.endsWith(".") ? "mesos" : `${name}.mesos`].join("."))
  .filter((name) => name.length < 250);
const queryArbitrary = fc
  .record({
    name: nameArbitrary,
    type: fc.constantFrom(...TYPES),
    edns: fc.option(fc.integer({ min: 512, max: 1400 }), { nil: undefined }),
  })
  .map(({ name, type, edns }) => encodeQuery(name, { type, ...(edns !== undefined && { edns }) }));

test("any question about static records gets a decodable answer of allowed size", () => {
  fc.assert(
    fc.property(queryArbitrary, fc.boolean(), (query, stream) => {
      const length = checkAnswerOf(answerer, query, stream);
      expect(length === COMPLETE || length > 0).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test("any mutation of such a question is dropped or answered in the same way", () => {
  const random = createRandom(3);
  fc.assert(
    fc.property(queryArbitrary, fc.boolean(), (query, stream) => {
      checkAnswerOf(answerer, mutate({ random, corpus: [query] }), stream);
    }),
    { numRuns: 2_000 },
  );
});

test("whatever a resolver says of the name that an alias leads to, the answer is decodable and of allowed size", () => {
  const random = createRandom(5);
  const out = new Uint8Array(65_535);
  const name = `${long(7)}.example`;
  const reply = packet.encode({
    type: "response",
    id: 1,
    questions: [{ name, type: "A" }],
    answers: [
      { name, type: "CNAME", ttl: 9, data: `next.${name.slice(62)}` },
      { name: `next.${name.slice(62)}`, type: "CNAME", ttl: 9, data: "one.mesos" },
      ...Array.from({ length: 40 }, (_, i) => ({ name, type: "A" as const, ttl: 9, data: `198.51.100.${i}` })),
    ],
    authorities: [{ name: "example", type: "NS", ttl: 9, data: "ns.example" }],
  });
  const questionEnd = 12 + name.length + 2 + 4;
  let read = 0;
  for (let i = 0; i < 1_500; i++) {
    const message = i === 0 ? reply : Buffer.from(mutate({ random, corpus: [reply] }));
    reply.copy(message, 0, 0, Math.min(questionEnd, message.length));
    const parsed = readReply(message, questionEnd, 1, { min: 0, max: 900, maxNegative: 900 });
    if (!parsed) continue;
    read++;
    const edns = 512 + (i % 900);
    const request = requestOf(encodeQuery("out.mesos", { edns }), { out, channel: i % 2 === 0 ? STREAM : DATAGRAM });
    expect(answerer.answer(request)).toBe(COMPLETE);
    const length = answerer.complete(request, answerer.behind.name, parsed, (i % 3) - 1);
    expect(length).toBeGreaterThan(12);
    expect(length).toBeLessThanOrEqual(i % 2 === 0 ? 65_535 : Math.min(1232, edns));
    packet.decode(Buffer.from(out.subarray(0, length)));
  }
  expect(read).toBeGreaterThan(200);
});

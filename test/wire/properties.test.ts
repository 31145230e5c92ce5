import packet from "dns-packet";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DROP } from "../../src/answer/answer.js";
import { createRandom } from "../../src/base/random.js";
import { signRequest, type TsigKey, TsigKeys } from "../../src/wire/tsig.js";
import { encodeQuery } from "../support/dns.js";
import { answererOf, DATAGRAM, NOW, requestOf, STREAM } from "../support/zone.js";
import { checkAnswerOf } from "./check-answer.js";
import { type Fuzz, mutate, randomMessage } from "./mutate.js";

const NAMES = [
  ...Array.from({ length: 120 }, (_, i) => [
    `web-${i}.marathon.mesos A 192.0.2.${i}`,
    `web-${i}.marathon.mesos AAAA 2001:db8::${i}`,
    `_web._tcp.marathon.mesos SRV web-${i}.marathon.mesos 31000`,
  ]).flat(),
  "one.mesos A 192.0.2.1",
  "ns1.mesos A 192.0.2.53",
];
const KEY: TsigKey = { name: "a.example", algorithm: "hmac-sha256", secret: Uint8Array.of(1, 2, 3) };
const answerer = answererOf(NAMES, { keys: new TsigKeys([KEY]) }, createRandom(1));
const out = new Uint8Array(65_535 + 16);
const checkAnswer = (message: Uint8Array, stream: boolean) => checkAnswerOf(answerer, message, stream);

function signed(query: Uint8Array, key: TsigKey): Uint8Array {
  const memory = new Uint8Array(600);
  memory.set(query);
  return memory.slice(0, signRequest(memory, query.length, key, NOW).length);
}

/** Number of random and mutated messages in this run, and their seed, so that a failure can be repeated. */
const FUZZ_MESSAGES = Number(process.env.FUZZ_MESSAGES ?? 100_000);
const FUZZ_SEED = Number(process.env.FUZZ_SEED ?? 0x5eed);

describe("any message", () => {
  test("is dropped, or gets a decodable answer of allowed size that repeats id and question", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (message, stream) => {
        checkAnswer(message, stream);
      }),
      { numRuns: 2_000 },
    );
  });

  test("with a valid question of any name, type, class and EDNS is answered or dropped in the same way", () => {
    const label = fc.string({ minLength: 1, maxLength: 20 }).filter((text) => !text.includes(".") && text.length > 0);
    const name = fc.array(label, { minLength: 0, maxLength: 6 }).map((labels) => [...labels, "mesos"].join("."));
    const edns = fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined });
    fc.assert(
      fc.property(name, fc.integer({ min: 0, max: 65_535 }), edns, fc.boolean(), (question, type, offered, stream) => {
        const query = encodeQuery(question, offered === undefined ? {} : { edns: offered });
        const typeAt = query.length - 4 - (offered === undefined ? 0 : 11);
        query.writeUInt16BE(type, typeAt);
        expect(checkAnswer(query, stream)).toBeGreaterThan(0);
      }),
      { numRuns: 3_000 },
    );
  });

  test(`causes no exception and no oversized answer (${FUZZ_MESSAGES} random and mutated messages)`, () => {
    const random = createRandom(FUZZ_SEED);
    const corpus = [
      encodeQuery("web-1.marathon.mesos", { edns: 1232 }),
      encodeQuery("_web._tcp.marathon.mesos", { type: "SRV", edns: 4096 }),
      encodeQuery("nope.marathon.mesos"),
      encodeQuery("mesos", { type: "SOA", edns: 512 }),
      encodeQuery("one.mesos", { type: "ANY" }),
      signed(encodeQuery("web-1.marathon.mesos"), KEY),
      signed(encodeQuery("_web._tcp.marathon.mesos", { type: "SRV", edns: 1232 }), KEY),
      signed(encodeQuery("web-1.marathon.mesos"), { ...KEY, name: "b.example" }),
    ];
    const fuzz: Fuzz = { random, corpus };
    let answered = 0;
    for (let i = 0; i < FUZZ_MESSAGES; i++) {
      const message = i % 8 === 0 ? randomMessage(fuzz) : mutate(fuzz);
      const stream = (random() & 1) === 1;
      const length = answerer.answer(requestOf(message, { out, channel: stream ? STREAM : DATAGRAM }));
      if (length === DROP) continue;
      answered++;
      if (length < 12 || (out[2] & 0x80) === 0 || out[0] !== message[0] || out[1] !== message[1]) {
        expect.unreachable(`bad answer of ${length} octets to ${Buffer.from(message).toString("hex")}`);
      }
      if (!stream && length > 1232)
        expect.unreachable(`${length} octets in answer to ${Buffer.from(message).toString("hex")}`);
      if (i % 50 === 0) packet.decode(Buffer.from(out.subarray(0, length)));
    }
    expect(answered).toBeGreaterThan(FUZZ_MESSAGES / 4);
  });
});

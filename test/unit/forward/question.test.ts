import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../../src/base/random.js";
import { keyOf, type Letters, questionEnd, questionOf, writeQuery } from "../../../src/forward/question.js";
import { Query } from "../../../src/wire/query.js";
import { decode, encodeQuery, optOf } from "../../support/dns.js";
import { withOptions } from "./support.js";

const label = fc
  .array(fc.integer({ min: 0, max: 0x7f }), { minLength: 1, maxLength: 40 })
  .map((codes) => String.fromCharCode(...codes).replaceAll(".", "-"));
const name = fc.array(label, { maxLength: 5 }).map((labels) => labels.join("."));
const style = fc.record({
  letters: fc.constantFrom<Letters>("mixed", "lower", "client"),
  edns: fc.boolean(),
  padded: fc.boolean(),
});
const bits = fc.record({ rd: fc.boolean(), cd: fc.boolean(), dnssecOk: fc.boolean() });
const options = fc.array(
  fc.record({ code: fc.integer({ min: 65_001, max: 65_534 }), data: fc.uint8Array({ maxLength: 60 }) }),
  { maxLength: 3 },
);

function read(message: Buffer): Query {
  const query = new Query();
  query.read(message, message.length, 1);
  return query;
}

test("a query to an upstream has the client's question and flags, whatever its style", () => {
  const random = createRandom(3);
  const random16 = () => random() >>> 16;
  fc.assert(
    fc.property(name, fc.integer({ min: 1, max: 0xffff }), style, bits, options, (asked, type, how, flags, given) => {
      const client = withOptions(
        asked,
        given.map(({ code, data }) => ({ code, data: Buffer.from(data) })),
      );
      client[2] = flags.rd ? 1 : 0;
      client[3] = flags.cd ? 0x10 : 0;
      const query = read(client);
      const end = query.questionEnd;
      client.writeUInt16BE(type, end - 4);
      client[end + 7] = flags.dnssecOk ? 0x80 : 0;
      read(client);
      const question = questionOf(read(client), client);
      const sent = Buffer.from(writeQuery(question, { ...how, random16 }));
      const message = decode(sent);
      const opt = optOf(message);
      expect(message).toMatchObject({ type: "query", opcode: "QUERY", flag_rd: flags.rd, flag_cd: flags.cd });
      expect(message.flag_ad).toBe(true);
      expect(sent.readUInt16BE(end - 4)).toBe(type);
      expect(questionEnd(question)).toBe(end);
      const spelled = message.questions?.[0]?.name ?? "";
      expect(how.letters !== "lower" ? spelled.toLowerCase() : spelled).toBe(
        decode(client).questions?.[0]?.name.toLowerCase(),
      );
      expect(opt !== undefined).toBe(how.edns);
      if (!opt) {
        expect(sent).toHaveLength(end);
        return;
      }
      expect(opt).toMatchObject({ udpPayloadSize: 1232, flag_do: flags.dnssecOk });
      const passed = opt.options.filter(({ code }) => code !== 12);
      expect(passed.map(({ code, data }) => [code, data.toString("hex")])).toEqual(
        given.map(({ code, data }) => [code, Buffer.from(data).toString("hex")]),
      );
      if (how.padded) expect(sent.length % 128).toBe(0);
    }),
    { numRuns: 2_000 },
  );
});

describe("the letter case of a name in a query to an upstream", () => {
  const spell = (letters: Letters) => {
    const random = createRandom(1);
    const client = encodeQuery("WWW.some-123-Name.example");
    const question = questionOf(read(client), client);
    const sent = writeQuery(question, { letters, edns: false, padded: false, random16: () => random() >>> 16 });
    return decode(sent).questions?.[0]?.name;
  };

  test("is random", () => {
    expect(spell("mixed")).not.toBe("www.some-123-name.example");
    expect(spell("mixed")?.toLowerCase()).toBe("www.some-123-name.example");
  });

  test("can also be lower, or the client's", () => {
    expect(spell("lower")).toBe("www.some-123-name.example");
    expect(spell("client")).toBe("WWW.some-123-Name.example");
  });
});

test("queries have the same key if and only if they get the same answer", () => {
  const keys = [
    encodeQuery("www.example"),
    encodeQuery("WWW.Example", { edns: 1232, id: 9 }),
    encodeQuery("www.example", { edns: 4096 }),
  ].map((message) => keyOf(read(message), 0));
  expect(new Set(keys).size).toBe(1);
  const checkingDisabled = encodeQuery("www.example");
  checkingDisabled[3] |= 0x10;
  const others = [
    keyOf(read(encodeQuery("www.example")), 1),
    keyOf(read(encodeQuery("www.example")), 256),
    keyOf(read(encodeQuery("ww.example")), 0),
    keyOf(read(encodeQuery("www.example", { type: "AAAA" })), 0),
    keyOf(read(encodeQuery("www.example", { edns: 1232, dnssecOk: true })), 0),
    keyOf(read(checkingDisabled), 0),
  ];
  expect(new Set([...keys, ...others]).size).toBe(7);
});

import { describe, expect, test } from "vitest";
import { answers, isTruncated, rcodeOf, restore, withId } from "../../../src/forward/reply.js";
import { encodeQuery } from "../../support/dns.js";
import { upstreamReply } from "../../support/service.js";

const QUERY = encodeQuery("Www.Example.com", { id: 0x1111 });
const END = QUERY.length;

/** An answer with some octets changed. */
function reply(change: (octets: Uint8Array) => void = () => {}): Uint8Array {
  const octets = upstreamReply(QUERY);
  change(octets);
  return octets;
}

describe("a reply answers a query", () => {
  test("with its id and question", () => expect(answers(reply(), QUERY, END)).toBe(true));

  test("whatever the letter case of the question's name", () => {
    expect(
      answers(
        reply((octets) => (octets[13] = 0x57)),
        QUERY,
        END,
      ),
    ).toBe(true);
  });

  test.each<[string, (octets: Uint8Array) => void]>([
    ["another id", (octets) => (octets[0] ^= 1)],
    ["another name", (octets) => (octets[14] = 0x61)],
    ["another type", (octets) => (octets[END - 3] = 28)],
    ["another class", (octets) => (octets[END - 1] = 3)],
    ["another opcode", (octets) => (octets[2] |= 0x08)],
    ["QR clear", (octets) => (octets[2] &= 0x7f)],
    ["two questions", (octets) => (octets[5] = 2)],
    ["no question, and no error", (octets) => (octets[5] = 0)],
  ])("but not with %s", (_, change) => expect(answers(reply(change), QUERY, END)).toBe(false));

  test("but not cut short", () => {
    expect(answers(reply().subarray(0, END - 1), QUERY, END)).toBe(false);
    expect(answers(reply().subarray(0, 11), QUERY, END)).toBe(false);
  });

  test("without a question, as an error", () => {
    const formerr = reply((octets) => {
      octets[3] = 1;
      octets[5] = 0;
    });
    expect(answers(formerr, QUERY, END)).toBe(true);
  });
});

test("the client gets its own id and question, AA=0, RA=1", () => {
  const sent = withId(QUERY, 0xbeef);
  expect([...sent.subarray(0, 2)]).toEqual([0xbe, 0xef]);
  const upstream = upstreamReply(sent);
  upstream[13] = 0x77;
  const message = restore(upstream, QUERY, END);
  expect([...message.subarray(0, 2)]).toEqual([0x11, 0x11]);
  expect(Buffer.compare(message.subarray(12, END), QUERY.subarray(12, END))).toBe(0);
  expect(message[2] & 0x04).toBe(0);
  expect(message[3] & 0x80).toBe(0x80);
});

test("TC and rcode are read from the header", () => {
  expect(isTruncated(reply((octets) => (octets[2] |= 2)))).toBe(true);
  expect(isTruncated(reply())).toBe(false);
  expect(rcodeOf(reply((octets) => (octets[3] = 0x83)))).toBe(3);
});

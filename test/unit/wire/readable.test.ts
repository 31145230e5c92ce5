import { describe, expect, test } from "vitest";
import { decode, encodeQuery } from "../../support/dns.js";
import { answererOf, requestOf } from "../../support/zone.js";
import { OPT, record, TYPES } from "./raw-message.js";

const out = new Uint8Array(65_535);
const answerer = answererOf(["web.mesos A 192.0.2.1"]);
const QUESTION = encodeQuery("web.mesos");
const name = (text: string) => Buffer.from(text, "latin1");
const POINTER = name("\xc0\x0c");
const ROOT = name("\0");

/** The rcode for a query with these records, in the section whose count is at this index of the header. */
function rcodeWith(records: readonly Buffer[], sectionAt = 6): string {
  const query = Buffer.concat([QUESTION, ...records]);
  query.writeUInt16BE(records.length, sectionAt);
  // Octets behind the message in its buffer must not be read.
  const buffer = Buffer.concat([query, Buffer.alloc(600, 1)]);
  const size = answerer.answer(requestOf(buffer, { out, length: query.length }));
  return String(decode(out.subarray(0, size)).rcode);
}

const A = (owner: Buffer) => record(owner, TYPES.A, 60, Buffer.from([192, 0, 2, 1]));
const here = QUESTION.length;
const pointerTo = (at: number) => Buffer.from([0xc0 | (at >> 8), at & 0xff]);

describe("records behind a question", () => {
  test.each<[string, Buffer]>([
    ["the root", ROOT],
    ["a pointer to the question", POINTER],
    ["a label and a pointer", name("\x03abc\xc0\x0c")],
    ["a name of 255 octets", name(`${`\x3f${"a".repeat(63)}`.repeat(3)}\x3d${"a".repeat(61)}\0`)],
  ])("are read with %s as their owner", (_, owner) => {
    for (const section of [6, 8, 10]) expect(rcodeWith([A(owner)], section)).toBe("NOERROR");
  });

  test.each<[string, Buffer]>([
    ["a pointer forward", pointerTo(here + 20)],
    ["a pointer into the header", pointerTo(4)],
    ["a pointer out of the message", pointerTo(0x3000)],
    ["a pointer to a pointer to itself", name("\x01a\xc0\x2c")],
    ["a label of an unknown type", name("\x80abc\0")],
    ["a name of 256 octets", name(`${`\x3f${"a".repeat(63)}`.repeat(3)}\x3e${"a".repeat(62)}\0`)],
    [
      "a name that becomes too long by its pointer",
      name(`${`\x3f${"a".repeat(63)}`.repeat(3)}\x36${"a".repeat(54)}\xc0\x0c`),
    ],
    ["a name without end", name("\x3fab")],
  ])("cause FORMERR with %s as their owner", (_, owner) => {
    for (const section of [6, 8, 10]) expect(rcodeWith([A(owner)], section)).toBe("FORMERR");
    expect(rcodeWith([A(ROOT), A(owner)], 8)).toBe("FORMERR");
  });

  test("cause FORMERR with a pointer to itself as their owner", () => {
    expect(rcodeWith([A(pointerTo(here))])).toBe("FORMERR");
  });

  const numbers = (count: number) => Buffer.alloc(count, 7);
  const join = (...parts: Buffer[]) => Buffer.concat(parts);
  const string = name("\x03abc");

  test.each<[string, number, Buffer, Buffer]>([
    ["A", 1, numbers(4), numbers(5)],
    ["AAAA", 28, numbers(16), numbers(4)],
    ["NS", 2, POINTER, join(POINTER, numbers(1))],
    ["CNAME", 5, name("\x03abc\xc0\x0c"), name("\x03abc")],
    ["PTR", 12, ROOT, pointerTo(0x3fff)],
    ["DNAME", 39, POINTER, name("\x40")],
    ["SOA", 6, join(POINTER, ROOT, numbers(20)), join(POINTER, ROOT, numbers(19))],
    ["MX", 15, join(numbers(2), POINTER), numbers(2)],
    ["SRV", 33, join(numbers(6), ROOT), join(numbers(5), ROOT)],
    ["RP", 17, join(ROOT, POINTER), ROOT],
    ["PX", 26, join(numbers(2), ROOT, ROOT), join(numbers(2), ROOT)],
    ["HINFO", 13, join(string, string), string],
    ["TXT", 16, join(string, string), name("\x04abc")],
    ["NAPTR", 35, join(numbers(4), string, string, ROOT, POINTER), join(numbers(4), string, string, string)],
    ["RRSIG", 46, join(numbers(18), ROOT, numbers(9)), join(numbers(18), name("\x09abc"))],
    ["NSEC", 47, join(ROOT, numbers(3)), name("\x80\0")],
  ])("of type %s are read if their RDATA is well formed, and cause FORMERR if not", (_, type, good, bad) => {
    expect(rcodeWith([record(ROOT, type, 60, good)])).toBe("NOERROR");
    expect(rcodeWith([record(ROOT, type, 60, bad)])).toBe("FORMERR");
    expect(rcodeWith([record(ROOT, type, 60, Buffer.alloc(0))])).toBe("NOERROR");
  });

  test("of unknown types are read whatever their RDATA is", () => {
    expect(rcodeWith([record(ROOT, 65_400, 60, Buffer.from([0xc0]))])).toBe("NOERROR");
  });

  test("can stand before an OPT record, which is answered", () => {
    const query = Buffer.concat([QUESTION, A(POINTER), OPT]);
    query.writeUInt16BE(1, 6);
    query.writeUInt16BE(1, 10);
    const size = answerer.answer(requestOf(query, { out }));
    expect(decode(out.subarray(0, size))).toMatchObject({ rcode: "NOERROR", additionals: [{ type: "OPT" }] });
  });
});

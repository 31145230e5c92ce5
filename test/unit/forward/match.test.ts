import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { idOf, isResponse, matchQuestion } from "../../../src/forward/match.js";
import { encodeQuery } from "../../support/dns.js";
import { replyTo } from "./probe.js";

const QUERY = encodeQuery("Www.Exa-mple.com", { id: 0x1234, edns: 1232 });
/** Index behind the question: the OPT record behind it has 11 octets. */
const END = QUERY.length - 11;

const reply = (change?: (octets: Uint8Array) => void) => replyTo(QUERY, change);

describe("a message", () => {
  test("is a response with a header and QR set", () => {
    expect(isResponse(reply())).toBe(true);
    expect(isResponse(reply().subarray(0, 12))).toBe(true);
  });

  test("is no response if it is shorter than a header, or a query", () => {
    expect(isResponse(reply().subarray(0, 11))).toBe(false);
    expect(isResponse(new Uint8Array())).toBe(false);
    expect(isResponse(QUERY)).toBe(false);
  });

  test("has an id", () => expect(idOf(reply())).toBe(0x1234));
});

describe("the question of a reply", () => {
  test("matches exactly if it is the one asked", () => expect(matchQuestion(reply(), QUERY, END)).toBe("exact"));

  test.each<[string, number, number]>([
    ["one letter", 13, 0x77],
    ["the first letter of a label", 17, 0x65],
  ])("matches except for letter case with another case of %s", (_, at, octet) =>
    expect(
      matchQuestion(
        reply((octets) => (octets[at] = octet)),
        QUERY,
        END,
      ),
    ).toBe("folded"),
  );

  test.each<[string, (octets: Uint8Array) => void]>([
    ["another name", (octets) => (octets[14] = 0x61)],
    ["a shorter label", (octets) => (octets[12] = 2)],
    ["a pointer for a name", (octets) => octets.set([0xc0, 0x0c], 12)],
    // "-" and CR differ in the same bit as upper and lower case of a letter.
    ["a character that differs only in the bit of letter case", (octets) => (octets[octets.indexOf(0x2d, 12)] = 0x0d)],
    ["another type", (octets) => (octets[END - 3] = 28)],
    ["a type that differs only in the bit of letter case", (octets) => (octets[END - 3] ^= 0x20)],
    ["another class", (octets) => (octets[END - 1] = 3)],
    ["another opcode", (octets) => (octets[2] |= 0x08)],
    ["two questions", (octets) => (octets[5] = 2)],
    ["256 questions", (octets) => (octets[4] = 1)],
    ["no question and NOERROR", (octets) => (octets[5] = 0)],
    ["no question and NXDOMAIN", (octets) => octets.set([0x83, 0, 0], 3)],
  ])("does not match with %s", (_, change) => expect(matchQuestion(reply(change), QUERY, END)).toBe("other"));

  test("does not match if it is cut short", () => {
    expect(matchQuestion(reply().subarray(0, END), QUERY, END)).toBe("exact");
    for (let size = 12; size < END; size++)
      expect(matchQuestion(reply().subarray(0, size), QUERY, END), `${size} octets`).toBe("other");
  });

  test.each([1, 2, 4, 5, 9])("may be missing in a reply with the error rcode %i", (rcode) => {
    const error = reply((octets) => octets.set([rcode, 0, 0], 3)).subarray(0, 12);
    expect(matchQuestion(error, QUERY, END)).toBe("exact");
  });
});

/** Octets that throw if code reads outside of them. */
function guarded(octets: Uint8Array): Uint8Array {
  return new Proxy(octets, {
    get(target, key) {
      if (typeof key === "string" && /^-?\d+$/.test(key) && !(Number(key) in target))
        throw new Error(`reads at ${key}`);
      return Reflect.get(target, key, target);
    },
  });
}

const mutation = fc.record({ at: fc.nat(QUERY.length - 1), octet: fc.nat(255) });
const message = fc.oneof(
  fc.uint8Array({ maxLength: 80 }),
  fc.tuple(fc.array(mutation, { maxLength: 4 }), fc.nat(QUERY.length)).map(([mutations, size]) =>
    reply((octets) => {
      for (const { at, octet } of mutations) octets[at] = octet;
    }).subarray(0, size),
  ),
);

const lower = (octets: Uint8Array) =>
  Buffer.from(octets)
    .toString("latin1")
    .replace(/[A-Z]/g, (a) => a.toLowerCase());

test("whatever a message contains, no octet outside of it is read, and only the question asked matches", () => {
  fc.assert(
    fc.property(message, (octets) => {
      if (!isResponse(guarded(octets))) return;
      const match = matchQuestion(guarded(octets), guarded(QUERY), END);
      if (match === "other" || octets[5] === 0) return;
      // A truncated reply may have a part of the question only.
      const end = (octets[2] & 0x02) === 0 ? END : Math.min(octets.length, END);
      const [theirs, ours] = [octets.subarray(12, end), QUERY.subarray(12, end)];
      expect(lower(theirs)).toBe(lower(ours));
      expect(Buffer.compare(theirs, ours) === 0).toBe(match === "exact");
    }),
    { numRuns: 20_000 },
  );
});

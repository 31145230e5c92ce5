import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { idOf, isResponse, matchQuestion } from "../../../src/forward/match.js";
import { encodeQuery } from "../../support/dns.js";
import { replyTo } from "./probe.js";

const QUERY = encodeQuery("Www.Exa-mple.com", { id: 0x1234, edns: 1232 });
/** The OPT behind the question has 11 octets. */
const END = QUERY.length - 11;

const reply = (change?: (octets: Uint8Array) => void) => replyTo(QUERY, change);

describe("a message can be a reply", () => {
  test("with a header and QR set", () => {
    expect(isResponse(reply())).toBe(true);
    expect(isResponse(reply().subarray(0, 12))).toBe(true);
  });

  test("but not if it is shorter or a query", () => {
    expect(isResponse(reply().subarray(0, 11))).toBe(false);
    expect(isResponse(new Uint8Array())).toBe(false);
    expect(isResponse(QUERY)).toBe(false);
  });

  test("and has an id", () => expect(idOf(reply())).toBe(0x1234));
});

describe("the question of a reply", () => {
  test("is the one asked, letter for letter", () => expect(matchQuestion(reply(), QUERY, END)).toBe("exact"));

  test.each<[string, number, number]>([
    ["one letter", 13, 0x77],
    ["the first letter of a label", 17, 0x65],
  ])("is the one asked but for the case of %s", (_, at, octet) =>
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
    // "-" and CR differ in the bit that tells letters' case.
    ["a character that only looks like the other case", (octets) => (octets[octets.indexOf(0x2d, 12)] = 0x0d)],
    ["another type", (octets) => (octets[END - 3] = 28)],
    ["a type that differs in the bit of letters' case", (octets) => (octets[END - 3] ^= 0x20)],
    ["another class", (octets) => (octets[END - 1] = 3)],
    ["another opcode", (octets) => (octets[2] |= 0x08)],
    ["two questions", (octets) => (octets[5] = 2)],
    ["256 questions", (octets) => (octets[4] = 1)],
    ["no question and NOERROR", (octets) => (octets[5] = 0)],
    ["no question and NXDOMAIN", (octets) => octets.set([0x83, 0, 0], 3)],
  ])("is another with %s", (_, change) => expect(matchQuestion(reply(change), QUERY, END)).toBe("other"));

  test("is another if it is cut short", () => {
    expect(matchQuestion(reply().subarray(0, END), QUERY, END)).toBe("exact");
    for (let size = 12; size < END; size++)
      expect(matchQuestion(reply().subarray(0, size), QUERY, END), `${size} octets`).toBe("other");
  });

  test.each([1, 2, 4, 5, 9])("may be missing from an error, rcode %i", (rcode) => {
    const error = reply((octets) => octets.set([rcode, 0, 0], 3)).subarray(0, 12);
    expect(matchQuestion(error, QUERY, END)).toBe("exact");
  });
});

/** Octets that say so if somebody reads where there are none. */
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

test("whatever comes, nothing is read that is not there, and only the question asked is taken", () => {
  fc.assert(
    fc.property(message, (octets) => {
      if (!isResponse(guarded(octets))) return;
      const match = matchQuestion(guarded(octets), guarded(QUERY), END);
      if (match === "other" || octets[5] === 0) return;
      // Of a truncated one, as much of it as there is.
      const end = (octets[2] & 0x02) === 0 ? END : Math.min(octets.length, END);
      const [theirs, ours] = [octets.subarray(12, end), QUERY.subarray(12, end)];
      expect(lower(theirs)).toBe(lower(ours));
      expect(Buffer.compare(theirs, ours) === 0).toBe(match === "exact");
    }),
    { numRuns: 20_000 },
  );
});

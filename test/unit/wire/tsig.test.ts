import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readUint16, writeUint16 } from "../../../src/wire/octets.js";
import { Query } from "../../../src/wire/query.js";
import {
  checkResponse,
  checkTsig,
  signRequest,
  type TsigAlgorithm,
  type TsigCheck,
  type TsigKey,
  TsigKeys,
} from "../../../src/wire/tsig.js";
import { findTsig, readTsig, type TsigRecord, writeTsig } from "../../../src/wire/tsig-record.js";
import { encodeQuery } from "../../support/dns.js";
import { SIGNED_QUERIES, SIGNED_REQUEST, SIGNED_STREAM } from "./tsig-vectors.js";

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
const NOW = 1_700_000_000;
const ALGORITHMS: readonly TsigAlgorithm[] = ["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"];

const keyOf = (algorithm: TsigAlgorithm, secret = SECRET): TsigKey => ({ name: "key.example", algorithm, secret });
const KEY = keyOf("hmac-sha256");
const KEYS = new TsigKeys([KEY]);
const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));

/** Checks a message as the server does. */
function check(message: Uint8Array, { keys = KEYS, now = NOW } = {}): TsigCheck {
  return checkTsig(message, message.length, tsigAt(message), keys, now);
}

function tsigAt(message: Uint8Array): number {
  const query = new Query();
  query.read(message, message.length, 1);
  return query.tsigAt;
}

function errorOf(result: TsigCheck): string {
  return result.kind === "refused" ? result.error : result.kind;
}

/** A query, signed. */
function signed(key = KEY, now = NOW): Uint8Array {
  const out = new Uint8Array(600);
  const query = encodeQuery("web.mesos");
  out.set(query);
  return out.slice(0, signRequest(out, query.length, key, now).length);
}

function recordOf(message: Uint8Array): TsigRecord {
  const record = readTsig(message, message.length, findTsig(message, message.length));
  if (!record) throw new Error("the message has no TSIG record");
  return record;
}

/** The message with another TSIG record in place of its own. */
function withRecord(message: Uint8Array, changes: Partial<TsigRecord>): Uint8Array {
  const out = new Uint8Array(1000);
  const at = findTsig(message, message.length);
  out.set(message.subarray(0, at));
  return out.slice(0, writeTsig(out, at, { ...recordOf(message), ...changes }));
}

/** The message without its TSIG record, with room behind it. */
function unsigned(message: Uint8Array): { readonly out: Uint8Array; readonly length: number } {
  const out = new Uint8Array(1000);
  const length = findTsig(message, message.length);
  out.set(message.subarray(0, length));
  writeUint16(out, 10, readUint16(out, 10) - 1);
  return { out, length };
}

/** What the server answers with, signed by what the check gave. */
function answerTo(result: TsigCheck, now = NOW): Uint8Array {
  if (result.kind === "malformed") throw new Error("a malformed signature gets no signed answer");
  const out = new Uint8Array(600);
  const answer = encodeQuery("web.mesos");
  answer[2] |= 0x80;
  out.set(answer);
  const length = result.signer.sign(out, answer.length, now);
  expect(length - answer.length).toBe(result.signer.size);
  return out.slice(0, length);
}

describe("a message that another one signed", () => {
  test.each(SIGNED_QUERIES)("%s, %s, is good, whatever the letter case of its key's name", (_, algorithm, text) => {
    const message = hex(text);
    const keys = new TsigKeys([keyOf(algorithm as TsigAlgorithm)]);
    const now = recordOf(message).timeSigned;
    expect(check(message, { keys, now })).toMatchObject({ kind: "good", key: { name: "key.example" } });
    const other = new TsigKeys([keyOf(algorithm as TsigAlgorithm, Uint8Array.of(1, 2, 3))]);
    expect(errorOf(check(message, { keys: other, now }))).toBe("BADSIG");
  });

  test("has the very signature that is made here", () => {
    const { out, length } = unsigned(hex(SIGNED_REQUEST));
    const { length: size, mac } = signRequest(out, length, KEY, NOW);
    expect(Buffer.from(out.subarray(0, size)).toString("hex")).toBe(SIGNED_REQUEST);
    expect(mac).toEqual(recordOf(hex(SIGNED_REQUEST)).mac);
  });

  test("has the very signature that is made here, in each message of a stream", () => {
    const result = check(hex(SIGNED_REQUEST));
    if (result.kind !== "good") throw new Error(errorOf(result));
    for (const text of SIGNED_STREAM) {
      const { out, length } = unsigned(hex(text));
      const size = result.signer.sign(out, length, NOW);
      expect(Buffer.from(out.subarray(0, size)).toString("hex")).toBe(text);
    }
  });
});

describe("a signed request", () => {
  test.each(ALGORITHMS)("with %s is good, and so is the answer to it", (algorithm) => {
    const key = keyOf(algorithm);
    const message = signed(key);
    const result = check(message, { keys: new TsigKeys([key]) });
    expect(result.kind).toBe("good");
    const answer = answerTo(result);
    expect(checkResponse(answer, answer.length, key, recordOf(message).mac, NOW)).toBe(true);
    expect(checkResponse(answer, answer.length, key, new Uint8Array(32), NOW)).toBe(false);
    expect(checkResponse(answer, answer.length, keyOf(algorithm, Uint8Array.of(1)), recordOf(message).mac, NOW)).toBe(
      false,
    );
  });

  test("is good although somebody on its way gave it another id", () => {
    const message = signed();
    message[0] ^= 0xff;
    expect(check(message).kind).toBe("good");
  });

  test("is good although its key's name is compressed and in capitals", () => {
    const message = signed({ ...KEY, name: "key.mesos" });
    const at = tsigAt(message);
    const behind = message.subarray(at + "key.mesos".length + 2);
    const query = Uint8Array.from([...message.subarray(0, at), 3, 0x4b, 0x45, 0x59, 0xc0, 16, ...behind]);
    expect(check(query, { keys: new TsigKeys([{ ...KEY, name: "key.mesos" }]) }).kind).toBe("good");
  });

  test("whose key is unknown, or has another algorithm, gets BADKEY, unsigned, with names and time of the request", () => {
    for (const key of [{ ...KEY, name: "other.example" }, keyOf("hmac-sha512")]) {
      const result = check(signed(key, NOW - 5));
      expect(result).toMatchObject({ kind: "refused", error: "BADKEY", rcode: 9 });
      const { keyName, algorithm } = recordOf(signed(key));
      const expected = { keyName, algorithm, timeSigned: NOW - 5, error: 17, mac: new Uint8Array(0) };
      expect(recordOf(answerTo(result))).toMatchObject(expected);
    }
  });

  test("with a wrong MAC gets BADSIG, unsigned", () => {
    const result = check(signed(keyOf("hmac-sha256", Uint8Array.of(9))));
    expect(result).toMatchObject({ kind: "refused", error: "BADSIG", rcode: 9 });
    expect(recordOf(answerTo(result))).toMatchObject({ error: 16, mac: new Uint8Array(0), other: new Uint8Array(0) });
  });

  test("of another time gets BADTIME, signed, with its own time and that of this server", () => {
    for (const time of [NOW - 301, NOW + 301]) {
      const message = signed(KEY, time);
      const result = check(message);
      expect(result).toMatchObject({ kind: "refused", error: "BADTIME", rcode: 9 });
      const answer = answerTo(result);
      const other = hex("00006553f100");
      expect(recordOf(answer)).toMatchObject({ error: 18, timeSigned: time, fudge: 300, other });
      expect(checkResponse(answer, answer.length, KEY, recordOf(message).mac, time)).toBe(true);
    }
    for (const time of [NOW - 300, NOW + 300]) expect(check(signed(KEY, time)).kind).toBe("good");
  });

  test("of a time beyond 32 bits is read and answered with all of its bits", () => {
    const far = 2 ** 40 + 7;
    expect(check(signed(KEY, far), { now: far }).kind).toBe("good");
    expect(recordOf(answerTo(check(signed(KEY, far)), far)).other).toEqual(hex("010000000007"));
  });

  test("with a part of its MAC gets BADTRUNC, signed, but only after the MAC and the time", () => {
    const message = signed();
    const { mac } = recordOf(message);
    const truncated = withRecord(message, { mac: mac.subarray(0, 16) });
    const result = check(truncated);
    expect(result).toMatchObject({ kind: "refused", error: "BADTRUNC", rcode: 9 });
    const answer = answerTo(result);
    expect(recordOf(answer).error).toBe(22);
    expect(checkResponse(answer, answer.length, KEY, mac.subarray(0, 16), NOW)).toBe(true);
    expect(errorOf(check(truncated, { now: NOW + 301 }))).toBe("BADTIME");
    expect(errorOf(check(withRecord(message, { mac: new Uint8Array(16) })))).toBe("BADSIG");
  });

  test.each([
    ["hmac-sha1", 9, 10],
    ["hmac-sha224", 13, 14],
    ["hmac-sha256", 15, 16],
    ["hmac-sha512", 31, 32],
  ] as const)("with %s is malformed with a MAC of %i octets, and not with one of %i", (algorithm, less, least) => {
    const keys = new TsigKeys([keyOf(algorithm)]);
    const message = signed(keyOf(algorithm));
    const { mac } = recordOf(message);
    expect(check(withRecord(message, { mac: mac.subarray(0, less) }), { keys }).kind).toBe("malformed");
    expect(errorOf(check(withRecord(message, { mac: mac.subarray(0, least) }), { keys }))).toBe("BADTRUNC");
    const longer = withRecord(message, { mac: Uint8Array.from([...mac, 0]) });
    expect(check(longer, { keys }).kind).toBe("malformed");
  });

  test("is malformed where the record's class is not ANY, its TTL not 0, or its parts do not fill it", () => {
    const message = signed();
    const fixedAt = tsigAt(message) + "key.example".length + 2;
    for (const [at, octet] of [
      [fixedAt + 3, 1],
      [fixedAt + 7, 1],
      [message.length - 1, 1],
      [fixedAt + 10 + 13 + 8 + 1, 33],
    ] as const) {
      const changed = Uint8Array.from(message);
      changed[at] = octet;
      expect(checkTsig(changed, changed.length, tsigAt(message), KEYS, NOW).kind).toBe("malformed");
    }
  });

  test("is never good once octets of it have changed, but for its id and the letter case of names that have none", () => {
    const message = signed();
    const at = tsigAt(message);
    const nameOctets = [...Array(13).keys()].flatMap((i) => [at + i, at + 13 + 10 + i]);
    const isCaseOnly = (octets: Uint8Array) =>
      octets.every((octet, i) => {
        const isLetter = /[a-z]/i.test(String.fromCharCode(octet));
        return octet === message[i] || i < 2 || (nameOctets.includes(i) && isLetter && (octet ^ message[i]) === 0x20);
      });
    const isGood = (octets: Uint8Array) => tsigAt(octets) >= 0 && check(octets).kind === "good";
    const change = fc.tuple(fc.integer({ min: 0, max: message.length - 1 }), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = Uint8Array.from(message);
        for (const [index, octet] of changes) changed[index] = octet;
        expect(isGood(changed)).toBe(isCaseOnly(changed));
      }),
      { numRuns: 20_000 },
    );
    for (let bit = 16; bit < message.length * 8; bit++) {
      const changed = Uint8Array.from(message);
      changed[bit >>> 3] ^= 1 << (bit & 7);
      expect(isGood(changed)).toBe(isCaseOnly(changed));
    }
  });
});

describe("a response", () => {
  const request = signed();
  const { mac } = recordOf(request);
  const answer = answerTo(check(request));

  test("counts only with a signature, in time, of the same key", () => {
    expect(checkResponse(answer, answer.length, KEY, mac, NOW)).toBe(true);
    expect(checkResponse(answer, answer.length, KEY, mac, NOW + 301)).toBe(false);
    expect(checkResponse(answer, answer.length, { ...KEY, name: "other.example" }, mac, NOW)).toBe(false);
    const { out, length } = unsigned(answer);
    expect(checkResponse(out, length, KEY, mac, NOW)).toBe(false);
    const shorter = withRecord(answer, { mac: recordOf(answer).mac.subarray(0, 16) });
    expect(checkResponse(shorter, shorter.length, KEY, mac, NOW)).toBe(false);
  });

  test("that is cut anywhere, or is no message at all, does not count and does no harm", () => {
    for (let length = 0; length < answer.length; length++)
      expect(checkResponse(answer.slice(0, length), length, KEY, mac, NOW)).toBe(false);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        expect(checkResponse(octets, octets.length, KEY, mac, NOW)).toBe(false);
      }),
    );
  });
});

describe("the keys", () => {
  test("are found by their names", () => {
    expect(KEYS.size).toBe(1);
    expect(KEYS.get("key.example")).toBe(KEY);
    expect(KEYS.get("other.example")).toBeUndefined();
  });
});

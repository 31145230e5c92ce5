import { describe, expect, test } from "vitest";
import { AnswerCache, type CachedReply } from "../../../src/forward/cache.js";
import { RCODE } from "../../../src/wire/protocol.js";
import { readReply } from "../../../src/wire/reply.js";
import { decode, encodeQuery } from "../../support/dns.js";
import { ANY_TTL } from "../../support/service.js";
import { a, say } from "./support.js";

const KEY_TAIL = "\0\0\x01\0\x01\0\0\0";

/** A key like those of the forwarder, for a name of one label. */
function key(name: string): string {
  return `${String.fromCharCode(name.length)}${name}${KEY_TAIL}`;
}

function cached(addresses = 1): CachedReply {
  const query = decode(encodeQuery("x"));
  const answers = Array.from({ length: addresses }, (_, i) => a("x", `192.0.2.${i % 250}`));
  const reply = readReply(say(query, { answers }), say(query).length, 1, ANY_TTL);
  if (!reply) throw new Error("the test's own reply is malformed");
  return { reply, storedAt: 0, expiresAt: 1, hits: 0, retryAt: 0, recoveriesAtFailure: 0 };
}

describe("the answer cache", () => {
  test("never has more bytes than allowed, and counts evictions", () => {
    const cache = new AnswerCache(50_000);
    let set = 0;
    for (let i = 0; i < 500; i++) {
      cache.set(key(`n${i}`), cached(1 + (i % 20)));
      set++;
      if (i % 3 === 0) cache.get(key(`n${i}`));
      expect(cache.bytes).toBeLessThanOrEqual(50_000);
    }
    expect(cache.entries).toBeGreaterThan(20);
    expect(cache.evictions).toBe(set - cache.entries);
  });

  test("keeps an answer that was used, and the latest of those that were not", () => {
    const cache = new AnswerCache(20_000);
    cache.set(key("twice"), cached());
    cache.get(key("twice"));
    for (let i = 0; i < 100; i++) cache.set(key(`once${i}`), cached());
    expect(cache.get(key("twice"))).toBeDefined();
    expect(cache.get(key("once0"))).toBeUndefined();
    expect(cache.get(key("once99"))).toBeDefined();
  });

  test("evicts first the answers whose last use is longest ago", () => {
    const cache = new AnswerCache(20_000);
    for (let i = 0; i < 100; i++) {
      cache.set(key(`n${i}`), cached());
      cache.get(key(`n${i}`));
    }
    const left = Array.from({ length: 100 }, (_, i) => i).filter((i) => cache.get(key(`n${i}`)));
    expect(left.at(-1)).toBe(99);
    expect(left).toEqual(Array.from({ length: left.length }, (_, i) => 100 - left.length + i));
    expect(cache.evictions).toBe(100 - left.length);
  });

  test("counts its answers by kind, whatever becomes of them", () => {
    const cache = new AnswerCache(50_000);
    const positive = cached();
    const alias = { octets: new Uint8Array(), words: new Uint32Array(), outsideOf: undefined };
    const link = { word: 0, length: 1, at: 0, records: 0 };
    const kinds: readonly [string, Partial<CachedReply["reply"]>][] = [
      ["nxdomain", { rcode: RCODE.NXDOMAIN, answers: 0 }],
      ["alias-nxdomain", { rcode: RCODE.NXDOMAIN, answers: 1, chain: { ...alias, links: [link] } }],
      ["nodata", { answers: 0 }],
      ["alias-nodata", { answers: 1, chain: { ...alias, links: [link] } }],
      ["alias", { answers: 2, chain: { ...alias, links: [link] } }],
    ];
    cache.set(key("positive"), positive);
    for (const [name, reply] of kinds) cache.set(key(name), { ...positive, reply: { ...positive.reply, ...reply } });
    expect(cache.kinds).toEqual({ positive: 2, nodata: 2, nxdomain: 2 });
    cache.get(key("nodata"));
    cache.set(key("nodata"), cached());
    cache.delete(key("nxdomain"));
    expect(cache.kinds).toEqual({ positive: 3, nodata: 1, nxdomain: 1 });
    for (let i = 0; i < 500; i++) cache.set(key(`n${i}`), cached());
    expect(cache.kinds.positive).toBe(cache.entries);
    cache.flush(undefined);
    expect(cache.kinds).toEqual({ positive: 0, nodata: 0, nxdomain: 0 });
  });

  test("replaces an answer in the segment that it is in", () => {
    const cache = new AnswerCache(50_000);
    const second = cached(2);
    cache.set(key("www"), cached());
    cache.get(key("www"));
    cache.set(key("www"), second);
    expect(cache.get(key("www"))).toBe(second);
    expect(cache.entries).toBe(1);
  });

  test("does not store an answer that is larger than a segment", () => {
    const cache = new AnswerCache(4_000);
    cache.set(key("huge"), cached(200));
    expect([cache.entries, cache.bytes, cache.get(key("huge"))]).toEqual([0, 0, undefined]);
  });

  test("flushes the answers for one name, and none for longer names that begin with it", () => {
    const cache = new AnswerCache(50_000);
    for (const name of ["www", "www2", "w"]) cache.set(key(name), cached());
    cache.get(key("www"));
    expect(cache.flush("\x03www\0")).toBe(1);
    expect(cache.flush("\x03www\0")).toBe(0);
    expect(cache.flush("\0")).toBe(0);
    expect(cache.flush(undefined)).toBe(2);
    expect([cache.entries, cache.bytes, cache.evictions]).toEqual([0, 0, 0]);
  });

  test("flushes the answers for the root", () => {
    const cache = new AnswerCache(50_000);
    cache.set(KEY_TAIL, cached());
    cache.set(key("www"), cached());
    expect(cache.flush("\0")).toBe(1);
    expect(cache.entries).toBe(1);
  });
});

import { describe, expect, test } from "vitest";
import type { Channel } from "../../../src/answer/request.js";
import { type Address, octetsOf, parseAddress } from "../../../src/base/addresses.js";
import { NetworkList } from "../../../src/base/network-list.js";
import type { Forwarder } from "../../../src/forward/contract.js";
import { streamChannel, UDP } from "../../../src/serving/channels.js";
import { QueryStats } from "../../../src/serving/query-stats.js";
import { ALLOW, createBuckets, RateLimiter, RESPONSE_KIND, SLIP, WITHHOLD } from "../../../src/serving/rate-limiter.js";
import { DnsService } from "../../../src/serving/service.js";
import { TransferClient } from "../../../src/serving/transfer-client.js";
import { Cookies } from "../../../src/wire/cookies.js";
import { encodeQuery } from "../../support/dns.js";
import { NO_LIMIT, ScriptedForwarder, silentLog, upstreamReply } from "../../support/service.js";
import { answererOf, requestOf } from "../../support/zone.js";

const octets = (text: string) => octetsOf(parseAddress(text) as Address);

describe("a list of networks", () => {
  const list = new NetworkList(["10.0.0.0/8", "192.0.2.64/26", "2001:db8::/33", "203.0.113.7/32"]);

  test.each([
    ["10.255.0.1", true],
    ["11.0.0.1", false],
    ["192.0.2.127", true],
    ["192.0.2.128", false],
    ["203.0.113.7", true],
    ["203.0.113.6", false],
    ["2001:db8:7fff::1", true],
    ["2001:db8:8000::1", false],
    ["::ffff:10.0.0.1", true],
    ["::1", false],
  ])("includes %s: %s", (address, inside) => expect(list.includes(octets(address))).toBe(inside));

  test("with a prefix length of 0 includes all addresses of that family", () => {
    expect(new NetworkList(["0.0.0.0/0"]).includes(octets("192.0.2.1"))).toBe(true);
    expect(new NetworkList(["0.0.0.0/0"]).includes(octets("2001:db8::1"))).toBe(false);
  });
});

/** A clock that shows this time, in seconds. */
const at = (seconds: number) => Float64Array.of(seconds * 1000);

describe("rate limiting", () => {
  const limit = { ...NO_LIMIT, answersPerSecond: 10, negativesPerSecond: 5, slip: 2 };
  const { ANSWER, NEGATIVE, ERROR } = RESPONSE_KIND;

  test("sends as many responses as the rate, then truncates every second one and withholds the others", () => {
    const limiter = new RateLimiter(limit, createBuckets(1));
    const decisions = Array.from({ length: 16 }, () => limiter.decide(octets("192.0.2.1"), ANSWER, at(100)));
    expect(decisions.slice(0, 10).every((ruling) => ruling === ALLOW)).toBe(true);
    expect(decisions.slice(10)).toEqual([WITHHOLD, SLIP, WITHHOLD, SLIP, WITHHOLD, SLIP]);
  });

  test("does not limit a client's first responses, even if the clock has just started", () => {
    const limiter = new RateLimiter(limit, createBuckets(1));
    expect(limiter.decide(octets("192.0.2.1"), ANSWER, at(0))).toBe(ALLOW);
    expect(limiter.decide(octets("198.51.100.1"), ANSWER, at(0.2))).toBe(ALLOW);
  });

  test("allows more responses as time passes", () => {
    const limiter = new RateLimiter(limit, createBuckets(1));
    for (let i = 0; i < 30; i++) limiter.decide(octets("192.0.2.1"), ANSWER, at(100));
    const allowed = (now: number) => {
      let count = 0;
      while (limiter.decide(octets("192.0.2.1"), ANSWER, at(now)) === ALLOW) count++;
      return count;
    };
    expect(allowed(100.5)).toBe(5);
    expect(allowed(200)).toBe(10);
  });

  test("counts a network as one, and other networks and other kinds of response separately", () => {
    const limiter = new RateLimiter(limit, createBuckets(1));
    for (let i = 0; i < 10; i++) limiter.decide(octets(`192.0.2.${i}`), ANSWER, at(100));
    expect(limiter.decide(octets("192.0.2.200"), ANSWER, at(100))).not.toBe(ALLOW);
    expect(limiter.decide(octets("192.0.3.1"), ANSWER, at(100))).toBe(ALLOW);
    expect(limiter.decide(octets("192.0.2.1"), NEGATIVE, at(100))).toBe(ALLOW);
    expect(limiter.decide(octets("192.0.2.1"), ERROR, at(100))).toBe(ALLOW);
    for (let i = 0; i < 10; i++) limiter.decide(octets(`2001:db8::${i}`), ANSWER, at(100));
    expect(limiter.decide(octets("2001:db8:0:ff::1"), ANSWER, at(100))).not.toBe(ALLOW);
    expect(limiter.decide(octets("2001:db8:0:100::1"), ANSWER, at(100))).toBe(ALLOW);
  });

  test("keeps a network's bucket while it is in use, however many other networks there are", () => {
    const limiter = new RateLimiter(limit, createBuckets(1));
    for (let i = 0; i < 10; i++) limiter.decide(octets("192.0.2.1"), ANSWER, at(100));
    const network = new Uint8Array(4);
    for (let i = 0; i < 200_000; i++) {
      network.set([11 + (i >> 16), i >> 8, i, 1]);
      limiter.decide(network, ANSWER, at(100));
    }
    expect(limiter.decide(octets("192.0.2.1"), ANSWER, at(100))).not.toBe(ALLOW);
    // After it was unused for long enough, another network may take it over.
    for (let i = 0; i < 10; i++) expect(limiter.decide(octets("192.0.2.1"), ANSWER, at(102))).toBe(ALLOW);
  });

  test("truncates all with slip 1, withholds all with slip 0, and limits nothing with rate 0", () => {
    const over = (slip: number) => {
      const limiter = new RateLimiter({ ...limit, slip }, createBuckets(1));
      return Array.from({ length: 14 }, () => limiter.decide(octets("192.0.2.1"), ANSWER, at(100))).slice(10);
    };
    expect(over(1)).toEqual([SLIP, SLIP, SLIP, SLIP]);
    expect(over(0)).toEqual([WITHHOLD, WITHHOLD, WITHHOLD, WITHHOLD]);
    const off = new RateLimiter(NO_LIMIT, createBuckets(1));
    expect(
      Array.from({ length: 1000 }, () => off.decide(octets("192.0.2.1"), ANSWER, at(100))).every((r) => r === ALLOW),
    ).toBe(true);
  });
});

describe("a service with a rate limit", () => {
  function serve(times: number, query: Buffer, cookies?: Cookies) {
    const stats = new QueryStats();
    const limiter = new RateLimiter({ ...NO_LIMIT, answersPerSecond: 3, slip: 2 }, createBuckets(1));
    const answerer = answererOf(["web.mesos A 192.0.2.1"], { cookies });
    const service = new DnsService({
      transfers: new TransferClient(),
      answerer,
      forwarder: new ScriptedForwarder(),
      limiter,
      stats,
      log: silentLog,
      clock: (into) => into.fill(5000),
    });
    const out = new Uint8Array(4096);
    const seen = Array.from({ length: times }, () => {
      const size = service.handle(requestOf(query, { out, channel: UDP }), () => () => undefined);
      return size === 0 ? "nothing" : (out[2] & 2) !== 0 ? "truncated" : "whole";
    });
    return { seen, stats, out };
  }

  test("sends complete answers, then truncated ones or none, and counts them", () => {
    const { seen, stats } = serve(7, encodeQuery("web.mesos"));
    expect(seen).toEqual(["whole", "whole", "whole", "nothing", "truncated", "nothing", "truncated"]);
    expect(stats.rateLimited).toEqual({ slipped: 2, withheld: 2 });
  });

  test.each(["at once", "later"])("limits forwarded answers, known %s, like those from its zones", async (when) => {
    const stats = new QueryStats();
    const limiter = new RateLimiter({ ...NO_LIMIT, answersPerSecond: 3, slip: 2 }, createBuckets(1));
    const query = encodeQuery("www.example.com");
    const answers = [{ name: "www.example.com", type: "A" as const, ttl: 9, data: "192.0.2.1" }];
    const forwarded = upstreamReply(query, answers);
    const forwarder: Forwarder = {
      ask: (_query, _message, _client, done) => {
        if (when === "at once") return forwarded;
        queueMicrotask(() => done(forwarded));
        return undefined;
      },
    };
    const answerer = answererOf([], { forwarding: true });
    const clock = (into: Float64Array) => into.fill(5000);
    const service = new DnsService({
      transfers: new TransferClient(),
      answerer,
      forwarder,
      limiter,
      stats,
      log: silentLog,
      clock,
    });
    const out = new Uint8Array(4096);
    const ask = async (channel: Channel) => {
      let late: Uint8Array | undefined;
      service.begin();
      const size = service.handle(requestOf(query, { out, channel }), () => (message) => {
        late = message;
      });
      await new Promise((resolve) => setImmediate(resolve));
      const octets = size > 0 ? out.subarray(0, size) : late;
      return octets === undefined ? "nothing" : ((octets[2] ?? 0) & 2) !== 0 ? "truncated" : "whole";
    };
    const seen: string[] = [];
    for (let i = 0; i < 7; i++) seen.push(await ask(UDP));
    expect(seen).toEqual(["whole", "whole", "whole", "nothing", "truncated", "nothing", "truncated"]);
    expect(stats.rateLimited).toEqual({ slipped: 2, withheld: 2 });
    expect(stats.droppedMessages(UDP.transport)).toBe(2);
    expect(service.pending).toBe(0);
    for (let i = 0; i < 7; i++) expect(await ask(streamChannel(false, 30))).toBe("whole");
  });

  test("does not limit clients with a valid cookie", () => {
    const cookies = new Cookies(new Uint8Array(16));
    const opt = [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8];
    const first = withOption(opt);
    const { out } = serve(1, first, cookies);
    const cookie = [...out.subarray(0, 4096)].slice(findCookie(out), findCookie(out) + 24);
    const { seen } = serve(20, withOption([0, 10, 0, 24, ...cookie]), cookies);
    expect(new Set(seen)).toEqual(new Set(["whole"]));
  });
});

function withOption(option: readonly number[]): Buffer {
  const query = encodeQuery("web.mesos", { edns: 1232 });
  query.writeUInt16BE(option.length, query.length - 2);
  return Buffer.concat([query, Buffer.from(option)]);
}

/** Index of the cookie in an answer without other options. */
function findCookie(message: Uint8Array): number {
  return Buffer.from(message).indexOf(Buffer.from([0, 10, 0, 24])) + 4;
}

import { describe, expect, test } from "vitest";
import { streamChannel, UDP } from "../../../src/serving/channels.js";
import { QueryStats } from "../../../src/serving/query-stats.js";
import { createBuckets, RateLimiter } from "../../../src/serving/rate-limiter.js";
import { DnsService, PENDING } from "../../../src/serving/service.js";
import { TransferClient } from "../../../src/serving/transfer-client.js";
import { decode, encodeQuery, extendedErrors, lines } from "../../support/dns.js";
import { NO_LIMIT, ScriptedForwarder, upstreamReply } from "../../support/service.js";
import { answererOf, requestOf } from "../../support/zone.js";

const out = new Uint8Array(65_535);

function serve(answerer = answererOf(["web.mesos A 192.0.2.1"], { forwarding: true })) {
  const stats = new QueryStats();
  const logged: Record<string, unknown>[] = [];
  const note = (fields: Record<string, unknown>) => void logged.push(fields);
  const log = { error: note, warn: note };
  const forwarder = new ScriptedForwarder();
  const limiter = new RateLimiter(NO_LIMIT, createBuckets(1));
  const transfers = new TransferClient();
  const parts = { answerer, forwarder, transfers, limiter, stats, log, clock: () => {} };
  return { service: new DnsService(parts), stats, logged, forwarder };
}

test("an incomplete answer over a stream is counted, and its name is logged once", () => {
  const records = Array.from({ length: 5000 }, (_, i) => `big.mesos A 10.0.${i >> 8}.${i & 255}`);
  const { service, stats, logged } = serve(answererOf([...records, "web.mesos A 192.0.2.1"]));
  for (const name of ["big.mesos", "web.mesos", "BIG.mesos"]) {
    const query = encodeQuery(name);
    service.handle(requestOf(query, { out, channel: streamChannel(false, 30) }), () => () => undefined);
    service.handle(requestOf(query, { out, channel: UDP }), () => () => undefined);
  }
  expect(stats.partialAnswers).toBe(2);
  expect(logged).toEqual([{ name: "big.mesos.", type: 1 }]);
});

test("names of incomplete answers are logged up to a limit, and all are counted", () => {
  const names = Array.from({ length: 120 }, (_, i) => `n${i}.mesos`);
  const answerer = answererOf(names.map((name) => `${name} A 192.0.2.1`));
  const { service, stats, logged } = serve(answerer);
  Object.defineProperty(answerer, "partial", { value: true });
  for (const name of names) {
    const query = encodeQuery(name);
    service.handle(requestOf(query, { out, channel: streamChannel(false, 30) }), () => () => undefined);
  }
  expect([stats.partialAnswers, logged.length]).toEqual([120, 100]);
});

describe("an exception in the answer path", () => {
  test("is logged for a limited number of kinds, and counted for all", () => {
    const answerer = answererOf(["web.mesos A 192.0.2.1"]);
    let kind = 0;
    answerer.answer = () => {
      throw new RangeError(`kind ${kind++}`);
    };
    const { service, stats, logged } = serve(answerer);
    const query = encodeQuery("web.mesos");
    for (let i = 0; i < 150; i++) service.handle(requestOf(query, { out, channel: UDP }), () => () => undefined);
    expect([stats.failures, logged.length]).toEqual([150, 100]);
  });

  function broken(message: string) {
    const answerer = answererOf(["web.mesos A 192.0.2.1"]);
    answerer.answer = () => {
      throw new RangeError(message);
    };
    return serve(answerer);
  }

  test("is answered with SERVFAIL, counted, and logged once with the query in hexadecimal", () => {
    const { service, stats, logged } = broken("a bug");
    const query = encodeQuery("web.mesos", { edns: 1232 });
    for (let i = 0; i < 3; i++) {
      const size = service.handle(requestOf(query, { out, channel: UDP }), () => () => undefined);
      expect(decode(out.subarray(0, size))).toMatchObject({ id: 0x1234, rcode: "SERVFAIL" });
    }
    expect(stats.failures).toBe(3);
    expect(logged).toMatchObject([{ query: query.toString("hex") }]);
  });

  test("that prevents even SERVFAIL drops the message", () => {
    const { service, stats } = broken("a bug");
    expect(service.handle(requestOf(Buffer.alloc(3), { out, channel: UDP }), () => () => undefined)).toBe(0);
    expect(stats.failures).toBe(1);
  });
});

describe("a forwarded query", () => {
  const query = encodeQuery("www.example.com", { edns: 1232, id: 7 });

  async function forward(
    settle: (query: Uint8Array) => Parameters<ScriptedForwarder["requests"][0]["settle"]>[0],
    channel = UDP,
  ) {
    const { service, forwarder, stats } = serve();
    const answered = new Promise<Uint8Array>((resolve) => {
      expect(service.handle(requestOf(query, { out, channel }), () => resolve)).toBe(PENDING);
    });
    const [{ query: sent, settle: give }] = forwarder.requests;
    give(settle(sent));
    return { message: decode(await answered), stats, service };
  }

  test("gets the upstream's reply, and is counted", async () => {
    const { message, service, stats } = await forward((sent) => upstreamReply(sent));
    expect(message).toMatchObject({ id: 7, rcode: "NOERROR" });
    expect(service.pending).toBe(0);
    expect(stats.querySizes(UDP.transport)).toMatchObject({ count: 1, sum: query.length });
    expect([stats.family(0), stats.withEdns, stats.withDnssecOk]).toEqual([1, 1, 0]);
  });

  test("gets SERVFAIL and an extended error if there is no reply", async () => {
    const { message } = await forward(() => ({ kind: "failed", ede: 22 }));
    expect(message).toMatchObject({ id: 7, rcode: "SERVFAIL" });
    expect(extendedErrors(message)).toEqual([22]);
  });

  test("gets TC if the answer is too large for a datagram, and a complete answer over a stream", async () => {
    const texts = Array.from({ length: 8 }, (_, i) => String(i).repeat(250));
    const records = texts.map((data) => ({ name: "www.example.com", type: "TXT" as const, ttl: 9, data }));
    const large = (sent: Uint8Array) => upstreamReply(sent, records);
    expect((await forward(large)).message).toMatchObject({ flag_tc: true, answers: [] });
    const whole = (await forward(large, streamChannel(false, 30))).message;
    expect([whole.flag_tc, whole.answers?.length]).toEqual([false, 8]);
  });

  test("does not delay answers for the cluster's names", () => {
    const { service } = serve();
    expect(service.handle(requestOf(query, { out, channel: UDP }), () => () => undefined)).toBe(PENDING);
    const local = encodeQuery("web.mesos");
    const size = service.handle(requestOf(local, { out, channel: UDP }), () => () => undefined);
    expect(lines(decode(out.subarray(0, size)).answers)).toEqual(["web.mesos 60 A 192.0.2.1"]);
  });
});

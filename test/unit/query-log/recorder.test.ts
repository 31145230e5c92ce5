import { describe, expect, test } from "vitest";
import type { QueryLogSettings } from "../../../src/config/query-log.js";
import { QueryLogCounts } from "../../../src/query-log/counts.js";
import { Drain } from "../../../src/query-log/drain.js";
import { encoderOf } from "../../../src/query-log/encoder.js";
import { Recorder } from "../../../src/query-log/recorder.js";
import { ringMemory } from "../../../src/query-log/ring.js";
import { HTTPS, UDP } from "../../../src/serving/channels.js";
import { PENDING } from "../../../src/serving/service.js";
import { encodeQuery } from "../../support/dns.js";
import { ScriptedForwarder, serviceOf, upstreamReply } from "../../support/service.js";
import { ManualTimers } from "../../support/timers.js";
import { answererOf, CLIENT, POLICY, requestOf } from "../../support/zone.js";
import { MemorySink, SETTINGS } from "./support.js";

/** When the clock of the threads was 0. */
const EPOCH = Date.UTC(2030, 0, 1);

function setUp(own: Partial<QueryLogSettings> = {}, memoryBytes = 65_536) {
  const settings = { ...SETTINGS, format: "json" as const, ...own };
  const memory = ringMemory(memoryBytes);
  const counts = new QueryLogCounts(1);
  const forwarder = new ScriptedForwarder();
  const answerer = answererOf(["web.mesos A 192.0.2.1"], { ...POLICY, forwarding: true });
  const { service } = serviceOf(answerer, forwarder);
  service.recorder = new Recorder({ settings, memory, counts: counts.memory, writers: 1, writer: 0 }, Math.random);
  const encode = encoderOf(settings, { identity: "ns1", version: "test" });
  const drain = new Drain({ rings: [memory], encode, timers: new ManualTimers(), epochMs: () => EPOCH });
  const sink = new MemorySink();
  const ask = (query: Buffer, client = CLIENT, channel = UDP) => {
    service.begin();
    const request = requestOf(query, { out: new Uint8Array(1232), client, channel });
    request.port = 4711;
    const size = service.handle(request, () => () => undefined);
    service.end();
    return size;
  };
  const lines = () => {
    drain.pump(sink);
    const text = sink.chunks.map(({ octets }) => octets.toString()).join("");
    return text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  };
  return { ask, lines, drain, sink, counts, forwarder, service };
}

describe("a line of JSON", () => {
  test("tells of a query, its client and its answer", () => {
    const { ask, lines } = setUp();
    const query = encodeQuery("WEB.mesos", { edns: 1232, id: 7 });
    const size = ask(query);
    expect(lines()).toEqual([
      {
        time: "2030-01-01T00:00:00.000Z",
        client: "192.0.2.77",
        port: 4711,
        transport: "udp",
        id: 7,
        name: "web.mesos.",
        type: "A",
        rd: true,
        edns: true,
        do: false,
        zone: "local",
        rcode: "NOERROR",
        aa: true,
        tc: false,
        answers: 1,
        querySize: query.length,
        size,
        seconds: 0.001,
      },
    ]);
  });

  test("tells of an answer of upstreams when it is there, with the time from the query on", async () => {
    const { ask, lines, forwarder } = setUp();
    expect(ask(encodeQuery("www.example.com"))).toBe(PENDING);
    expect(lines()).toEqual([]);
    const [{ query, settle }] = forwarder.requests;
    settle(upstreamReply(query));
    expect(lines()).toMatchObject([
      { name: "www.example.com.", zone: "forward", rcode: "NOERROR", seconds: 0.002, port: 4711 },
    ]);
  });

  test("escapes what is no letter, digit, hyphen or underscore in a name", () => {
    const { ask, lines } = setUp();
    const query = encodeQuery("x_.mesos");
    query[query.indexOf("_")] = 0x22;
    ask(query);
    expect(lines()).toMatchObject([{ name: "x\\034.mesos.", rcode: "NXDOMAIN" }]);
  });

  test("tells of a query without a question, and of one over HTTPS from IPv6", () => {
    const { ask, lines } = setUp();
    ask(encodeQuery("web.mesos").subarray(0, 14));
    const octets = Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    ask(encodeQuery("web.mesos"), { ...CLIENT, octets }, HTTPS);
    const [first, second] = lines();
    expect(first).toMatchObject({ rcode: "FORMERR", zone: "none" });
    expect(first).not.toHaveProperty("name");
    expect(second).toMatchObject({ client: "2001:db8::1", transport: "https" });
  });

  test("has as much of an address as is wanted", () => {
    const { ask, lines } = setUp({ ipv4PrefixLength: 20, ipv6PrefixLength: 32 });
    ask(encodeQuery("web.mesos"), { ...CLIENT, octets: Uint8Array.of(192, 0, 255, 77) });
    const octets = Uint8Array.from([0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    ask(encodeQuery("web.mesos"), { ...CLIENT, octets });
    expect(lines().map(({ client }) => client)).toEqual(["192.0.240.0", "2001:db8::"]);
  });
});

describe("what is recorded", () => {
  test("is what the filter wants", () => {
    const { ask, lines } = setUp({ rcodes: ["NXDOMAIN"] });
    ask(encodeQuery("web.mesos"));
    ask(encodeQuery("nobody.mesos"));
    expect(lines().map(({ name }) => name)).toEqual(["nobody.mesos."]);
  });

  test("is dropped and counted where nobody takes it away, and answers go out all the same", () => {
    const { ask, lines, counts } = setUp({}, 1_024);
    for (let i = 0; i < 20; i++) expect(ask(encodeQuery(`n${i}.mesos`))).toBeGreaterThan(0);
    const { length } = lines();
    expect(length).toBeGreaterThan(3);
    expect(counts.report.overflows).toBe(20 - length);
    ask(encodeQuery("web.mesos"));
    expect(lines().at(-1)).toMatchObject({ name: "web.mesos." });
  });

  test("stays where it is while the sink is busy", () => {
    const { ask, drain, sink } = setUp();
    sink.isReady = false;
    ask(encodeQuery("web.mesos"));
    drain.pump(sink);
    drain.pump(sink);
    expect([sink.records, drain.isEmpty]).toEqual([0, false]);
    sink.isReady = true;
    drain.pump(sink);
    expect([sink.records, drain.isEmpty]).toEqual([1, true]);
  });

  test("is written in chunks, whatever its size", () => {
    const { ask, drain, sink } = setUp({ format: "dnstap", messages: "both" }, 4 * 1_048_576);
    for (let i = 0; i < 4_000; i++) ask(encodeQuery(`${"n".repeat(50)}-${i}.${"m".repeat(60)}.mesos`));
    while (!drain.isEmpty) drain.pump(sink);
    expect(sink.records).toBe(4_000);
    expect(sink.chunks.length).toBeGreaterThan(1);
  });
});

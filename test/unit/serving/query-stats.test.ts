import { beforeEach, describe, expect, test } from "vitest";
import {
  COUNTED_TYPES,
  DURATION_BUCKETS,
  FAMILIES,
  QUERY_SIZE_BUCKETS,
  QueryStats,
  RCODES,
  SIZE_BUCKETS,
  TLS_EVENTS,
  TRANSPORTS,
  TYPE_LABELS,
  ZONES,
} from "../../../src/serving/query-stats.js";
import { RCODE, TYPE } from "../../../src/wire/protocol.js";

const [UDP, TCP] = [TRANSPORTS.indexOf("udp"), TRANSPORTS.indexOf("tcp")];
const LOCAL = ZONES.indexOf("local");
const OTHER = TYPE_LABELS.indexOf("other");

let stats: QueryStats;
beforeEach(() => {
  stats = new QueryStats();
});

/** Counts an answer with the given properties, and defaults for the others. */
function answered(given: { type?: number; rcode?: number; octets?: number; seconds?: number; transport?: number }) {
  const { type = TYPE.A, rcode = RCODE.NOERROR, octets = 100, seconds = 0, transport = UDP } = given;
  stats.answered(transport, LOCAL, octets, { query: { type }, rcode, truncated: false });
  stats.took(LOCAL, seconds, 1);
}

test("another thread can read the counters in the same memory", () => {
  const reader = new QueryStats(stats.memory);
  answered({});
  expect(reader.requests(UDP, 0, LOCAL)).toBe(1);
});

test("every combination of labels has a slot of its own", () => {
  let queries = 0;
  for (const transport of TRANSPORTS.keys()) {
    for (const zone of ZONES.keys()) {
      for (const [, type] of COUNTED_TYPES)
        stats.answered(transport, zone, 0, { query: { type }, rcode: queries++ % RCODES, truncated: false });
    }
  }
  for (const transport of TRANSPORTS.keys()) {
    for (const zone of ZONES.keys()) {
      for (const type of COUNTED_TYPES.keys()) expect(stats.requests(transport, type, zone)).toBe(1);
      expect(stats.requests(transport, OTHER, zone)).toBe(0);
    }
  }
  const transports = [...TRANSPORTS.keys()];
  const responses = transports.flatMap((t) => Array.from({ length: RCODES }, (_, rcode) => stats.responses(t, rcode)));
  expect(responses.reduce((sum, count) => sum + count, 0)).toBe(queries);
});

test.each([0, 13, 41, 255 - 2, 256, 65_535])("type %i, which is not counted individually, counts as other", (type) => {
  answered({ type });
  expect(stats.requests(UDP, OTHER, LOCAL)).toBe(1);
});

test("rcodes above BADCOOKIE share the last slot", () => {
  for (const rcode of [RCODES - 1, RCODES, 4095]) answered({ rcode });
  expect(stats.responses(UDP, RCODES - 1)).toBe(3);
});

describe("in histograms,", () => {
  test("a value equal to a bound is in that bucket and in all above", () => {
    answered({ seconds: DURATION_BUCKETS[1] });
    const { buckets, count, sum } = stats.durations(LOCAL);
    expect(buckets).toEqual(DURATION_BUCKETS.map((_, i) => (i === 0 ? 0 : 1)));
    expect([count, sum]).toEqual([1, DURATION_BUCKETS[1]]);
  });

  test("a value above all bounds is in the count, but in no bucket", () => {
    answered({ octets: SIZE_BUCKETS[SIZE_BUCKETS.length - 1] + 1, transport: TCP });
    const { buckets, count, sum } = stats.sizes(TCP);
    expect([buckets.at(-1), count, sum]).toEqual([0, 1, 65_536]);
    expect(stats.sizes(UDP).count).toBe(0);
  });
});

test("drops, failures, limits and connections are counted separately", () => {
  stats.dropped(TCP);
  stats.failed();
  stats.limited(true);
  stats.limited(false);
  for (const event of ["opened", "opened", "closed", "refused"] as const) stats.connection(event);
  expect([stats.droppedMessages(UDP), stats.droppedMessages(TCP), stats.failures]).toEqual([0, 1, 1]);
  expect(stats.connections).toEqual({ opened: 2, closed: 1, refused: 1 });
  expect(stats.durations(LOCAL).count).toBe(0);
});

describe("queries that are answered", () => {
  const asked = (octets: number, address: number, opt: { present: boolean; dnssecOk: boolean }, transport = UDP) =>
    stats.asked({ length: octets, client: { octets: new Uint8Array(address) }, channel: { transport } }, opt);

  test("are counted by the family of the client's address, and by what they say of EDNS", () => {
    asked(40, 4, { present: false, dnssecOk: false });
    asked(40, 4, { present: true, dnssecOk: false });
    asked(40, 16, { present: true, dnssecOk: true });
    expect(FAMILIES.map((_, family) => stats.family(family))).toEqual([2, 1]);
    expect([stats.withEdns, stats.withDnssecOk]).toEqual([2, 1]);
  });

  test("are counted by size and transport", () => {
    asked(32, 4, { present: false, dnssecOk: false });
    asked(33, 4, { present: false, dnssecOk: false });
    asked(600, 4, { present: false, dnssecOk: false }, TCP);
    expect(stats.querySizes(UDP)).toMatchObject({ count: 2, sum: 65 });
    expect(stats.querySizes(UDP).buckets.slice(0, 2)).toEqual([1, 2]);
    expect(stats.querySizes(TCP).buckets).toEqual(QUERY_SIZE_BUCKETS.map((bound) => Number(bound >= 600)));
  });
});

test("TLS handshakes and the ends of connections are counted by transport", () => {
  const [tls, https] = [TRANSPORTS.indexOf("tls"), TRANSPORTS.indexOf("https")];
  for (const event of TLS_EVENTS) stats.tls(https, event);
  stats.tls(tls, "failed");
  expect(TLS_EVENTS.map((event) => stats.tlsEvents(https, event))).toEqual([1, 1, 1]);
  expect(TLS_EVENTS.map((event) => stats.tlsEvents(tls, event))).toEqual([0, 1, 0]);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkResponse, signRequest } from "../../../src/wire/tsig.js";
import { decode, encodeIxfr, encodeQuery } from "../../support/dns.js";
import { TestTransfers, TRANSFER_KEY } from "../../support/transfer-server.js";
import { ChangingZone, messagesIn, recordsIn } from "../../support/transfers.js";
import { APEX, NOW, snapshotOfZones } from "../../support/zone.js";

const AXFR = encodeQuery("mesos", { type: "AXFR", edns: 1232 });

const ixfr = (serial: number) => encodeIxfr("mesos", serial);

/** What a client has that gets these messages: those of AXFR, or of IXFR, which it applies to the records that it had. */
function applied(stream: Uint8Array, before: ReadonlySet<string>): Set<string> {
  const lines = recordsIn(messagesIn(stream));
  const isSoa = (line: string) => / SOA /.test(line);
  const [soa, second] = lines;
  expect(lines.at(-1)).toBe(soa);
  if (!isSoa(second ?? "")) return new Set(lines);
  const zone = new Set(before);
  let isDeleting = false;
  for (const line of lines.slice(1, -1)) {
    if (isSoa(line)) isDeleting = !isDeleting;
    if (isDeleting) expect(zone.delete(line)).toBe(true);
    else {
      expect(zone.has(line)).toBe(false);
      zone.add(line);
    }
  }
  return zone;
}

const line = fc.oneof(
  fc.tuple(fc.nat(9), fc.nat(3)).map(([name, last]) => `n${name}.mesos A 192.0.2.${last}`),
  fc.tuple(fc.nat(9), fc.nat(9), fc.nat(3)).map(([from, to, port]) => `_n${from}._tcp.mesos SRV n${to}.mesos ${port}`),
);
/** Versions of a zone, each with its serial's distance from the one before, and whether a client gets it. */
const versions = fc.array(
  fc.record({
    lines: fc.uniqueArray(line, { maxLength: 30 }),
    later: fc.integer({ min: 1, max: 2 ** 30 }),
    isSeen: fc.boolean(),
  }),
  { minLength: 2, maxLength: 12 },
);

test("whatever version a client has, it has the zone after an IXFR: also where serials wrap around", () => {
  fc.assert(
    fc.property(versions, fc.nat(2 ** 32 - 1), (list, start) => {
      const transfers = new TestTransfers();
      const changing = new ChangingZone();
      const known = new Map<number, Set<string>>();
      let serial = start;
      for (const { lines, later, isSeen } of list) {
        serial = (serial + later) >>> 0;
        transfers.history.use(changing.next(lines, serial));
        const whole = applied(transfers.ask(AXFR).octets, new Set());
        // The client of AXFR is not the one that asks for differences.
        const client = Uint8Array.of(192, 0, 2, 1);
        for (const [has, before] of known) {
          const { octets } = transfers.ask(ixfr(has), { client });
          const records = recordsIn(messagesIn(octets));
          // Across half of all serials, the client's counts as the newer one (RFC 1982).
          if (records.length === 1) expect(((serial - has) | 0) <= 0).toBe(true);
          else expect(applied(octets, before)).toEqual(whole);
        }
        if (!isSeen) continue;
        transfers.ask(AXFR, { client });
        known.set(serial, whole);
      }
      expect([transfers.turns.running, transfers.timers.pending]).toEqual([0, 0]);
      expect(transfers.onReading.mock.lastCall?.[1]).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

describe("an error", () => {
  test("for a query without the client's SOA repeats the question, with EDNS", () => {
    const { octets } = new TestTransfers().ask(encodeQuery("mesos", { type: "IXFR", edns: 1232 }), { isStream: false });
    const { rcode, questions, additionals } = decode(octets);
    expect([rcode, questions?.[0]?.name, additionals?.[0]?.type]).toEqual(["FORMERR", "mesos", "OPT"]);
  });

  test("is answered ten times a second over streams; then the connection is closed", () => {
    const transfers = new TestTransfers();
    transfers.allow(false);
    const ask = () => transfers.ask(AXFR).isBroken;
    const answers = Array.from({ length: 12 }, ask);
    expect(answers).toEqual([...new Array(10).fill(false), true, true]);
    // Others are not concerned, nor are datagrams, which have limits of their own.
    expect(transfers.ask(AXFR, { client: Uint8Array.of(192, 0, 2, 78) }).isBroken).toBe(false);
    expect(transfers.ask(AXFR, { isStream: false }).isBroken).toBe(false);
    transfers.timers.pass(1_000);
    expect(ask()).toBe(false);
  });
});

describe("a client gets", () => {
  const client = { client: Uint8Array.of(192, 0, 2, 1) };

  test("the difference when only the SOA has changed: its old and its new fields", () => {
    const transfers = new TestTransfers();
    const changing = new ChangingZone();
    const lines = ["a.mesos A 192.0.2.1"];
    transfers.history.use(changing.next(lines, 1));
    transfers.ask(AXFR, client);
    transfers.history.use(changing.next(lines, 2, { soa: { ...APEX.soa, retry: 10 } }));
    const records = recordsIn(messagesIn(transfers.ask(ixfr(1), client).octets));
    const soas = records.map((record) =>
      record
        .match(/"serial":(\d+).*"retry":(\d+)/)
        ?.slice(1)
        .map(Number),
    );
    const [old, young] = [
      [1, APEX.soa.retry],
      [2, 10],
    ];
    expect(soas).toEqual([young, old, young, young]);
  });

  test("the whole zone when the TTL has changed, which is in all records", () => {
    const transfers = new TestTransfers();
    const changing = new ChangingZone();
    transfers.history.use(changing.next(["a.mesos A 192.0.2.1"], 1));
    transfers.ask(AXFR, client);
    transfers.history.use(changing.next(["a.mesos A 192.0.2.1"], 2, { ttl: 30 }));
    const records = recordsIn(messagesIn(transfers.ask(ixfr(1), client).octets));
    expect(records.map((record) => record.split(" ").slice(0, 3).join(" "))).toEqual([
      "mesos 30 SOA",
      ...["mesos 30 NS", "a.mesos 30 A"].sort(
        (a, b) => records.findIndex((r) => r.startsWith(a)) - records.findIndex((r) => r.startsWith(b)),
      ),
      "mesos 30 SOA",
    ]);
  });
});

test("the records of a zone that is added while the server runs are counted", () => {
  const { history } = new TestTransfers();
  const changing = new ChangingZone();
  history.use(changing.next(["a.mesos A 192.0.2.1", "b.mesos A 192.0.2.1"], 1));
  expect(history.records("mesos")).toBe(3);
  const other = { ...APEX, zone: "other" };
  history.use(
    snapshotOfZones([
      [{ ...APEX, soa: { ...APEX.soa, serial: 1 } }, ["a.mesos A 192.0.2.1", "b.mesos A 192.0.2.1"]],
      [other, ["c.other A 192.0.2.1"]],
    ]).whole,
  );
  expect([history.records("mesos"), history.records("other")]).toEqual([3, 2]);
});

describe("of more transfers than may run at a time,", () => {
  /** A client with one transfer under way, and a query that waits; it has not taken anything of either. */
  function waiting() {
    const transfers = new TestTransfers();
    transfers.turns.configure({ maxTransfers: 8, maxTransfersPerClient: 1 });
    transfers.history.use(new ChangingZone().next(["a.mesos A 192.0.2.1"], 1));
    return { transfers, running: transfers.open(AXFR), second: transfers.open(AXFR) };
  }

  test("one whose client closes its side while it waits is broken off, and one that is under way goes on", () => {
    const { running, second, transfers } = waiting();
    second.open?.ended();
    running.open?.ended();
    expect([running.isBroken(), second.isBroken(), transfers.turns.running]).toEqual([false, true, 1]);
    running.open?.done();
    expect([transfers.turns.running, transfers.timers.pending]).toEqual([0, 0]);
  });

  test("one whose client leaves keeps neither its turn nor a version of the zone", () => {
    const { running, second, transfers } = waiting();
    second.open?.cancel();
    running.open?.cancel();
    expect([transfers.turns.running, transfers.timers.pending]).toEqual([0, 0]);
    expect(transfers.onReading.mock.lastCall?.[1]).toEqual([]);
  });

  test("one that takes too long is broken off, and its version of the zone is released", () => {
    const { running, transfers } = waiting();
    transfers.timers.pass(300_000);
    expect(running.isBroken()).toBe(true);
    expect(transfers.onReading.mock.lastCall?.[1]).toEqual([]);
  });
});

test("over UDP, the SOA in place of a difference that does not fit has a signature of its own", () => {
  const transfers = new TestTransfers();
  const changing = new ChangingZone();
  const sign = (query: Uint8Array) => {
    const memory = new Uint8Array(600);
    memory.set(query);
    const { length, mac } = signRequest(memory, query.length, TRANSFER_KEY, NOW);
    return { query: memory.slice(0, length), mac };
  };
  transfers.history.use(changing.next(["a.mesos A 192.0.2.1"], 1));
  transfers.ask(sign(AXFR).query);
  const many = Array.from({ length: 60 }, (_, i) => `name-${i}.mesos A 192.0.2.1`);
  transfers.history.use(changing.next(many, 2));
  const { query, mac } = sign(ixfr(1));
  const { octets } = transfers.ask(query, { isStream: false });
  expect(decode(octets).answers?.map(({ type }) => type)).toEqual(["SOA"]);
  expect(checkResponse(octets, octets.length, TRANSFER_KEY, mac, NOW)).toBe(true);
});

import { describe, expect, test } from "vitest";
import { type ClientFacts, decide, type ZoneFacts } from "../../../src/transfer/decision.js";
import { differenceOf, type Step } from "../../../src/transfer/journal.js";
import type { TransferQuestion } from "../../../src/transfer/request.js";
import { RCODE, TYPE } from "../../../src/wire/protocol.js";

const STEP: Step = { ...differenceOf(["a"], ["b"]), from: 10, to: 11, soa: Uint8Array.of(10) };
const ZONE: ZoneFacts = {
  serial: 11,
  mname: "ns1.mesos",
  isReady: true,
  records: 1_000,
  since: (serial) => (serial === 10 ? [STEP] : undefined),
};
const CLIENT: ClientFacts = { isAllowed: true, isStream: true, hasVersion: (serial) => serial === 10 };
const DATAGRAM = { ...CLIENT, isStream: false };
const AXFR = question(TYPE.AXFR);

function question(type: TransferQuestion["type"], serial = 0, mname = ""): TransferQuestion {
  const version = type === TYPE.IXFR ? { serial, mname } : undefined;
  return { type, zone: "mesos", questionEnd: 23, tsigAt: -1, edns: true, payload: 1232, version };
}

function ixfr(serial: number, mname = ""): TransferQuestion {
  return question(TYPE.IXFR, serial, mname);
}

describe("a query for AXFR", () => {
  test("gets the whole zone", () => {
    expect(decide(AXFR, ZONE, CLIENT)).toEqual({ kind: "axfr", fallback: undefined });
  });

  test("over UDP is FORMERR, whoever sends it", () => {
    expect(decide(AXFR, ZONE, DATAGRAM)).toMatchObject({ rcode: RCODE.FORMERR });
    expect(decide(AXFR, ZONE, { ...DATAGRAM, isAllowed: false })).toMatchObject({ rcode: RCODE.FORMERR });
  });
});

describe("a client that is not allowed is refused", () => {
  test.each([
    ["AXFR", AXFR, CLIENT],
    ["IXFR", ixfr(10), CLIENT],
    ["IXFR over UDP", ixfr(10), DATAGRAM],
  ])("%s", (_name, asked, client) => {
    expect(decide(asked, ZONE, { ...client, isAllowed: false })).toMatchObject({ rcode: RCODE.REFUSED });
  });
});

test("a name that is not the apex of a zone is NOTAUTH", () => {
  expect(decide(AXFR, undefined, CLIENT)).toMatchObject({ rcode: RCODE.NOTAUTH });
});

test("a zone whose cluster is not known yet is SERVFAIL, so that a secondary keeps what it has", () => {
  expect(decide(AXFR, { ...ZONE, isReady: false }, CLIENT)).toMatchObject({ rcode: RCODE.SERVFAIL });
  expect(decide(ixfr(10), { ...ZONE, isReady: false }, CLIENT)).toMatchObject({ rcode: RCODE.SERVFAIL });
});

describe("a query for IXFR", () => {
  test("gets the difference from the version that the client has", () => {
    expect(decide(ixfr(10, "ns1.mesos"), ZONE, CLIENT)).toMatchObject({ kind: "ixfr", from: STEP.soa });
    expect(decide(ixfr(10), ZONE, DATAGRAM)).toMatchObject({ kind: "ixfr", from: STEP.soa });
  });

  test.each([11, 12, 2 ** 31 + 10])("gets the SOA alone if it has the same or a newer version: %i", (serial) => {
    expect(decide(ixfr(serial), ZONE, CLIENT)).toEqual({ kind: "soa" });
  });

  test("compares serials across the end of their range", () => {
    const wrapped = { ...ZONE, serial: 3, since: (from: number) => (from === 2 ** 32 - 2 ? [STEP] : undefined) };
    const client = { ...CLIENT, hasVersion: () => true };
    expect(decide(ixfr(2 ** 32 - 2), wrapped, client)).toMatchObject({ kind: "ixfr" });
    expect(decide(ixfr(3), wrapped, client)).toEqual({ kind: "soa" });
  });

  test("gets the whole zone if the journal does not reach its version", () => {
    expect(decide(ixfr(9), ZONE, CLIENT)).toEqual({ kind: "axfr", fallback: "journal" });
  });

  test("gets the whole zone if its version comes from another primary", () => {
    expect(decide(ixfr(10, "ns2.mesos"), ZONE, CLIENT)).toEqual({ kind: "axfr", fallback: "mname" });
  });

  test("gets the whole zone if this server has not given it that version: another primary may have used the serial", () => {
    const other = { ...CLIENT, hasVersion: () => false };
    expect(decide(ixfr(10), ZONE, other)).toEqual({ kind: "axfr", fallback: "client" });
  });

  test("gets the whole zone if the difference is larger than half of it", () => {
    const many = Array.from({ length: 300 }, (_, i) => `record ${i}`);
    const large = { ...ZONE, records: 500, since: () => [{ ...STEP, ...differenceOf([], many) }] };
    expect(decide(ixfr(10), large, CLIENT)).toEqual({ kind: "axfr", fallback: "size" });
    expect(decide(ixfr(10), { ...large, records: 5_000 }, CLIENT)).toMatchObject({ kind: "ixfr" });
    // In a small zone nearly everything may change.
    expect(decide(ixfr(10), { ...ZONE, records: 1 }, CLIENT)).toMatchObject({ kind: "ixfr" });
  });
});

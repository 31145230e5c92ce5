import { describe, expect, test } from "vitest";
import { Answerer } from "../../../src/answer/answer.js";
import type { Channel } from "../../../src/answer/request.js";
import { type Reply, readReply } from "../../../src/wire/reply.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { decode, encodeQuery, lines, type Message } from "../../support/dns.js";
import { ANY_TTL } from "../../support/service.js";
import {
  APEX,
  answererOf,
  DATAGRAM,
  POLICY,
  REVERSE_APEX,
  requestOf,
  STREAM,
  snapshotOfZones,
} from "../../support/zone.js";
import { message, record, TYPES } from "../wire/raw-message.js";

const ZONE = [
  "web.marathon.mesos A 192.0.2.1",
  "web.marathon.mesos AAAA 2001:db8::1",
  "_web._tcp.marathon.mesos SRV target.mesos 31000",
  "target.mesos A 192.0.2.7",
  ...Array.from({ length: 60 }, (_, i) => `big.mesos A 198.51.100.${i}`),
  ...Array.from({ length: 60 }, (_, i) => `_big._tcp.mesos SRV target.mesos ${31_000 + i}`),
];
const QUESTION = 12 + 13 + 4;
const SOA = "mesos 30 SOA ns1.mesos root.ns1.mesos 1700000000 60 600 86400 30";
const out = new Uint8Array(65_535);

const wire = (name: string) =>
  Buffer.concat([
    ...name.split(".").map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, "latin1")),
    Buffer.alloc(1),
  ]);
/** An upstream's data for names of the cluster, which no client must get. */
const address = (owner: string) => record(wire(owner), TYPES.A, 300, Buffer.from([203, 0, 113, 9]));
const RRSIG = 46;
const cname = (owner: string, target: string) => record(wire(owner), TYPES.CNAME, 300, wire(target));

interface Asked {
  readonly type?: keyof typeof TYPES;
  readonly rcode?: number;
  readonly channel?: Channel;
  readonly edns?: number;
}

/** An upstream's reply for www.example. */
function saidBy(records: readonly Buffer[], { type = "A", rcode = 0 }: Asked = {}): Reply | undefined {
  const octets = message("www.example", records, [record(Buffer.alloc(1), TYPES.NS, 9, wire("ns.example"))], [], rcode);
  octets.writeUInt16BE(TYPES[type], QUESTION - 4);
  return readReply(octets, QUESTION, TYPES[type], ANY_TTL);
}

/** The answer to a client that asks for www.example, if an upstream replies this. */
function relayed(
  records: readonly Buffer[],
  asked: Asked = {},
  answerer = answererOf(ZONE, { forwarding: true }),
): Message {
  const { type = "A", channel = DATAGRAM, edns } = asked;
  const query = encodeQuery("www.example", edns === undefined ? { type } : { type, edns });
  const reply = saidBy(records, asked);
  if (!reply) throw new Error("the test's own reply is malformed");
  answerer.answer(requestOf(query, { out, channel }));
  return decode(out.subarray(0, answerer.relay(reply, 100)));
}

describe("a name outside the zones that is an alias of a name inside", () => {
  const WEB = [cname("www.example", "Web.Marathon.mesos")];

  test.each([0, 3])(
    "is answered with the cluster's records, whatever the upstream says about that name (rcode %i)",
    (rcode) => {
      const answer = relayed(WEB, { rcode });
      expect(answer).toMatchObject({ rcode: "NOERROR", flag_aa: false, flag_ra: true, authorities: [] });
      expect(lines(answer.answers)).toEqual([
        "www.example 200 CNAME Web.Marathon.mesos",
        "Web.Marathon.mesos 60 A 192.0.2.1",
      ]);
      expect(lines(relayed(WEB, { rcode, type: "AAAA" }).answers)[1]).toBe("Web.Marathon.mesos 60 AAAA 2001:db8::1");
    },
  );

  test("gets the glue of SRV records", () => {
    const answer = relayed([cname("www.example", "_web._tcp.marathon.mesos")], { type: "SRV" });
    expect(lines(answer.answers)[1]).toMatch(/^_web._tcp.marathon.mesos 60 SRV /);
    expect(lines(answer.additionals)).toEqual(["target.mesos 60 A 192.0.2.7"]);
  });

  test("is answered with the zone's SOA if the cluster has no such name, or no records of the type", () => {
    const absent = relayed([cname("www.example", "nope.mesos")]);
    expect([absent.rcode, ...lines(absent.answers), ...lines(absent.authorities)]).toEqual([
      "NXDOMAIN",
      "www.example 200 CNAME nope.mesos",
      SOA,
    ]);
    const other = relayed(WEB, { type: "TXT", rcode: 3 });
    expect([other.rcode, ...lines(other.authorities)]).toEqual(["NOERROR", SOA]);
  });

  const chain = (length: number) =>
    Array.from({ length }, (_, i) =>
      cname(i === 0 ? "www.example" : `n${i}.example`, i === length - 1 ? "web.marathon.mesos" : `n${i + 1}.example`),
    );

  test("is followed over as many CNAME records as a reply may have", () => {
    for (const length of [8, 9, 64]) {
      expect(relayed(chain(length), { channel: STREAM }).answers).toHaveLength(length + 1);
      expect(lines(relayed(chain(length).reverse(), { channel: STREAM }).answers)).toContain(
        "web.marathon.mesos 60 A 192.0.2.1",
      );
    }
    expect(saidBy(chain(65))).toBeUndefined();
  });

  test("is answered up to the first name of the cluster, without the upstream's records for that and later names", () => {
    const foreign = [
      cname("www.example", "n1.example"),
      record(wire("www.example"), RRSIG, 300, Buffer.alloc(20)),
      cname("n1.example", "web.marathon.mesos"),
      record(wire("n1.example"), RRSIG, 300, Buffer.alloc(20)),
    ];
    const evil = address("evil.example");
    for (const behind of [
      [address("web.marathon.mesos")],
      [address("Web.Marathon.mesos"), address("web.marathon.mesos")],
      [cname("web.marathon.mesos", "evil.example"), evil],
      [cname("web.marathon.mesos", "target.mesos"), cname("target.mesos", "evil.example"), evil],
      [evil, cname("web.marathon.mesos", "evil.example")],
      [cname("web.marathon.mesos", "www.example")],
    ]) {
      const answer = relayed([...foreign, ...behind], { channel: STREAM });
      expect(answer).toMatchObject({ rcode: "NOERROR", authorities: [], additionals: [] });
      expect(answer.answers?.map(({ name, type }) => `${name} ${type}`)).toEqual([
        "www.example CNAME",
        "www.example RRSIG",
        "n1.example CNAME",
        "n1.example RRSIG",
        "web.marathon.mesos A",
      ]);
      expect(lines(answer.answers)).toContain("web.marathon.mesos 60 A 192.0.2.1");
    }
    const absent = relayed([cname("www.example", "nope.mesos"), address("nope.mesos")]);
    expect([absent.rcode, ...lines(absent.answers)]).toEqual(["NXDOMAIN", "www.example 200 CNAME nope.mesos"]);
  });

  test("is SERVFAIL if records to be dropped stand in front of records to be kept", () => {
    const answer = relayed([address("web.marathon.mesos"), ...WEB]);
    expect(answer).toMatchObject({ rcode: "SERVFAIL", answers: [], authorities: [] });
  });

  test("is SERVFAIL before the first state, as is the name itself", () => {
    const empty = new Answerer({
      snapshot: Snapshot.empty([APEX]),
      policy: { ...POLICY, forwarding: true },
      random: () => 0,
      clock: () => 0,
    });
    expect(relayed([...WEB, address("web.marathon.mesos")], {}, empty)).toMatchObject({
      rcode: "SERVFAIL",
      answers: [],
    });
  });

  test("is found even if the cluster gets the name while the reply is cached", () => {
    const pointer = "7.2.0.192.in-addr.arpa";
    const reply = saidBy([cname("www.example", pointer)], { type: "PTR" });
    if (!reply) throw new Error("the test's own reply is malformed");
    const answerer = answererOf(ZONE, { forwarding: true });
    const query = encodeQuery("www.example", { type: "PTR" });
    const ask = () => {
      answerer.answer(requestOf(query, { out, channel: DATAGRAM }));
      return lines(decode(out.subarray(0, answerer.relay(reply, 100))).answers);
    };
    for (let i = 0; i < 2; i++) expect(ask()).toEqual([`www.example 200 CNAME ${pointer}`]);
    answerer.use(snapshotOfZones([[REVERSE_APEX, [`${pointer} PTR target.mesos`]]]));
    expect(ask()).toContain(`${pointer} 60 PTR target.mesos`);
  });

  test("is passed on unchanged if its CNAME records form a loop", () => {
    for (const loop of [
      [cname("www.example", "www.example")],
      [cname("www.example", "n1.example"), cname("n1.example", "www.example")],
      [cname("www.example", "n1.example"), cname("n1.example", "n2.example"), cname("n2.example", "n1.example")],
    ]) {
      expect(relayed(loop)).toMatchObject({ rcode: "NOERROR", answers: loop.map(() => ({ type: "CNAME" })) });
    }
  });

  test("is passed on unchanged if it leads elsewhere, or if the CNAME record itself was asked for", () => {
    for (const [records, asked] of [
      [[cname("www.example", "www.example.org")], {}],
      [[cname("other.example", "web.marathon.mesos")], {}],
      [[cname("www.example", "www.example.org"), address("www.example.org")], {}],
      [WEB, { type: "CNAME" }],
    ] as const) {
      const answer = relayed(records, asked);
      expect(answer.answers).toHaveLength(records.length);
      expect(answer.authorities).toHaveLength(1);
    }
  });

  test("has a truncated answer in a datagram that is too small, and a complete one over a stream", () => {
    const big = [cname("www.example", "big.mesos")];
    const cut = relayed(big, { edns: 512 });
    expect(cut).toMatchObject({ flag_tc: true });
    expect(cut.answers?.length).toBeGreaterThan(20);
    expect(relayed(big, { channel: STREAM })).toMatchObject({ flag_tc: false });
    expect(relayed(big, { channel: STREAM }).answers).toHaveLength(61);
  });

  test("has no part of an SRV RRset that does not fit, as if the name itself had been asked for", () => {
    const services = [cname("www.example", "_big._tcp.mesos")];
    const cut = relayed(services, { type: "SRV", edns: 512 });
    expect(cut).toMatchObject({ flag_tc: true, answers: [{ type: "CNAME" }] });
    expect(relayed(services, { type: "SRV", channel: STREAM }).answers).toHaveLength(61);
  });
});

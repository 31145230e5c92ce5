import { describe, expect, test } from "vitest";
import { Answerer, FORWARD } from "../../../src/answer/answer.js";
import { compileZones } from "../../../src/zone/compile.js";
import { type Ask, decode, encodeQuery, lines, type Message } from "../../support/dns.js";
import {
  APEX,
  DATAGRAM,
  NOW,
  POLICY,
  REVERSE_APEX,
  requestOf,
  STREAM,
  snapshotOf,
  snapshotOfZones,
  zoneContent,
} from "../../support/zone.js";

const FORWARDS = ["ns1.mesos A 192.0.2.53", "n1.agent.mesos A 192.0.2.11", "n2.agent.mesos A 192.0.2.11"];
const OWNER = "11.2.0.192.in-addr.arpa";
const OWNER6 = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";
const REVERSE = [
  `${OWNER} PTR n2.agent.mesos`,
  `${OWNER} PTR n1.agent.mesos`,
  `${OWNER} PTR n2.agent.mesos`,
  `${OWNER6} PTR n1.agent.mesos`,
];
const SOA = "30 SOA ns1.mesos root.ns1.mesos 1700000000 60 600 86400 30";

const out = new Uint8Array(65_535);

function answer(name: string, ask: Ask & { stream?: boolean; forwarding?: boolean } = {}): number {
  const { stream = false, forwarding = false, ...rest } = ask;
  const snapshot = snapshotOfZones([
    [APEX, FORWARDS],
    [REVERSE_APEX, REVERSE],
  ]);
  const answerer = new Answerer({ snapshot, policy: { ...POLICY, forwarding }, random: () => 0, clock: () => NOW });
  const query = encodeQuery(name, rest);
  return answerer.answer(requestOf(query, { out, channel: stream ? STREAM : DATAGRAM }));
}

function ask(name: string, options: Parameters<typeof answer>[1] = {}): Message {
  const length = answer(name, { type: "PTR", ...options });
  if (length <= 0) throw new Error(`no answer: ${length}`);
  return decode(out.subarray(0, length));
}

describe("the reverse name of an address of the cluster", () => {
  test("points to each name once, in a fixed order, and is answered without additional addresses", () => {
    const message = ask(OWNER);
    expect(message).toMatchObject({ rcode: "NOERROR", flag_aa: true, authorities: [], additionals: [] });
    expect(lines(message.answers)).toEqual([`${OWNER} 60 PTR n1.agent.mesos`, `${OWNER} 60 PTR n2.agent.mesos`]);
  });

  test("is found for IPv6 and in any letter case", () => {
    const name = OWNER6.replace("b.d", "B.d").replace("ip6.arpa", "IP6.Arpa");
    expect(lines(ask(name).answers)).toEqual([`${name} 60 PTR n1.agent.mesos`]);
  });

  test.each(["A", "AAAA", "TXT", "NS", "SOA", "DS", "SRV"])(
    "has no %s, and its negative answer names it as the apex, as no other name of that zone is served",
    (type) => {
      const message = ask(OWNER, { type });
      expect(message).toMatchObject({ rcode: "NOERROR", flag_aa: true, answers: [], additionals: [] });
      expect(lines(message.authorities)).toEqual([`${OWNER} ${SOA}`]);
    },
  );

  test.each([false, true])("is what ANY gets (over TCP: %s)", (stream) => {
    expect(lines(ask(OWNER, { type: "ANY", stream }).answers)).toHaveLength(2);
  });

  test("is not transferred", () => expect(ask(OWNER, { type: "AXFR", stream: true }).rcode).toBe("NOTAUTH"));
});

test("as many whole PTR records as fit are answered if TC is not to be set", () => {
  const many = Array.from({ length: 60 }, (_, i) => `${OWNER} PTR n${10 + i}.agent.mesos`);
  const snapshot = snapshotOfZones([
    [APEX, FORWARDS],
    [REVERSE_APEX, many],
  ]);
  const policy = { ...POLICY, setTruncateBit: false };
  const query = encodeQuery(OWNER, { type: "PTR" });
  const answerer = new Answerer({ snapshot, policy, random: () => 0, clock: () => NOW });
  const length = answerer.answer(requestOf(query, { out }));
  const perRecord = 12 + "_n10_agent_mesos_".length;
  expect(decode(out.subarray(0, length)).answers).toHaveLength(Math.floor((512 - query.length) / perRecord));
});

describe("any other reverse name", () => {
  const names = [
    "12.2.0.192.in-addr.arpa",
    "2.0.192.in-addr.arpa",
    "in-addr.arpa",
    "arpa",
    `1.${OWNER}`,
    "ip6.arpa",
    "",
  ];

  test.each(names)("'%s' is not in a zone of this server, and is forwarded", (name) => {
    expect(answer(name, { type: "PTR", forwarding: true })).toBe(FORWARD);
  });

  test.each(names)("'%s' is refused if nothing is forwarded", (name) => {
    expect(ask(name)).toMatchObject({ rcode: "REFUSED", flag_aa: false, authorities: [] });
  });
});

test("the domain is the same with and without reverse names", () => {
  expect(ask("nobody.mesos", { type: "A" }).rcode).toBe("NXDOMAIN");
  expect(lines(ask("agent.mesos", { type: "A" }).authorities)).toEqual([`mesos ${SOA}`]);
  expect(lines(ask("n1.agent.mesos", { type: "A" }).answers)).toEqual(["n1.agent.mesos 60 A 192.0.2.11"]);
});

describe("compiling the domain and its reverse names", () => {
  const compile = (reverse: readonly string[], previous?: readonly SharedArrayBuffer[]) =>
    compileZones([zoneContent(FORWARDS), zoneContent(reverse, REVERSE_APEX)], { previous });

  test("counts the names and records of both, and no names above or below reverse names", () => {
    expect(compile([])).toMatchObject({ names: 4, records: 4 });
    expect(compile(REVERSE)).toMatchObject({ names: 6, records: 7 });
  });

  test("results in the same octets in whatever order records are added", () => {
    const before = compile(REVERSE);
    expect(compile([...REVERSE].reverse(), before.shards).changed).toEqual([]);
  });

  test("replaces only the shard of the address that changed", () => {
    const before = compile(REVERSE);
    const after = compile([...REVERSE.slice(0, 3), `${OWNER6} PTR n2.agent.mesos`], before.shards);
    expect(after.changed).toHaveLength(1);
  });

  test("leaves shards without reverse names as they are with the domain alone", () => {
    const alone = compileZones([zoneContent(FORWARDS)]);
    expect(compile(REVERSE, alone.shards).changed.length).toBeLessThanOrEqual(2);
    expect(compile([], alone.shards).changed).toEqual([]);
  });
});

test("a scattered zone has no names before its first record", () => {
  const name = OWNER;
  const query = encodeQuery(name, { type: "PTR" });
  const answerer = new Answerer({
    snapshot: snapshotOf([], REVERSE_APEX),
    policy: { ...POLICY, forwarding: true },
    random: () => 0,
    clock: () => NOW,
  });
  expect(answerer.answer(requestOf(query, { out }))).toBe(FORWARD);
});

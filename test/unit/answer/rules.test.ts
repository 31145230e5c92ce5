import { describe, expect, test } from "vitest";
import { Answerer } from "../../../src/answer/answer.js";
import type { AnswerRules } from "../../../src/views/zone-spec.js";
import { type Ask, decode, encodeQuery, lines, type Message } from "../../support/dns.js";
import { APEX, DATAGRAM, POLICY, requestOf, STREAM, snapshotOf } from "../../support/zone.js";

const ZONE = [
  ...Array.from({ length: 40 }, (_, i) => `many.mesos A 192.0.2.${i}`),
  "deep.x.y.below.mesos A 192.0.2.50",
  "both.mesos A 192.0.2.51",
  "both.mesos SRV both.mesos 80",
  "only.mesos SRV both.mesos 80",
];
const out = new Uint8Array(65_535);

interface Asked extends Ask {
  readonly name?: string;
  readonly stream?: boolean;
  /** The random number that decides which record comes first. */
  readonly turn?: number;
}

/** The answer in a zone with these rules, by default for a name with 40 addresses. */
function ask(answers: AnswerRules, { name = "many.mesos", stream = false, turn = 0, ...what }: Asked = {}): Message {
  const snapshot = snapshotOf(ZONE, { ...APEX, answers });
  const answerer = new Answerer({ snapshot, policy: POLICY, random: () => turn, clock: () => 0 });
  const query = encodeQuery(name, what);
  return decode(out.subarray(0, answerer.answer(requestOf(query, { out, channel: stream ? STREAM : DATAGRAM }))));
}

const hosts = ({ answers }: Message) => lines(answers).map((line) => Number(line.split(".").at(-1)));

describe("with a zone's rules of answering,", () => {
  test("records rotate and TC is set by default if there are more", () => {
    const message = ask({}, { turn: 7 });
    expect(message.flag_tc).toBe(true);
    expect(hosts(message).slice(0, 2)).toEqual([7, 8]);
    expect(hosts(message).length).toBeGreaterThan(20);
  });

  test("clients without EDNS can get a few records over UDP, different ones each time", () => {
    const answers = { plainUdpLimit: 3 };
    expect(hosts(ask(answers, { turn: 38 }))).toEqual([38, 39, 0]);
    expect(hosts(ask(answers, { edns: 4096 }))).toHaveLength(40);
    expect(hosts(ask(answers, { stream: true }))).toHaveLength(40);
  });

  test("a part of an RRset can come without TC", () => {
    expect(ask({ cutsSilently: true })).toMatchObject({ flag_tc: false });
    expect(ask({ cutsSilently: true, plainUdpLimit: 3 })).toMatchObject({ flag_tc: false });
    expect(ask({ plainUdpLimit: 3 })).toMatchObject({ flag_tc: true });
  });

  test("records can keep the order of the zone", () => {
    expect(hosts(ask({ keepsOrder: true }, { turn: 7 })).slice(0, 2)).toEqual([0, 1]);
  });

  test("a few records are what a client gets that takes 512 octets, too", () => {
    const answers = { plainUdpLimit: 3 };
    expect(hosts(ask(answers, { edns: 512 }))).toHaveLength(3);
    expect(hosts(ask(answers, { edns: 513 })).length).toBeGreaterThan(3);
  });

  test("names between others can count as absent, but for those near the apex", () => {
    const answers = { emptyNameLabels: 2 };
    const rcodeOf = (name: string, type: string, rules: AnswerRules = answers) => ask(rules, { name, type }).rcode;
    for (const type of ["A", "ANY"]) {
      expect(rcodeOf("x.y.below.mesos", type)).toBe("NXDOMAIN");
      expect(rcodeOf("y.below.mesos", type)).toBe("NOERROR");
      expect(rcodeOf("x.y.below.mesos", type, {})).toBe("NOERROR");
    }
    expect(rcodeOf("deep.x.y.below.mesos", "A")).toBe("NOERROR");
    expect(rcodeOf("deep.x.y.below.mesos", "AAAA")).toBe("NOERROR");
    expect(ask(answers, { name: "x.y.below.mesos" }).authorities?.[0]).toMatchObject({ type: "SOA", name: "mesos" });
  });

  test("ANY can leave out SRV where there is something else", () => {
    const typesOf = (name: string, rules: AnswerRules) =>
      ask(rules, { name, type: "ANY", stream: true }).answers?.map(({ type }) => type);
    expect(typesOf("both.mesos", {})).toEqual(["A", "SRV"]);
    expect(typesOf("both.mesos", { anyOmitsSrv: true })).toEqual(["A"]);
    expect(typesOf("only.mesos", { anyOmitsSrv: true })).toEqual(["SRV"]);
  });
});

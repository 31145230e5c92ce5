import { describe, expect, test } from "vitest";
import { FORWARD } from "../../../src/answer/answer.js";
import { LocalNames } from "../../../src/answer/local-names.js";
import { type Ask, decode, encodeQuery, lines, type Message } from "../../support/dns.js";
import { answererOf, CLIENT, LOOP_TOKEN, requestOf } from "../../support/zone.js";

const out = new Uint8Array(65_535);

/** The answer; undefined if the query is to be forwarded. */
function ask(name: string, options: Ask = {}, elsewhere: readonly string[] = [], client = CLIENT): Message | undefined {
  const answerer = answererOf(["web.mesos A 192.0.2.1"], {
    forwarding: true,
    localNames: new LocalNames(elsewhere, LOOP_TOKEN),
  });
  const query = encodeQuery(name, options);
  const size = answerer.answer(requestOf(query, { out, client }));
  return size === FORWARD ? undefined : decode(out.subarray(0, size));
}

/** The rcode, and the records of the answer and authority sections; "forwarded" if the query is to be forwarded. */
function told(name: string, options: Ask = {}, elsewhere: readonly string[] = []): string[] {
  const message = ask(name, options, elsewhere);
  if (!message) return ["forwarded"];
  return [message.rcode, ...lines(message.answers), ...lines(message.authorities)];
}

const soaOf = (zone: string) => `${zone} 10800 SOA ${zone} nobody.invalid 1 3600 1200 604800 10800`;

test("the negative TTL of private reverse zones is that of the zone if reverse names are on", () => {
  const answerer = answererOf([], { forwarding: true, localNames: new LocalNames([], LOOP_TOKEN, 30) });
  const soa = (zone: string) => `${zone} 30 SOA ${zone} nobody.invalid 1 3600 1200 604800 30`;
  for (const [name, rcode, zone] of [
    ["9.2.0.10.in-addr.arpa", "NXDOMAIN", "10.in-addr.arpa"],
    ["0.10.in-addr.arpa", "NOERROR", "10.in-addr.arpa"],
    ["1.0.168.192.in-addr.arpa", "NXDOMAIN", "168.192.in-addr.arpa"],
    [`${"1.".repeat(29)}d.f.ip6.arpa`, "NOERROR", "d.f.ip6.arpa"],
  ]) {
    const query = encodeQuery(name, { type: "PTR" });
    const size = answerer.answer(requestOf(query, { out }));
    const message = decode(out.subarray(0, size));
    expect([message.rcode, ...lines(message.authorities)]).toEqual([rcode, soa(zone)]);
  }
  const elsewhere = encodeQuery("www.test");
  const size = answerer.answer(requestOf(elsewhere, { out }));
  expect(lines(decode(out.subarray(0, size)).authorities)).toEqual([soaOf("test")]);
});

describe("names that are the same everywhere (RFC 6761)", () => {
  test("localhost and all names below it have the loopback address", () => {
    for (const name of ["localhost", "WWW.localhost", "a.b.localhost"]) {
      expect(told(name)).toEqual(["NOERROR", `${name} 10800 A 127.0.0.1`]);
      expect(told(name, { type: "AAAA" })).toEqual(["NOERROR", `${name} 10800 AAAA ::1`]);
      expect(told(name, { type: "MX" })).toEqual(["NOERROR", soaOf("localhost")]);
    }
    expect(ask("localhost")).toMatchObject({ flag_aa: true, flag_ra: true });
  });

  test.each(["test", "invalid", "onion"])("%s does not exist, nor does any name below it", (zone) => {
    for (const name of [zone, `www.${zone}`, `a.b.${zone}`])
      for (const type of ["A", "AAAA", "SOA", "TXT", "ANY"])
        expect(told(name, { type })).toEqual(["NXDOMAIN", soaOf(zone)]);
  });

  test.each(["localhost.example", "xlocalhost", "test.example", "contest", "invalid.org", ""])(
    "%j only looks like one of them and is forwarded",
    (name) => {
      expect(told(name)).toEqual(["forwarded"]);
    },
  );

  test("a label that contains a dot does not count as two", () => {
    const query = encodeQuery("www-test");
    query[query.indexOf("-")] = 0x2e;
    const answerer = answererOf([], { forwarding: true });
    expect(answerer.answer(requestOf(query, { out }))).toBe(FORWARD);
    const private10 = encodeQuery("10-in-addr.arpa");
    private10[private10.indexOf("-")] = 0x2e;
    expect(answerer.answer(requestOf(private10, { out }))).toBe(FORWARD);
  });
});

const IP6_DOC = "8.b.d.0.1.0.0.2.ip6.arpa";

describe("of reverse zones (RFC 6303),", () => {
  test.each([
    ["10.in-addr.arpa", "1.2.3.10.in-addr.arpa"],
    ["16.172.in-addr.arpa", "1.2.16.172.in-addr.arpa"],
    ["31.172.in-addr.arpa", "1.2.31.172.in-addr.arpa"],
    ["168.192.in-addr.arpa", "1.1.168.192.in-addr.arpa"],
    ["64.100.in-addr.arpa", "1.1.64.100.in-addr.arpa"],
    ["127.100.in-addr.arpa", "1.1.127.100.in-addr.arpa"],
    ["0.in-addr.arpa", "1.0.0.0.in-addr.arpa"],
    ["127.in-addr.arpa", "1.0.0.127.in-addr.arpa"],
    ["254.169.in-addr.arpa", "1.1.254.169.in-addr.arpa"],
    ["2.0.192.in-addr.arpa", "1.2.0.192.in-addr.arpa"],
    ["100.51.198.in-addr.arpa", "1.100.51.198.in-addr.arpa"],
    ["113.0.203.in-addr.arpa", "1.113.0.203.in-addr.arpa"],
    ["d.f.ip6.arpa", `${"1.".repeat(30)}d.f.ip6.arpa`],
    ["8.e.f.ip6.arpa", `${"1.".repeat(29)}8.e.f.ip6.arpa`],
    ["b.e.f.ip6.arpa", `${"1.".repeat(29)}b.e.f.ip6.arpa`],
    [IP6_DOC, `${"1.".repeat(24)}${IP6_DOC}`],
  ])("%s is an empty local zone", (zone, address) => {
    expect(told(address, { type: "PTR" })).toEqual(["NXDOMAIN", soaOf(zone)]);
    expect(told(zone, { type: "PTR" })).toEqual(["NOERROR", soaOf(zone)]);
    expect(told(zone, { type: "SOA" })).toEqual(["NOERROR", soaOf(zone)]);
    expect(told(zone, { type: "NS" })).toEqual(["NOERROR", `${zone} 10800 NS ${zone}`]);
    expect(told(`below.${address}`, { type: "PTR" })).toEqual(["NXDOMAIN", soaOf(zone)]);
  });

  test.each(["255.255.255.255.in-addr.arpa", `${"0.".repeat(32)}ip6.arpa`, `1.${"0.".repeat(31)}ip6.arpa`])(
    "%s is a local zone for a single address",
    (zone) => {
      expect(told(zone, { type: "PTR" })).toEqual(["NOERROR", soaOf(zone)]);
      expect(told(`x.${zone}`, { type: "PTR" })).toEqual(["NXDOMAIN", soaOf(zone)]);
    },
  );

  test("the name of a partial address exists, as the cluster may have names below it (RFC 8020)", () => {
    expect(told("3.10.in-addr.arpa", { type: "PTR" })).toEqual(["NOERROR", soaOf("10.in-addr.arpa")]);
    expect(told("1.d.f.ip6.arpa", { type: "PTR" })).toEqual(["NOERROR", soaOf("d.f.ip6.arpa")]);
  });

  test.each([
    "1.2.3.11.in-addr.arpa",
    "1.2.15.172.in-addr.arpa",
    "1.2.32.172.in-addr.arpa",
    "1.1.63.100.in-addr.arpa",
    "1.1.128.100.in-addr.arpa",
    "1.1.169.192.in-addr.arpa",
    "254.255.255.255.in-addr.arpa",
    "in-addr.arpa",
    "172.in-addr.arpa",
    "8.8.8.8.in-addr.arpa",
    "c.e.f.ip6.arpa",
    "10.in-addr.arpa.example",
  ])("%s is in no local one and is forwarded", (name) => {
    expect(told(name, { type: "PTR" })).toEqual(["forwarded"]);
  });
});

describe("a zone with upstreams of its own", () => {
  const elsewhere = ["10.in-addr.arpa", "corp.test", "1.168.192.in-addr.arpa", "lab.example"];

  test("is forwarded, although it would be a local zone", () => {
    expect(told("1.2.3.10.in-addr.arpa", { type: "PTR" }, elsewhere)).toEqual(["forwarded"]);
    expect(told("www.corp.test", {}, elsewhere)).toEqual(["forwarded"]);
    expect(told("9.1.168.192.in-addr.arpa", { type: "PTR" }, elsewhere)).toEqual(["forwarded"]);
    expect(told("www.lab.example", {}, elsewhere)).toEqual(["forwarded"]);
  });

  test("leaves the names beside it local", () => {
    expect(told("www.test", {}, elsewhere)).toEqual(["NXDOMAIN", soaOf("test")]);
    expect(told("9.2.168.192.in-addr.arpa", { type: "PTR" }, elsewhere)[0]).toBe("NXDOMAIN");
    expect(told("localhost", {}, elsewhere)).toHaveLength(2);
  });
});

describe("a loop check", () => {
  const own = `${LOOP_TOKEN}.loop-check`;

  test.each([own, `${own}.corp.example`, own.toUpperCase()])(
    "for %s is answered by its own server, with a TTL of 0",
    (name) => {
      expect(told(name, { type: "TXT" })).toEqual(["NOERROR", `${name} 0 TXT ${LOOP_TOKEN}`]);
    },
  );

  test("of another server is forwarded, and so is another question for the name", () => {
    const other = `${LOOP_TOKEN.replace("0", "1")}.loop-check`;
    expect(told(other, { type: "TXT" })).toEqual(["forwarded"]);
    expect(told(own, { type: "A" })).toEqual(["forwarded"]);
    expect(told(`x.${own}`, { type: "TXT" })).toEqual(["forwarded"]);
  });

  test("is answered whichever client sends it back", () => {
    const stranger = { ...CLIENT, mayRecurse: false };
    expect(ask(own, { type: "TXT" }, [], stranger)?.rcode).toBe("NOERROR");
  });
});

test("a client that may not recurse gets local names, without RA, and is REFUSED names that would be forwarded", () => {
  const stranger = { ...CLIENT, mayRecurse: false };
  const localhost = ask("localhost", {}, [], stranger);
  expect(localhost).toMatchObject({ rcode: "NOERROR", flag_aa: true, flag_ra: false });
  expect(lines(localhost?.answers)).toEqual(["localhost 10800 A 127.0.0.1"]);
  expect(ask("www.test", {}, [], stranger)?.rcode).toBe("NXDOMAIN");
  expect(ask("1.0.0.10.in-addr.arpa", { type: "PTR" }, [], stranger)?.rcode).toBe("NXDOMAIN");
  expect(ask("www.test", {}, ["test"], stranger)?.rcode).toBe("REFUSED");
  expect(ask("www.example.com", {}, [], stranger)?.rcode).toBe("REFUSED");
  expect(ask("localhost", {}, [], { ...stranger, mayQuery: false })?.rcode).toBe("REFUSED");
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeName } from "../../../src/wire/names.js";
import { TYPE } from "../../../src/wire/protocol.js";
import { addressesOf, recordsOf, servicesOf, servicesTargeting } from "../../../src/zone/dump.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { APEX, REVERSE_APEX, snapshotOf, snapshotOfZones } from "../../support/zone.js";

const LINES = [
  "web.mesos A 192.0.2.2",
  "web.mesos A 192.0.2.1",
  "web.mesos AAAA 2001:db8:0:0:1:0:0:1",
  "deep.empty.mesos A 192.0.2.3",
  "_web._tcp.mesos SRV web.mesos 80",
  "_web._tcp.mesos SRV web.mesos 443",
  "_web._tcp.mesos SRV deep.empty.mesos 80",
  "_mail._tcp.mesos SRV deep.empty.mesos 25",
];

/** The records of a snapshot as sorted lines, in the form of those that it was made of. */
function linesOf(snapshot: Snapshot, type?: number, zone?: number): string[] {
  const lines: string[] = [];
  for (const set of recordsOf(snapshot, type, zone)) {
    for (let i = 0; i < set.size; i++) {
      if (set.type === TYPE.A) lines.push(`${set.name} A ${set.address(i)}`);
      else if (set.type === TYPE.AAAA) lines.push(`${set.name} AAAA ${set.address(i)}`);
      else if (set.type === TYPE.NS) lines.push(`${set.name} NS ${set.target(i)}`);
      else if (set.type === TYPE.PTR) lines.push(`${set.name} PTR ${set.target(i)}`);
      else lines.push(`${set.name} SRV ${Object.values(set.service(i)).join(" ")}`);
    }
  }
  return lines.sort();
}

test("every record is read back, and empty non-terminals are not", () => {
  expect(linesOf(snapshotOf(LINES))).toEqual([
    "_mail._tcp.mesos. SRV 0 1 25 deep.empty.mesos.",
    "_web._tcp.mesos. SRV 0 1 443 web.mesos.",
    "_web._tcp.mesos. SRV 0 1 80 deep.empty.mesos.",
    "_web._tcp.mesos. SRV 0 1 80 web.mesos.",
    "deep.empty.mesos. A 192.0.2.3",
    "mesos. NS ns1.mesos.",
    "web.mesos. A 192.0.2.1",
    "web.mesos. A 192.0.2.2",
    "web.mesos. AAAA 2001:db8::1:0:0:1",
  ]);
});

test("the records of one type can be read", () => {
  expect(linesOf(snapshotOf(LINES), TYPE.AAAA)).toEqual(["web.mesos. AAAA 2001:db8::1:0:0:1"]);
});

test("the records of one zone can be read", () => {
  const other = { ...APEX, zone: "example" };
  const snapshot = snapshotOfZones([
    [APEX, ["a.mesos A 192.0.2.1"]],
    [other, ["a.example A 192.0.2.2"]],
  ]);
  expect(linesOf(snapshot, TYPE.A, 0)).toEqual(["a.mesos. A 192.0.2.1"]);
  expect(linesOf(snapshot, TYPE.A, 1)).toEqual(["a.example. A 192.0.2.2"]);
});

test("reverse names are read back with the names that they point to, and without the names above them", () => {
  const snapshot = snapshotOfZones([
    [APEX, ["a.mesos A 192.0.2.1"]],
    [REVERSE_APEX, ["1.2.0.192.in-addr.arpa PTR a.mesos", "1.2.0.192.in-addr.arpa PTR b.mesos"]],
  ]);
  expect(linesOf(snapshot, undefined, 1)).toEqual([
    "1.2.0.192.in-addr.arpa. PTR a.mesos.",
    "1.2.0.192.in-addr.arpa. PTR b.mesos.",
  ]);
  expect(servicesTargeting(snapshot, "a.mesos")).toEqual([]);
  expect(addressesOf(snapshot, "1.2.0.192.in-addr.arpa")).toEqual([]);
});

test("a snapshot before the first state has no records", () => {
  expect(linesOf(Snapshot.empty([APEX]))).toEqual([]);
});

test("a set has its name and targets in wire form too", () => {
  const [set] = recordsOf(snapshotOf(LINES), TYPE.NS);
  expect(Buffer.from(set.wireName)).toEqual(Buffer.from(encodeName("mesos")));
  expect(Buffer.from(set.wireTarget(0))).toEqual(Buffer.from(encodeName("ns1.mesos")));
});

test("any addresses of a zone are read back", () => {
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6().filter((text) => !text.includes(".") && !/^(0*:)*ffff:/i.test(text)),
  );
  fc.assert(
    fc.property(fc.uniqueArray(address, { minLength: 1, maxLength: 8 }), (addresses) => {
      const lines = addresses.map((text) => `a.mesos ${text.includes(":") ? "AAAA" : "A"} ${text}`);
      const given = addresses.map((text) => canonical(text));
      expect(new Set(addressesOf(snapshotOf(lines), "a.mesos"))).toEqual(new Set(given));
    }),
  );
});

/** An address in the form of the WHATWG URL standard, which is that of RFC 5952 for IPv6. */
function canonical(text: string): string {
  return text.includes(":") ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : text;
}

test.each(["web.mesos", "web.mesos.", "WEB.mEsOs"])("%s has addresses, IPv4 first", (name) => {
  expect(addressesOf(snapshotOf(LINES), name)).toEqual(["192.0.2.1", "192.0.2.2", "2001:db8::1:0:0:1"]);
});

test.each([
  "",
  ".",
  "..",
  "empty.mesos",
  "no.mesos",
  "mesos",
  "_web._tcp.mesos",
  `${"a".repeat(64)}.mesos`,
  "web.mesos..",
])("'%s' has no address", (name) => {
  expect(addressesOf(snapshotOf(LINES), name)).toEqual([]);
});

test("the services of a name have priority, weight, port and target", () => {
  expect(servicesOf(snapshotOf(LINES), "_MAIL._tcp.mesos.")).toEqual([
    { priority: 0, weight: 1, port: 25, target: "deep.empty.mesos." },
  ]);
  expect(servicesOf(snapshotOf(LINES), "web.mesos")).toEqual([]);
});

test("the services that point to a host are found by its name, whatever its case", () => {
  const found = servicesTargeting(snapshotOf(LINES), "Deep.Empty.mesos.");
  expect(found.sort((a, b) => a.port - b.port)).toEqual([
    { service: "_mail._tcp.mesos.", port: 25 },
    { service: "_web._tcp.mesos.", port: 80 },
  ]);
  expect(servicesTargeting(snapshotOf(LINES), "empty.mesos")).toEqual([]);
  expect(servicesTargeting(snapshotOf(LINES), "ns1.mesos")).toEqual([]);
  expect(servicesTargeting(snapshotOf(LINES), "not..a.name")).toEqual([]);
});

import { describe, expect, test } from "vitest";
import { withRecordsOf } from "../../../src/config/records-text.js";
import { configOf } from "./support.js";

const OWN = configOf({ staticZones: ["edge.example.com"], records: [{ name: "www", type: "A", value: "192.0.2.80" }] });

/** The records of the file, as lines. */
function read(text: string): string[] {
  const records = withRecordsOf("FILE", text, OWN);
  const [, ...rest] = records.flatMap(({ name, type, ttl, values }) =>
    values.map(({ value }) => [name, ttl, type, value].join(" ")),
  );
  return rest;
}

/** The faults of the file, without the line that counts them. */
function faults(text: string): string[] {
  try {
    read(text);
  } catch (error) {
    return (error as Error).message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

describe("a file of records", () => {
  test("may be JSON, a list or an object, beside the records of the configuration", () => {
    const list = [{ name: "a", type: "A", value: "192.0.2.1" }];
    expect(read(JSON.stringify(list))).toEqual(["a.mesos  A 192.0.2.1"]);
    expect(read(`\uFEFF ${JSON.stringify({ records: list })}`)).toEqual(["a.mesos  A 192.0.2.1"]);
    expect(read("[]")).toEqual([]);
  });

  test("may be a master file: relative names, blank owners, @, classes, TTLs, parentheses and comments", () => {
    const text = `
; a comment
$TTL 1h30m
a        A     192.0.2.1 ; another one
         A     192.0.2.2
         300 IN AAAA 2001:DB8::1
b IN 1d2h3m4s TXT "semi;colon (in quotes)" plain "esc \\"q\\" \\065"\r
$ORIGIN edge.example.com.
@        MX    ( 10
                 mail )
www      CNAME @
$ORIGIN sub
x 0 IN SRV 1 2 3 y
$ORIGIN mesos.
*.lb A 192.0.2.3
abs.edge.example.com. CAA 0 issue "ca.example"
del NS ns.example.net.
`;
    expect(read(text)).toEqual([
      "a.mesos 5400 A 192.0.2.1",
      "a.mesos 5400 A 192.0.2.2",
      "a.mesos 300 AAAA 2001:db8::1",
      'b.mesos 93784 TXT "semi;colon (in quotes)" "plain" "esc \\"q\\" A"',
      "edge.example.com 5400 MX 10 mail.edge.example.com.",
      "www.edge.example.com 5400 CNAME edge.example.com.",
      "x.sub.edge.example.com 0 SRV 1 2 3 y.sub.edge.example.com.",
      "*.lb.mesos 5400 A 192.0.2.3",
      'abs.edge.example.com 5400 CAA 0 issue "ca.example"',
      "del.mesos 5400 NS ns.example.net.",
    ]);
  });

  test("without $TTL has the TTL that was given last, or the server's", () => {
    expect(read("a A 192.0.2.1\nb 5 A 192.0.2.1\nc A 192.0.2.1\n")).toEqual([
      "a.mesos  A 192.0.2.1",
      "b.mesos 5 A 192.0.2.1",
      "c.mesos 5 A 192.0.2.1",
    ]);
  });

  test.each([
    [
      "@ SOA ns1 root 1 2 3 4 5",
      'line 1: got "SOA"; allowed: one of the types A, AAAA, CNAME, TXT, SRV, MX, CAA, NS; the server makes',
    ],
    ["@ NS ns1", 'line 1 (name): got "mesos."; allowed: a name below mesos, not the zone itself'],
    ["a HINFO x y", 'line 1: got "HINFO"; allowed: one of the types'],
    ["a A", 'line 1: got ""; allowed: A with one IPv4 address'],
    ["a A 192.0.2.1 x", 'line 1: got "192.0.2.1 x"; allowed: A with one IPv4 address'],
    ["a MX ten mx", 'line 1: got "ten mx"; allowed: MX with preference and exchange'],
    ["a SRV 1 2 70000 x", "allowed: SRV with priority, weight, port and target"],
    ["a CAA 0 issue", "allowed: CAA with flags, tag and value"],
    [`a CAA 0 issue "${"x".repeat(4001)}"`, "and a value of at most 4000 octets"],
    [`a TXT ${"x ".repeat(65)}`, "allowed: TXT with at most 64 texts"],
    ['a TXT "\\256"', 'line 1: got "\\\\256"; allowed: escapes up to \\255'],
    ["a A 192.0.2.1\u00a0b", 'line 1: got "192.0.2.1Â\u00a0b"; allowed: A with one IPv4 address'],
    ["a A 192.0.2.1\rb A 192.0.2.2\r", 'line 1: got "192.0.2.1\\rb A 192.0.2.2"; allowed: A with one IPv4 address'],
    ["a A 192.0.2.1 ; one\rb A 192.0.2.2", "allowed: A with one IPv4 address"],
    [`a ${"1".repeat(60)}x A 192.0.2.1`, "allowed: a TTL from 0 to 2147483647 seconds"],
    ["a CH A 192.0.2.1", 'line 1: got "CH"; allowed: class IN'],
    ["a 99999999999w A 192.0.2.1", "allowed: a TTL from 0 to 2147483647 seconds"],
    ["  A 192.0.2.1", 'line 1: got "no owner"; allowed: an owner in a line before'],
    ["$INCLUDE other", 'line 1: got "$INCLUDE other"; allowed: $ORIGIN and $TTL; other directives are not supported'],
    ["$ORIGIN", "allowed: $ORIGIN and a name"],
    ["$TTL soon", "allowed: $TTL and seconds, or a time such as 1h30m"],
    ['a TXT (\n"x"\n', 'line 1: got "("; allowed: a closing parenthesis too'],
    ["a TXT x )", 'line 1: got ")"; allowed: parentheses in pairs'],
    ['a TXT "x', "allowed: a quotation mark at the end too"],
    ["a\\.b A 192.0.2.1", "allowed: escapes between quotation marks alone"],
    ["x.example.org. A 192.0.2.1", 'line 1 (name): got "x.example.org."; allowed: a name in mesos or edge.example.com'],
    [
      "www CNAME x",
      'line 1 (type): got "CNAME"; allowed: another name, as a CNAME stands alone, and the configuration has A',
    ],
    ["www A 192.0.2.80", 'line 1: got "192.0.2.80"; allowed: each value once'],
    ["a 5 A 192.0.2.1\na 6 A 192.0.2.2", "line 2 (ttl): got 6; allowed: the same ttl as in line 1: it is one RRset"],
    ["[{]", "line 1, column 3: got"],
    ['{"zones": []}', "records.zones: got []; allowed: records, and no other key"],
    [
      '[{"name": "a", "type": "A", "value": "x"}]',
      'records[0].value: got "x"; allowed: an IPv4 address such as 192.0.2.1',
    ],
  ])("%j is refused", (text, message) => {
    expect(faults(text).join("\n")).toContain(message);
  });

  test("shows a fault of each line, in their order, and not more than a hundred", () => {
    expect(faults("a A x\nb A 192.0.2.1\nc X y\n").map((line) => line.slice(0, 6))).toEqual(["line 1", "line 3"]);
    expect(faults("a A x\n".repeat(150)).slice(-2)).toEqual([expect.stringContaining("line 100"), "and 50 more"]);
  });

  test("is not read to its end when it has far too many records", () => {
    const names = Array.from({ length: 9_999 }, (_, i) => `n${i} A 192.0.2.1\n`).join("");
    expect(read(`$TTL 5\n${names}`)).toHaveLength(9_999);
    expect(faults(`${names}$TTL 6\nx A 192.0.2.1\n`)[0]).toContain("allowed: at most 10000 values in all");
    expect(faults(`a CNAME b\n${"a A 192.0.2.1\n".repeat(50_000)}`)).toContain(
      "records: got 10002; allowed: at most 10000 values in all",
    );
  });
});

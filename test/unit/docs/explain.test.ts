import { expect, it } from "vitest";
import { REASONS, type Reason } from "../../../src/explain/finding.js";
import { CASES } from "../explain/cases.js";
import { SERVER_CASES } from "../explain/server-cases.js";
import { quoted, read, tableRows } from "./files.js";

it("docs/explain.md lists every reason with its meaning, and no other", () => {
  const rows = tableRows(read("docs/explain.md"), "Reason").map(([reason = "", meaning]) => [
    quoted(reason)[0],
    meaning,
  ]);
  expect(rows).toEqual(Object.entries(REASONS));
});

it("every reason is given in a test", () => {
  const given = new Set([...CASES, ...SERVER_CASES].map(([, reason]) => reason));
  expect(Object.keys(REASONS).filter((reason) => !given.has(reason as never))).toEqual([]);
});

it("explanations know every reason for which something is left out of the zone", () => {
  const rows = tableRows(read("docs/records.md"), "Reason").map(([reason = ""]) => quoted(reason)[0] ?? "");
  expect(rows.length).toBeGreaterThan(3);
  expect(rows.filter((reason) => !(reason in REASONS))).toEqual([]);
});

/** What explains each row of the questions in docs/dns.md; nothing where the row is about how a query is sent, and not about a name. */
const DNS_ROWS: Readonly<Record<string, readonly Reason[]>> = {
  "a name and a type that exist": ["records", "task"],
  "a name that exists, another type": ["records"],
  "a name between others, such as `_tcp.marathon.mesos`": ["no_records"],
  "any other name": ["no_such_name", "similar"],
  "SOA or NS of the domain": ["apex"],
  ANY: [],
  AXFR: [],
  IXFR: [],
  "AXFR or IXFR of any other name": [],
  "a name that a [wildcard](static-records.md) stands for": ["wildcard"],
  "a name with a CNAME record": ["alias"],
  "a delegated name, or one below it": ["delegated"],
  "DS of a delegated name": ["delegated"],
  "any name, before the first state of the cluster": ["not_ready"],
  "any name, with a state older than `stateMaxAgeSeconds`": ["stale"],
  "PTR for an address of the cluster": ["reverse"],
  "another type for it": ["reverse"],
  "any other name in `in-addr.arpa` and `ip6.arpa`, those above included": [
    "reverse_nowhere",
    "local_name",
    "forwarded",
  ],
};

it("explanations know every row of docs/dns.md that is about a name", () => {
  const rows = tableRows(read("docs/dns.md"), "Question").map(([question = ""]) => question);
  expect(rows).toEqual(Object.keys(DNS_ROWS));
  for (const reason of Object.values(DNS_ROWS).flat()) expect(Object.keys(REASONS)).toContain(reason);
});

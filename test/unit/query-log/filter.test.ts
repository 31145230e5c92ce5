import { describe, expect, test } from "vitest";
import { LogFilter } from "../../../src/query-log/filter.js";
import { RCODE } from "../../../src/wire/protocol.js";
import { Query } from "../../../src/wire/query.js";
import { encodeQuery } from "../../support/dns.js";

const ALL = { sample: 1, names: [], types: [], rcodes: [], clients: [] };
const CLIENT = Uint8Array.of(192, 0, 2, 7);

function questionOf(name: string, type: "A" | "SRV" = "A"): Query {
  const query = new Query();
  const message = encodeQuery(name, { type });
  query.read(message, message.length, 0);
  return query;
}

function wants(settings: Partial<ConstructorParameters<typeof LogFilter>[0]>, name = "web.mesos", random = () => 0) {
  return new LogFilter({ ...ALL, ...settings }, random).wants(questionOf(name), RCODE.NXDOMAIN, CLIENT);
}

describe("the filter of the query log", () => {
  test("wants everything where nothing is set", () => {
    expect(wants({})).toBe(true);
  });

  test.each([
    ["mesos", "web.marathon.mesos", true],
    ["mesos", "WEB.Mesos", true],
    ["mesos", "mesos", true],
    ["mesos", "web.nomesos", false],
    ["marathon.mesos", "mesos", false],
    [".", "web.example", true],
  ])("names in %s: %s is wanted: %s", (zone, name, expected) => {
    expect(wants({ names: [zone === "." ? "" : zone] }, name)).toBe(expected);
  });

  test("a label that holds the octets of a zone is not in it", () => {
    const message = encodeQuery("x_mesos");
    message[message.indexOf("_")] = 5;
    const query = new Query();
    query.read(message, message.length, 0);
    expect(new LogFilter({ ...ALL, names: ["mesos"] }, Math.random).wants(query, 0, CLIENT)).toBe(false);
  });

  test("types and rcodes are wanted by name or number", () => {
    expect(wants({ types: ["SRV", "A"] })).toBe(true);
    expect(wants({ types: ["TYPE1"] })).toBe(true);
    expect(wants({ types: ["SRV"] })).toBe(false);
    expect(wants({ rcodes: ["NXDOMAIN"] })).toBe(true);
    expect(wants({ rcodes: ["SERVFAIL"] })).toBe(false);
  });

  test("clients are wanted by network", () => {
    expect(wants({ clients: ["198.51.100.0/24", "192.0.2.0/24"] })).toBe(true);
    expect(wants({ clients: ["2001:db8::/32"] })).toBe(false);
  });

  test("a sample is a share at random", () => {
    expect(wants({ sample: 0.1 }, "web.mesos", () => 0.09)).toBe(true);
    expect(wants({ sample: 0.1 }, "web.mesos", () => 0.1)).toBe(false);
  });
});

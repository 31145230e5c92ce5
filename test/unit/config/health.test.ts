import { describe, expect, test } from "vitest";
import { describeConfig } from "../../../src/config/describe.js";
import { instancesOf } from "../../../src/config/health.js";
import { healthFaults } from "../../../src/config/health-rules.js";
import { configOf, faultsOf, warningsOf } from "./support.js";

const DB = { type: "tcp", port: 5432, address: "192.0.2.30" };

function checksOf(healthChecks: object) {
  return configOf({ healthChecks }).healthChecks;
}

describe("healthChecks", () => {
  test("has the documented defaults", () => {
    expect(checksOf({ edge: { type: "http" }, canary: { type: "https" }, db: { type: "tcp", port: 5432 } })).toEqual([
      { ...COMMON, name: "canary", type: "https", port: 443, path: "/", status: { from: 200, to: 399 }, verify: true },
      { ...COMMON, name: "db", type: "tcp", port: 5432 },
      { ...COMMON, name: "edge", type: "http", port: 80, path: "/", status: { from: 200, to: 399 }, verify: true },
    ]);
    expect(checksOf({ site: { type: "calculated", checks: ["db"] }, db: DB })[1]).toEqual({
      name: "site",
      type: "calculated",
      checks: ["db"],
      healthy: 1,
      inverted: false,
    });
  });

  test("takes half of the interval as timeout, at most five seconds", () => {
    const timeoutOf = (interval: number) =>
      checksOf({ a: { ...DB, interval } }).map((check) => ("timeout" in check ? check.timeout : 0));
    expect([1, 2, 5, 10, 300].flatMap(timeoutOf)).toEqual([0.5, 1, 2.5, 5, 5]);
  });

  test("spells addresses in one way", () => {
    const healthChecks = {
      a: { ...DB, address: "2001:DB8:0::1" },
      b: { ...DB, address: "::ffff:192.0.2.30" },
      edge: { type: "http" },
      site: { type: "calculated", checks: ["a", "edge@2001:DB8:0::2"] },
    };
    expect(checksOf(healthChecks).slice(0, 2)).toMatchObject([{ address: "2001:db8::1" }, { address: "192.0.2.30" }]);
    expect(checksOf(healthChecks)[3]).toMatchObject({ checks: ["a", "edge@2001:db8::2"] });
  });

  test("has every fault of its members reported at its place", () => {
    const healthChecks = {
      "ed ge": { type: "tcp", port: 1 },
      a: { port: 80 },
      b: { type: "ping" },
      c: { type: "tcp" },
      d: { type: "tcp", port: 0, interval: 0.5, failures: 11, successes: 0, path: "/" },
      e: { type: "http", path: "healthz", status: "399-200", body: "", verify: true },
      f: { type: "https", verify: "no", host: "a b" },
      g: { ...DB, interval: 2, timeout: 2 },
      h: { ...DB, address: "db.example.com" },
      i: { ...DB, source: "2001:db8::1" },
      j: { type: "calculated" },
      k: { type: "calculated", checks: ["a b", "db@x"], healthy: -1 },
      l: "tcp",
    };
    expect(faultsOf({ healthChecks })).toEqual([
      'healthChecks.ed ge: got "ed ge"; allowed: a name of letters, digits, hyphens and underscores, at most 63',
      'healthChecks.a: got {"port":80}; allowed: a type: "tcp" or "http" or "https" or "calculated"',
      'healthChecks.b.type: got "ping"; allowed: "tcp" or "http" or "https" or "calculated"',
      'healthChecks.c: got {"type":"tcp"}; allowed: a port',
      "healthChecks.d.port: got 0; allowed: an integer from 1 to 65535",
      "healthChecks.d.interval: got 0.5; allowed: a number from 1 to 300",
      "healthChecks.d.failures: got 11; allowed: an integer from 1 to 10",
      "healthChecks.d.successes: got 0; allowed: an integer from 1 to 10",
      'healthChecks.d.path: got "/"; allowed: type, port, address, interval, timeout, failures, successes, source, and no other name',
      'healthChecks.e.path: got "healthz"; allowed: a path that begins with / and has no spaces, of at most 1024 characters',
      'healthChecks.e.status: got "399-200"; allowed: a status code such as "200", or a range such as "200-399"',
      'healthChecks.e.body: got ""; allowed: a text of 1 to 255 octets, which the first 5120 of the body contain',
      "healthChecks.e.verify: got true; allowed: type, port, address, interval, timeout, failures, successes, source, path, host, status, body, and no other name",
      'healthChecks.f.verify: got "no"; allowed: true or false',
      'healthChecks.f.host: got "a b"; allowed: a host name or an address',
      "healthChecks.g.timeout: got 2; allowed: less than interval, which is 2: a check ends before the next begins",
      'healthChecks.h.address: got "db.example.com"; allowed: an IPv4 or IPv6 address: a name would have to be resolved first',
      'healthChecks.i.source: got "2001:db8::1"; allowed: an address of the same family as address, which is 192.0.2.30',
      'healthChecks.j: got {"type":"calculated"}; allowed: checks: a list of 1 to 256 checks, each by its name, or name@address',
      'healthChecks.k.checks[0]: got "a b"; allowed: the name of a check such as "db", or "edge@192.0.2.10"',
      'healthChecks.k.checks[1]: got "db@x"; allowed: the name of a check such as "db", or "edge@192.0.2.10"',
      "healthChecks.k.healthy: got -1; allowed: an integer from 0 to 256",
      'healthChecks.l: got "tcp"; allowed: an object such as {"type": "tcp", "port": 5432}',
    ]);
    expect(faultsOf({ healthChecks: [] })).toEqual([
      'healthChecks: got []; allowed: an object that gives each check a name: {"edge": {"type": "http", "path": "/healthz"}}',
    ]);
  });

  test("has every fault between checks reported at its place", () => {
    const healthChecks = {
      db: DB,
      edge: { type: "http" },
      lost: { type: "calculated", checks: ["dbb"] },
      open: { type: "calculated", checks: ["edge", "db@192.0.2.1", "db"] },
      ring: { type: "calculated", checks: ["round"] },
      round: { type: "calculated", checks: ["db", "ring"] },
      self: { type: "calculated", checks: ["self"] },
    };
    const all = "one of db, edge, lost, open, ring, round, self";
    expect(faultsOf({ healthChecks })).toEqual([
      `healthChecks.lost.checks[0]: got "dbb"; allowed: ${all}`,
      'healthChecks.open.checks[0]: got "edge"; allowed: edge@ and an address, as edge has none of its own',
      'healthChecks.open.checks[1]: got "db@192.0.2.1"; allowed: db without an address, as it is not made for each address',
      'healthChecks.ring.checks: got ["round"]; allowed: checks that do not depend on it, as in ring → round → ring',
      'healthChecks.self.checks: got ["self"]; allowed: checks that do not depend on it, as in self → self',
    ]);
  });

  test.each([
    ["127.0.0.1", "loopback"],
    ["::1", "loopback"],
    ["::ffff:127.0.0.1", "loopback"],
    ["0.0.0.0", "this machine"],
    ["169.254.169.254", "link-local, where clouds have their metadata"],
    ["fe80::1", "link-local"],
    ["fd00:ec2::254", "where a cloud has its metadata"],
    ["100.100.100.200", "where a cloud has its metadata"],
    ["168.63.129.16", "where a cloud has its metadata"],
    ["64:ff9b::a9fe:a9fe", "link-local, where clouds have their metadata"],
    ["64:ff9b::7f00:1", "loopback"],
    ["224.0.0.1", "no address of a host"],
    ["255.255.255.255", "no address of a host"],
    ["ff02::1", "no address of a host"],
  ])("does not go to %s unless healthCheckNetworks has it", (address, what) => {
    const healthChecks = { db: { ...DB, address } };
    const [fault] = faultsOf({ healthChecks });
    expect(fault).toContain(`is ${what}; healthCheckNetworks can allow it for db`);
    expect(fault).toMatch(/^healthChecks\.db\.address: got "/);
    const network = address.includes(":") && !address.includes("127.") ? "::/0" : "0.0.0.0/0";
    expect(configOf({ healthChecks, healthCheckNetworks: [network] }).healthChecks).toHaveLength(1);
  });

  test("warns of a check that nobody uses, and of one that is never healthy", () => {
    const healthChecks = { edge: { type: "http" }, site: { type: "calculated", checks: ["db"], healthy: 2 }, db: DB };
    expect(warningsOf({ healthChecks })).toEqual([
      "healthChecks.site.healthy: 2 of 1 checks are never healthy",
      "healthChecks.edge is not used: no record and no other check names it",
    ]);
  });

  test("keeps its token secret", () => {
    const config = configOf({ allowHealthOverride: true, healthOverrideToken: "a-token-of-some-length" });
    expect(describeConfig(config, { file: "", soaSerial: 1 }).HealthOverrideToken).toBe("[hidden]");
    expect(faultsOf({ healthOverrideToken: "short" })).toEqual([
      "healthOverrideToken: got [hidden]; allowed: a text of at least 16 characters without spaces, or an empty string for none",
    ]);
    expect(warningsOf({ healthOverrideToken: "a-token-of-some-length" })).toEqual([
      "healthOverrideToken is not used, as allowHealthOverride is false",
    ]);
  });

  test("is shown as it is written", () => {
    const healthChecks = { edge: { type: "http", status: "200-299" }, one: { type: "http", status: "204" } };
    const { HealthChecks } = describeConfig(configOf({ healthChecks }), { file: "", soaSerial: 1 });
    expect(HealthChecks).toMatchObject({ edge: { type: "http", status: "200-299" }, one: { status: "204" } });
  });
});

const COMMON = { interval: 2, timeout: 1, failures: 2, successes: 2 };

describe("the values of records", () => {
  const { healthChecks } = configOf({ healthChecks: { edge: { type: "http" }, db: DB } });
  const at = "[3].values[1].healthCheck";
  const use = (check: string, value: string) => ({ key: "records", at, check, value });
  const faults = (check: string, value: string) =>
    healthFaults({ healthChecks, healthCheckNetworks: [] }, [use(check, value)]);

  test("are instances of their own with a check that has no address, and one with a check that has", () => {
    const values = [
      use("edge", "192.0.2.10"),
      use("edge", "192.0.2.11"),
      use("edge", "192.0.2.10"),
      use("db", "www.example.com"),
    ];
    expect(instancesOf(healthChecks, values).map(({ name, address }) => [name, address])).toEqual([
      ["db", "192.0.2.30"],
      ["edge@192.0.2.10", "192.0.2.10"],
      ["edge@192.0.2.11", "192.0.2.11"],
    ]);
  });

  test("have their faults reported at their place", () => {
    expect(faults("egde", "192.0.2.10")).toEqual([{ key: "records", at, value: "egde", allowed: "one of db, edge" }]);
    expect(faults("edge", "127.0.0.1")[0].allowed).toContain("127.0.0.1 is loopback");
    expect(faults("edge", "www.example.com")[0].allowed).toBe(
      "a check with an address: www.example.com is none that could be checked",
    );
    expect(faults("db", "www.example.com")).toEqual([]);
  });

  test("are a thousand at most", () => {
    const values = Array.from({ length: 1_000 }, (_, index) => use("edge", `198.51.${index >> 8}.${index & 255}`));
    const [fault, ...others] = healthFaults({ healthChecks, healthCheckNetworks: [] }, values);
    expect(others).toEqual([]);
    expect(fault).toMatchObject({
      key: "healthChecks",
      value: 1_001,
      allowed: "at most 1000 targets of checks in all",
    });
  });
});

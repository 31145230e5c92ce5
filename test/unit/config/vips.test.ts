import { describe, expect, test } from "vitest";
import { configOf, faultsOf } from "./support.js";

describe("vips", () => {
  test("reads ranges and addresses in their shortest spelling", () => {
    const vips = {
      ipv4Range: "11.1.0.0 - 11.1.0.255",
      ipv6Range: "FD01:D:0::-fd01:d::FF",
      addresses: { "web.marathon": "2001:DB8::1", "redis.marathon": "11.0.0.10" },
    };
    expect(configOf({ vips }).vips).toMatchObject({
      ipv4Range: { first: "11.1.0.0", last: "11.1.0.255" },
      ipv6Range: { first: "fd01:d::", last: "fd01:d::ff" },
      addresses: [
        { name: "redis.marathon", address: "11.0.0.10" },
        { name: "web.marathon", address: "2001:db8::1" },
      ],
    });
  });

  test("has every fault reported at its place", () => {
    const vips = {
      ipv4Range: "11.0.0.9-11.0.0.1",
      ipv6Range: "11.0.0.0-11.0.0.1",
      addresses: { redis: "11.0.0.1", "a.marathon": "11.0.0.2", "b.marathon": "11.0.0.2", "c.marathon": "host" },
      names: "yes",
      lingerSeconds: -1,
    };
    expect(faultsOf({ vips })).toEqual([
      'vips.ipv4Range: got "11.0.0.9-11.0.0.1"; allowed: a range of IPv4 addresses, the first before the last, such as 11.0.0.0-11.255.255.254',
      'vips.ipv6Range: got "11.0.0.0-11.0.0.1"; allowed: a range of IPv6 addresses, the first before the last, such as fd01:c::-fd01:c::ffff:ffff:ffff:ffff',
      'vips.addresses.redis: got "redis"; allowed: the name that /v1/vips shows, without its zone: label and framework, as in redis.marathon',
      'vips.addresses.b.marathon: got "11.0.0.2"; allowed: each address once',
      'vips.addresses.c.marathon: got "host"; allowed: an IPv4 or IPv6 address',
      'vips.names: got "yes"; allowed: true or false',
      "vips.lingerSeconds: got -1; allowed: an integer from 0 to 2147483647",
    ]);
  });

  test("has what a node needs read, and every fault of it told", () => {
    const good = { servers: ["HTTP://dns1.example.com:8123/", "https://[2001:db8::1]"], statusListener: "::1" };
    expect(configOf({ vips: good }).vips).toMatchObject({
      servers: ["http://dns1.example.com:8123", "https://[2001:db8::1]"],
      statusListener: { host: "::1", port: 8_124 },
    });
    const bad = {
      dataPlane: "ipvs",
      servers: ["192.0.2.53", "http://a.example/v1/vips", "http://user:word@a.example"],
      runDir: "run",
      maxConnections: 0,
      statusListener: "host:1",
    };
    expect(faultsOf({ vips: bad }).map((fault) => fault.replace(/; allowed.*/, ""))).toEqual([
      'vips.dataPlane: got "ipvs"',
      'vips.servers[0]: got "192.0.2.53"',
      'vips.servers[1]: got "http://a.example/v1/vips"',
      'vips.servers[2]: got "http://user:[hidden]@a.example"',
      'vips.runDir: got "run"',
      "vips.maxConnections: got 0",
      'vips.statusListener: got "host:1"',
    ]);
  });

  test.each(["l4lb.thisdcos.directory", "a.l4lb.thisdcos.global", "thisdcos.directory", "directory"])(
    "does not go with the domain %s",
    (domain) => {
      const [fault] = faultsOf({ domain, vips: { names: true } });
      expect(fault).toMatch(
        /^domain: got ".*"; allowed: a domain outside .* and not above it, as vips\.names is true$/,
      );
    },
  );
});

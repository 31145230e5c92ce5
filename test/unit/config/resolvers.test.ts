import { describe, expect, test } from "vitest";
import { formatResolver } from "../../../src/base/host-port.js";
import { configOf, faultsOf, warningsOf } from "./support.js";

describe("a resolver over TLS", () => {
  test.each([
    ["tls://192.0.2.53", "192.0.2.53", 853, ""],
    ["tls://192.0.2.53:8853", "192.0.2.53", 8853, ""],
    ["tls://192.0.2.53#dns.example", "192.0.2.53", 853, "dns.example"],
    ["TLS://192.0.2.53:8853#DNS.Example.", "192.0.2.53", 8853, "dns.example"],
    ["tls://2001:DB8::53#dns.example", "2001:db8::53", 853, "dns.example"],
    ["tls://[2001:db8::53]:8853#dns.example", "2001:db8::53", 8853, "dns.example"],
  ])("%s is read as %s, port %i, name %j", (text, host, port, tlsName) => {
    const { resolvers, zoneResolvers } = configOf({ resolvers: [text], zoneResolvers: { "corp.example": [text] } });
    expect(resolvers).toEqual([{ host, port, tlsName }]);
    expect(zoneResolvers).toEqual({ "corp.example": [{ host, port, tlsName }] });
    expect(configOf({ resolvers: resolvers.map(formatResolver) }).resolvers).toEqual(resolvers);
  });

  test.each([
    "tls://",
    "tls://dns.example",
    "tls://192.0.2.53#",
    "tls://192.0.2.53#192.0.2.53",
    "tls://192.0.2.53#dns.example#dns.example",
    "tls://192.0.2.53#under_score.example",
    "tls://192.0.2.53:0#dns.example",
    "tls:192.0.2.53",
    "https://192.0.2.53/dns-query",
    "192.0.2.53#dns.example",
  ])("%j is refused", (text) => {
    expect(faultsOf({ resolvers: [text] })).toHaveLength(1);
    expect(faultsOf({ resolvers: [text] })[0]).toMatch(/^resolvers\[0\]: got ".*; allowed: .*tls:\/\/ip#name/);
  });

  test("differs from the same address without TLS, or with another name", () => {
    const resolvers = ["192.0.2.53", "192.0.2.53:853", "tls://192.0.2.53", "tls://192.0.2.53#dns.example"];
    expect(configOf({ resolvers }).resolvers).toHaveLength(4);
    expect(faultsOf({ resolvers: ["tls://192.0.2.53", "tls://192.0.2.53:853"] })).toEqual([
      'resolvers[1]: got "tls://192.0.2.53:853"; allowed: each entry once',
    ]);
  });
});

describe("a resolver that is this server itself", () => {
  const machineAddresses = () => ["127.0.0.1", "192.0.2.10", "::1", "2001:db8::10"];
  const warnings = (keys: object) => warningsOf(keys, { machineAddresses });
  const ITSELF = "is left out, as this server listens there itself";
  const NOBODY = "nobody is left to ask for these names";

  test.each([
    ["192.0.2.10", "192.0.2.10"],
    ["127.0.0.1", "0.0.0.0"],
    ["127.0.0.53", "0.0.0.0"],
    ["192.0.2.10", "0.0.0.0"],
    ["0.0.0.0", "0.0.0.0"],
    ["::1", "::"],
    ["2001:db8::10", "::"],
    ["192.0.2.10", "::"],
    ["127.0.0.53", "::"],
  ])("is left out: %s with the listener %s", (host, listener) => {
    const written = host.includes(":") ? `[${host}]:53` : `${host}:53`;
    expect(warnings({ listener, resolvers: [host, "198.51.100.53"] })).toEqual([`resolvers: ${written} ${ITSELF}`]);
    const alone = { listener, zoneResolvers: { "corp.example": [host] } };
    expect(warnings(alone)).toEqual([
      `zoneResolvers.corp.example: ${written} ${ITSELF}`,
      `zoneResolvers.corp.example: ${NOBODY}`,
    ]);
    expect(configOf(alone, { machineAddresses }).zoneResolvers).toEqual({ "corp.example": [] });
  });

  test.each([
    ["another port", { resolvers: ["127.0.0.1:5353"] }],
    ["another address", { listener: "192.0.2.10", resolvers: ["127.0.0.1", "192.0.2.11"] }],
    ["the port that is not the default", { port: 5353, resolvers: ["127.0.0.1"] }],
    ["DNS off", { dnson: false, resolvers: ["127.0.0.1"] }],
    ["TLS on the plain port", { resolvers: ["tls://192.0.2.10:53"] }],
  ])("is not found with %s", (_, keys) => {
    expect(warnings(keys)).toEqual([]);
  });

  test("is found over TLS too, at the port for that", () => {
    expect(warnings({ resolvers: ["tls://192.0.2.10#dns.example"] })).toEqual([
      `resolvers: tls://192.0.2.10:853#dns.example ${ITSELF}`,
      `resolvers: ${NOBODY}`,
    ]);
    expect(warnings({ tlsPort: 8853, resolvers: ["tls://192.0.2.10:8853"] })).toHaveLength(2);
    expect(configOf({ tlsPort: 8853, resolvers: ["tls://192.0.2.10"] }, { machineAddresses }).resolvers).toHaveLength(
      1,
    );
  });

  test("is found among several listeners, and each is named", () => {
    const keys = { listener: ["192.0.2.10", "127.0.0.1"], resolvers: ["192.0.2.53", "127.0.0.1", "192.0.2.10"] };
    expect(warnings(keys)).toHaveLength(2);
    expect(configOf(keys, { machineAddresses }).resolvers).toEqual([{ host: "192.0.2.53", port: 53 }]);
  });
});

describe("the bounds of the cache", () => {
  test("must not cross", () => {
    expect(faultsOf({ cache: { minTtl: 61, maxTtl: 60 } })).toEqual([
      "cache.minTtl: got 61; allowed: at most cache.maxTtl, which is 60",
    ]);
    expect(configOf({ cache: { minTtl: 60, maxTtl: 60 } }).cache).toMatchObject({ minTtl: 60, maxTtl: 60 });
    expect(faultsOf({ cache: { minTtl: -1, maxTtl: 0 } })).toHaveLength(2);
  });
});

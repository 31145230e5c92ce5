import { describe, expect, test } from "vitest";
import { configOf, faultsOf } from "./support.js";

const TLS = { tlsCertFile: "c.pem", tlsKeyFile: "k.pem" };

describe("two servers with the same port and address", () => {
  test.each([
    ["httpport", "port", { port: 8123 }],
    ["httpport", "port", { port: 8123, listener: "192.0.2.1" }],
    ["httpport", "port", { port: 8123, listener: ["192.0.2.1", "192.0.2.2"], httplistener: "192.0.2.2" }],
    ["httpport", "port", { port: 8123, listener: "127.0.0.1", httplistener: "::" }],
    ["httpport", "port", { port: 8123, listener: "::", httplistener: "127.0.0.1" }],
    ["httpport", "port", { port: 8123, listener: "", httplistener: "2001:db8::1" }],
    ["tlsPort", "port", { ...TLS, tlsPort: 53 }],
    ["httpport", "tlsPort", { ...TLS, tlsPort: 8123 }],
    ["httpsPort", "httpport", { ...TLS, httpsPort: 8123 }],
    ["httpsPort", "tlsPort", { ...TLS, httpsPort: 853 }],
  ])("are a fault of %s, which names %s: %j", (key, rival, keys) => {
    const faults = faultsOf(keys, { machineAddresses: () => ["127.0.0.1", "::1"] });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(
      new RegExp(`^${key}: got \\d+; allowed: another port than ${rival}, which has this one at `),
    );
  });

  test.each([
    [{ port: 8123, listener: "127.0.0.1", httplistener: "127.0.0.2" }],
    [{ port: 8123, listener: "0.0.0.0", httplistener: "2001:db8::1" }],
    [{ port: 8123, dnson: false }],
    [{ port: 8123, httpon: false }],
    [{ tlsPort: 8123, httpsPort: 8123 }],
    [{ ...TLS, tlsPort: 0, httpsPort: 0 }],
  ])("are not a fault if their addresses are disjoint: %j", (keys) => {
    expect(() => configOf(keys)).not.toThrow();
  });
});

test("a listener that another one covers is left out", () => {
  expect(configOf({ listener: ["192.0.2.1", "0.0.0.0", "127.0.0.1"] }).listener).toEqual(["0.0.0.0"]);
  expect(configOf({ listener: ["127.0.0.1", "::", "2001:db8::1"] }).listener).toEqual(["::"]);
  expect(configOf({ listener: ["0.0.0.0", "::"] }).listener).toEqual(["0.0.0.0", "::"]);
});

import { describe, expect, test } from "vitest";
import { TrustedProxies } from "../../../src/http/client-address.js";

const proxies = new TrustedProxies(["127.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"]);
const PROXY = "127.0.0.1";

function clientOf(peer: string, xForwardedFor?: string, forwarded?: string): string {
  return proxies.clientOf(peer, { xForwardedFor, forwarded });
}

describe("the client behind a proxy", () => {
  test.each([
    ["198.51.100.7", "198.51.100.7"],
    ["10.0.0.1, 198.51.100.7", "198.51.100.7"],
    ["10.0.0.1, 198.51.100.7, 192.0.2.9", "198.51.100.7"],
    ["198.51.100.7:4711", "198.51.100.7"],
    ["2001:db9::1", "2001:db9::1"],
    ["[2001:db9::1]:4711, 2001:db8::9", "2001:db9::1"],
    ["unknown", "0.0.0.0"],
    ["", "0.0.0.0"],
    ["10.0.0.1, what?", "0.0.0.0"],
    ["127.0.0.1", "0.0.0.0"],
    [`10.0.0.1${", 192.0.2.1".repeat(500)}`, "0.0.0.0"],
  ])("is, by X-Forwarded-For: %s, %s", (header, client) => expect(clientOf(PROXY, header)).toBe(client));

  test.each([
    ["for=198.51.100.7", "198.51.100.7"],
    ["For=10.0.0.1;proto=http, by=192.0.2.1;for=198.51.100.7;host=x", "198.51.100.7"],
    ['for="[2001:db9::1]:4711"', "2001:db9::1"],
    ['for="198.51.100.7:80", for=192.0.2.4', "198.51.100.7"],
    ['proto=http;host="a, for=10.0.0.1";for=198.51.100.7', "198.51.100.7"],
    ['for=198.51.100.7;host="x;for=10.0.0.1"', "198.51.100.7"],
    ['host="x\\", for=10.0.0.1, \\"";for=198.51.100.7', "198.51.100.7"],
    ['for="198.51.100\\.7"', "198.51.100.7"],
    ['for=10.0.0.1;host="open, for=198.51.100.7', "0.0.0.0"],
    ['host="x";for=198.51.100.7, host="\\', "0.0.0.0"],
    ['host="a"b;for=198.51.100.7', "0.0.0.0"],
    ["for=198.51.100.7;for=10.0.0.1", "0.0.0.0"],
    ["for=198.51.100.7 for=10.0.0.1", "0.0.0.0"],
    ["for =198.51.100.7", "198.51.100.7"],
    ["for=198.51.100.7;", "198.51.100.7"],
    [", for=198.51.100.7,,", "198.51.100.7"],
    [",", "0.0.0.0"],
    ["proto=http;for=198.51.100.7:4711", "198.51.100.7"],
    ["host=x/y;for=198.51.100.7", "0.0.0.0"],
    ["for=_hidden", "0.0.0.0"],
    ["for=unknown", "0.0.0.0"],
    ["proto=http", "0.0.0.0"],
  ])("is, by Forwarded: %s, %s", (header, client) => expect(clientOf(PROXY, undefined, header)).toBe(client));

  test("is the proxy itself if it sends no header", () => expect(clientOf(PROXY)).toBe(PROXY));

  test("is unknown if the headers disagree, because the client may have written one of them", () => {
    expect(clientOf(PROXY, "198.51.100.7", "for=198.51.100.7")).toBe("198.51.100.7");
    expect(clientOf(PROXY, "10.0.0.1", "for=198.51.100.7")).toBe("0.0.0.0");
  });

  test("is the peer if that is not a trusted proxy, whatever its headers say", () => {
    expect(clientOf("198.51.100.9", "10.0.0.1", "for=10.0.0.1")).toBe("198.51.100.9");
    expect(new TrustedProxies([]).clientOf(PROXY, { xForwardedFor: "10.0.0.1", forwarded: undefined })).toBe(PROXY);
  });
});

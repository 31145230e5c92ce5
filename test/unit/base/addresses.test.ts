import { describe, expect, test } from "vitest";
import { type Address, octetsOf, parseAddress } from "../../../src/base/addresses.js";

describe("an address", () => {
  test.each([
    ["192.0.2.1", 4, "192.0.2.1"],
    ["2001:DB8:0:0:0:0:0:1", 6, "2001:db8::1"],
    ["::ffff:192.0.2.1", 4, "192.0.2.1"],
  ])("%s is of family %i and has the canonical form %s", (text, family, canonical) => {
    expect(parseAddress(text)).toMatchObject({ family, text: canonical });
  });

  test("has its octets in network byte order", () => {
    const octets = (text: string) => octetsOf(parseAddress(text) as Address);
    expect(octets("192.0.2.1")).toEqual(Uint8Array.of(192, 0, 2, 1));
    expect(octets("2001:db8::1")).toEqual(Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
  });

  test.each([
    "",
    "host.example.com",
    "192.0.2",
    "192.0.2.256",
    "192.0.2.01",
    "192.0.2.00",
    "192.0.2.1.",
    ".192.0.2.1",
    "192..2.1",
    "192.0.2.1.5",
    "192.0.2.+1",
    "192.0.2.1 ",
    "192.0.2.1000",
    "...",
    "0x7f.0.0.1",
    "fe80::1%eth0",
    "1::2::3",
    "1".repeat(100),
  ])("is not %j", (text) => expect(parseAddress(text)).toBeUndefined());
});

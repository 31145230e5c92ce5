import type { NetworkInterfaceInfo } from "node:os";
import { expect, test } from "vitest";
import { addressesBehind, hears, isWildcard } from "../../../src/base/wildcards.js";

const v4 = (address: string): NetworkInterfaceInfo => ({
  family: "IPv4",
  address,
  netmask: "255.255.255.0",
  mac: "00:00:5e:00:53:01",
  internal: false,
  cidr: null,
});
const v6 = (address: string, scopeid = 0): NetworkInterfaceInfo => ({
  ...v4(address),
  family: "IPv6",
  scopeid,
});
const INTERFACES = { eth0: [v4("192.0.2.1"), v6("2001:db8::1"), v6("fe80::1", 2)], gone: undefined };

test.each([
  ["0.0.0.0", false, ["192.0.2.1"]],
  ["::", false, ["192.0.2.1", "2001:db8::1"]],
  ["::", true, ["2001:db8::1"]],
])("%s (only IPv6: %s) stands for %j", (wildcard, onlyIPv6, addresses) => {
  expect(addressesBehind(wildcard, INTERFACES, onlyIPv6).map(({ address }) => address)).toEqual(addresses);
});

test("a wildcard receives what is sent to its family, and :: to both families", () => {
  expect(["0.0.0.0", "::", "192.0.2.1"].map(isWildcard)).toEqual([true, true, false]);
  const heard = (listener: string) => ["192.0.2.1", "2001:db8::1"].map((address) => hears(listener, address));
  expect([heard("0.0.0.0"), heard("::"), heard("192.0.2.1")]).toEqual([
    [true, false],
    [true, true],
    [false, false],
  ]);
});

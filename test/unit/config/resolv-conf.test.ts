import { expect, test } from "vitest";
import { nameserversOf } from "../../../src/config/resolv-conf.js";

test("the nameservers are read in order, without duplicates and this machine itself", () => {
  const file = [
    "# nameserver 192.0.2.99",
    "search example.com",
    "nameserver 192.0.2.1",
    "nameserver\t2001:DB8::53",
    "nameserver 2001:db8:0::1",
    "nameserver 192.0.2.53 # the old one",
    "nameserver 192.0.2.53",
    "nameserver ns.example",
    "nameserver",
  ].join("\n");
  expect(nameserversOf(file, ["192.0.2.1", "2001:db8::1"])).toEqual(["2001:db8::53", "192.0.2.53"]);
});

test("a file without nameservers names none", () => {
  expect(nameserversOf("", [])).toEqual([]);
});

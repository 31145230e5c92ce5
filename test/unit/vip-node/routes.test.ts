import { expect, test } from "vitest";
import { localityOf, parseRoutes } from "../../../src/vip-node/routes.js";

const LISTED = `[{"type":"local","dst":"192.0.2.1","dev":"eth0","protocol":"kernel","scope":"host","flags":[]},
  {"type":"local","dst":"11.0.0.0/8","dev":"lo","scope":"host","flags":[]},
  {"type":"local","dst":"127.0.0.0/8","dev":"lo","protocol":"kernel","scope":"host","flags":[]},
  {"type":"broadcast","dst":"192.0.2.255","dev":"eth0","protocol":"kernel","scope":"link","flags":[]},
  {"type":"local","dst":"11.0.0.9","dev":"docker0","protocol":"kernel","scope":"host","flags":[]},
  {"type":"local","dst":"fd01:c::/64","dev":"lo","metric":1024,"flags":[],"pref":"medium"},
  {"type":"multicast","dst":"ff00::/8","dev":"eth0","protocol":"kernel","metric":256,"flags":[]}]`;

test.each([
  ["192.0.2.1", "assigned"],
  ["127.0.0.53", "assigned"],
  ["11.0.0.9", "assigned"],
  ["11.0.0.1", "routed"],
  ["fd01:c::1", "routed"],
  ["192.0.2.255", undefined],
  ["192.0.2.2", undefined],
  ["fd01:d::1", undefined],
])("%s is %s", (address, locality) => {
  expect(localityOf(address, parseRoutes(LISTED) ?? [])).toBe(locality);
});

test("no routes are none, and what is no list is told apart", () => {
  expect(parseRoutes("")).toEqual([]);
  expect(parseRoutes("local 192.0.2.1 dev eth0")).toBeUndefined();
  expect(parseRoutes("{}")).toBeUndefined();
});

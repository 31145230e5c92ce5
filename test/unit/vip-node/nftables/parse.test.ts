import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTable } from "../../../../src/vip-node/nftables/parse.js";
import { BASE_RULES } from "../../../../src/vip-node/nftables/ruleset.js";

const RANGES = { ip: { first: "11.0.0.0", last: "11.255.255.254" }, ip6: { first: "fd01:c::", last: "fd01:c::ffff" } };
const tableIn = (listed: string) => parseTable(listed, RANGES);

/** As nft 1.0.6 lists them. */
const BASE = Object.entries(BASE_RULES).flatMap(([chain, count]) => [
  { chain: { family: "ip", table: "mesos-dns-vips", name: chain, handle: 3 } },
  ...Array.from({ length: count }, () => ruleOf(chain, [{ masquerade: null }])),
]);
function ruleOf(chain: string, expr: unknown) {
  return { rule: { family: "ip", table: "mesos-dns-vips", chain, handle: 33, expr } };
}
const dnatTo = (set: unknown) => [
  { match: { op: "==", left: { meta: { key: "l4proto" } }, right: "tcp" } },
  { dnat: { family: "ip", addr: { map: { key: { numgen: { mode: "random", mod: 777 } }, data: { set } } } } },
];
const servicesOf = (chain: string, verdict = "jump") => ({
  map: { name: "services", elem: [[{ concat: ["11.0.0.1", "tcp", 80] }, { [verdict]: { target: chain } }]] },
});
const CHAIN = "tcp-11.0.0.1-80";
const chain = { chain: { family: "ip", table: "mesos-dns-vips", name: CHAIN, handle: 17 } };
const text = (...objects: unknown[]) => JSON.stringify({ nftables: [{ metainfo: {} }, ...objects] });
const target = (host: number, weight: number) => ({
  ip: `192.0.2.${host}`,
  port: 80,
  weight,
  isRetired: false,
  isIdle: false,
});

test("the weight of a target is how many numbers lead to it", () => {
  const entries = [
    [{ range: [0, 255] }, { concat: ["192.0.2.1", 80] }],
    [256, { concat: ["192.0.2.2", 80] }],
    [{ range: [257, 258] }, { concat: ["192.0.2.3", 80] }],
    [259, { concat: ["192.0.2.2", 80] }],
  ];
  expect(tableIn(text(servicesOf(CHAIN), ...BASE, chain, ruleOf(CHAIN, dnatTo(entries))))).toEqual({
    isWhole: true,
    services: [
      {
        address: "11.0.0.1",
        port: 80,
        protocol: "tcp",
        isOpen: true,
        targets: [target(1, 256), target(2, 2), target(3, 2)],
      },
    ],
  });
});

test("a service is open if something leads to its rule, and the table is whole", () => {
  const rule = ruleOf(CHAIN, dnatTo([[0, { concat: ["192.0.2.1", 80] }]]));
  const isOpen = (...objects: unknown[]) => tableIn(text(...objects))?.services.map((service) => service.isOpen);
  expect(isOpen(servicesOf(CHAIN), ...BASE, chain, rule)).toEqual([true]);
  expect(isOpen(servicesOf(CHAIN), ...BASE, chain)).toEqual([false]);
  expect(isOpen(...BASE, chain, rule)).toEqual([false]);
  expect(isOpen(servicesOf(CHAIN), ...BASE.slice(1), chain, rule)).toEqual([false]);
  expect(tableIn(text(servicesOf(CHAIN), ...BASE.slice(1)))?.isWhole).toBe(false);
});

test("a service outside of the range is open only if its address is listed", () => {
  const literal = "tcp-192.0.2.9-80";
  const own = { chain: { family: "ip", table: "mesos-dns-vips", name: literal, handle: 18 } };
  const rule = ruleOf(literal, dnatTo([[0, { concat: ["192.0.2.1", 80] }]]));
  const set = (...elem: string[]) => ({ set: { family: "ip", name: "literals", table: "mesos-dns-vips", elem } });
  const isOpen = (...objects: unknown[]) =>
    tableIn(text(servicesOf(literal), ...BASE, own, rule, ...objects))?.services.map((service) => service.isOpen);
  expect(isOpen(set("192.0.2.8", "192.0.2.9"))).toEqual([true]);
  expect(isOpen(set("192.0.2.8"))).toEqual([false]);
  expect(isOpen({ set: { name: "literals" } })).toEqual([false]);
  expect(isOpen()).toEqual([false]);
});

test("a rule of somebody else's making has no targets, and a chain of somebody else's is no service", () => {
  const drop = ruleOf(CHAIN, [{ drop: null }]);
  const double = [ruleOf(CHAIN, dnatTo([[0, { concat: ["192.0.2.1", 80] }]])), drop];
  const other = { chain: { name: "mine" } };
  expect(tableIn(text(servicesOf(CHAIN), ...BASE, chain, drop, other))?.services).toMatchObject([{ targets: [] }]);
  expect(tableIn(text(servicesOf(CHAIN), ...BASE, chain, ...double))?.services).toMatchObject([{ targets: [] }]);
});

test("text that is no listing is told apart, and no listing makes it throw", () => {
  for (const none of ["", "table ip x {}", "[]", "null", '{"nftables":7}']) expect(tableIn(none)).toBeUndefined();
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), (objects, expr) => {
      expect(tableIn(text(...objects, chain, ruleOf(CHAIN, expr)))?.services).toHaveLength(1);
    }),
  );
});

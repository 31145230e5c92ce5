import fc from "fast-check";
import { expect, test } from "vitest";
import { parseAddress } from "../../../../src/base/addresses.js";
import {
  BASE_RULES,
  baseScript,
  chainOf,
  clearScript,
  serviceOfChain,
} from "../../../../src/vip-node/nftables/ruleset.js";
import { isInRange, networkOf } from "../../../../src/vip-node/ranges.js";

const RANGES = {
  ip: { first: "11.0.0.0", last: "11.255.255.254" },
  ip6: { first: "fd01:c::", last: "fd01:c::ffff:ffff:ffff:ffff" },
};

test("the tables are these", () => {
  const [ipv4 = "", ipv6 = ""] = baseScript(RANGES).split(/(?=^add table ip6)/m);
  expect(ipv4.split("\n")).toEqual([
    "add table ip mesos-dns-vips",
    "add map ip mesos-dns-vips services { type ipv4_addr . inet_proto . inet_service : verdict ; }",
    "add set ip mesos-dns-vips literals { type ipv4_addr ; }",
    "add chain ip mesos-dns-vips dispatch",
    "add chain ip mesos-dns-vips prerouting { type nat hook prerouting priority -110 ; }",
    "add chain ip mesos-dns-vips output { type nat hook output priority -110 ; }",
    "add chain ip mesos-dns-vips postrouting { type nat hook postrouting priority 100 ; }",
    "add chain ip mesos-dns-vips refuse { type filter hook input priority 0 ; }",
    "add chain ip mesos-dns-vips refuse-own { type filter hook output priority 0 ; }",
    "flush chain ip mesos-dns-vips dispatch",
    "add rule ip mesos-dns-vips dispatch ip daddr . meta l4proto . th dport vmap @services",
    "add rule ip mesos-dns-vips dispatch meta l4proto { tcp, udp } dnat ip to ip daddr",
    "flush chain ip mesos-dns-vips prerouting",
    "add rule ip mesos-dns-vips prerouting ip daddr 11.0.0.0-11.255.255.254 jump dispatch",
    "add rule ip mesos-dns-vips prerouting ip daddr @literals jump dispatch",
    "flush chain ip mesos-dns-vips output",
    "add rule ip mesos-dns-vips output ip daddr 11.0.0.0-11.255.255.254 jump dispatch",
    "add rule ip mesos-dns-vips output ip daddr @literals jump dispatch",
    "flush chain ip mesos-dns-vips postrouting",
    "add rule ip mesos-dns-vips postrouting ct status dnat ct original ip daddr 11.0.0.0-11.255.255.254 masquerade",
    "add rule ip mesos-dns-vips postrouting ct status dnat ct original ip daddr @literals masquerade",
    "flush chain ip mesos-dns-vips refuse",
    "add rule ip mesos-dns-vips refuse ct state new ip daddr 11.0.0.0-11.255.255.254 meta l4proto tcp reject with tcp reset",
    "add rule ip mesos-dns-vips refuse ct state new ip daddr 11.0.0.0-11.255.255.254 meta l4proto != icmp reject with icmp port-unreachable",
    "add rule ip mesos-dns-vips refuse ct state new ip daddr @literals meta l4proto tcp reject with tcp reset",
    "add rule ip mesos-dns-vips refuse ct state new ip daddr @literals meta l4proto != icmp reject with icmp port-unreachable",
    "flush chain ip mesos-dns-vips refuse-own",
    "add rule ip mesos-dns-vips refuse-own ct state new ip daddr 11.0.0.0-11.255.255.254 meta l4proto tcp reject with tcp reset",
    "add rule ip mesos-dns-vips refuse-own ct state new ip daddr 11.0.0.0-11.255.255.254 meta l4proto != icmp reject with icmp port-unreachable",
    "add rule ip mesos-dns-vips refuse-own ct state new ip daddr @literals meta l4proto tcp reject with tcp reset",
    "add rule ip mesos-dns-vips refuse-own ct state new ip daddr @literals meta l4proto != icmp reject with icmp port-unreachable",
    "",
  ]);
  expect(ipv6).toContain(
    "add rule ip6 mesos-dns-vips output ip6 daddr fd01:c::-fd01:c::ffff:ffff:ffff:ffff jump dispatch\n",
  );
  expect(ipv6).toContain("meta l4proto != ipv6-icmp reject with icmpv6 port-unreachable\n");
});

test("each chain has as many rules as a table is asked for to be whole", () => {
  for (const [chain, count] of Object.entries(BASE_RULES))
    expect(baseScript(RANGES).split(`add rule ip mesos-dns-vips ${chain} `)).toHaveLength(count + 1);
});

test("clearing works whether the tables stand or not", () => {
  expect(clearScript()).toBe(
    "add table ip mesos-dns-vips\ndelete table ip mesos-dns-vips\nadd table ip6 mesos-dns-vips\ndelete table ip6 mesos-dns-vips\n",
  );
});

test("the name of a chain leads back to its service", () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6()).map((text) => parseAddress(text)?.text ?? "192.0.2.1");
  const port = fc.integer({ min: 1, max: 65_535 });
  const service = fc.record({ address, port, protocol: fc.constantFrom("tcp" as const, "udp" as const) });
  fc.assert(fc.property(service, (made) => void expect(serviceOfChain(chainOf(made))).toEqual(made)));
  for (const chain of ["dispatch", "tcp-192.0.2.1", "sctp-192.0.2.1-80", "tcp-192.0.2-80"])
    expect(serviceOfChain(chain)).toBeUndefined();
});

test.each([
  ["11.0.0.0", true],
  ["11.255.255.254", true],
  ["11.255.255.255", false],
  ["10.255.255.255", false],
  ["fd01:c::", true],
  ["fd01:c:0:1::", false],
])("whether %s is in a range is %s", (address, isIn) => {
  expect(isInRange(address, RANGES)).toBe(isIn);
});

test.each([
  ["11.0.0.0", "11.255.255.254", "11.0.0.0/8"],
  ["192.0.2.1", "192.0.2.6", "192.0.2.0/29"],
  ["192.0.2.1", "192.0.2.1", "192.0.2.1"],
  ["0.0.0.1", "255.0.0.0", "0.0.0.0/0"],
])("%s-%s is within %s", (first, last, network) => {
  expect(networkOf("ip", { ...RANGES, ip: { first, last } })).toBe(network);
});

test("the network of the range of IPv6 is within 64 bits", () => {
  expect(networkOf("ip6", RANGES)).toBe("fd01:c::/64");
});

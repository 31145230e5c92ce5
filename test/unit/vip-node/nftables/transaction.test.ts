import fc from "fast-check";
import { expect, test } from "vitest";
import { type Service, serviceKey } from "../../../../src/vip-node/model.js";
import { changesOf, scriptOf } from "../../../../src/vip-node/nftables/transaction.js";
import { plan, type Step } from "../../../../src/vip-node/plan.js";

const RANGES = {
  ip: { first: "11.0.0.0", last: "11.255.255.254" },
  ip6: { first: "fd01:c::", last: "fd01:c::ffff:ffff:ffff:ffff" },
};
const NOTHING = new Map<string, never>();
const lines = (steps: readonly Step[], standing: Parameters<typeof scriptOf>[1]["standing"] = NOTHING) => {
  const { changes, common } = scriptOf(changesOf(steps), { ranges: RANGES, standing });
  return [...changes.flat(), ...common];
};
const [T1, T2] = [
  { ip: "192.0.2.1", port: 31000, weight: 3 },
  { ip: "192.0.2.2", port: 31001, weight: 1 },
];
const REDIS: Service = { name: "redis", address: "11.0.0.1", port: 6379, protocol: "tcp", targets: [T1, T2] };
const open = (service: Service) => new Map([[serviceKey(service), { ...service, isOpen: true }]]);

test("a new service is a chain, a rule with as many numbers as weights, and an element that leads to it", () => {
  expect(lines([{ kind: "add-service", service: REDIS }])).toEqual([
    "add chain ip mesos-dns-vips tcp-11.0.0.1-6379",
    "flush chain ip mesos-dns-vips tcp-11.0.0.1-6379",
    "add rule ip mesos-dns-vips tcp-11.0.0.1-6379 meta l4proto tcp dnat ip to numgen random mod 4 map { 0 : 192.0.2.1 . 31000, 1 : 192.0.2.1 . 31000, 2 : 192.0.2.1 . 31000, 3 : 192.0.2.2 . 31001 }",
    "add element ip mesos-dns-vips services { 11.0.0.1 . tcp . 6379 : jump tcp-11.0.0.1-6379 }",
  ]);
});

test("large weights are ranges, and IPv6 is the same in its own table", () => {
  const targets = [
    { ip: "2001:db8::1", port: 53, weight: 256 },
    { ip: "2001:db8::2", port: 53, weight: 1 },
  ];
  const service: Service = { name: "dns", address: "fd01:c::1", port: 53, protocol: "udp", targets };
  expect(lines([{ kind: "add-service", service }]).slice(2)).toEqual([
    "add rule ip6 mesos-dns-vips udp-fd01_c__1-53 meta l4proto udp dnat ip6 to numgen random mod 257 map { 0-255 : 2001:db8::1 . 53, 256 : 2001:db8::2 . 53 }",
    "add element ip6 mesos-dns-vips services { fd01:c::1 . udp . 53 : jump udp-fd01_c__1-53 }",
  ]);
});

test("all steps of a service that stands are one new rule, without those who have no weight", () => {
  const service = { ...REDIS, targets: [{ ...T1, weight: 0 }, T2] };
  const [target = T1] = service.targets;
  const steps: Step[] = [
    { kind: "set-weight", service, target },
    { kind: "retire-target", service, target: { ...T1, port: 1 } },
  ];
  expect(lines(steps, open(REDIS))).toEqual([
    "flush chain ip mesos-dns-vips tcp-11.0.0.1-6379",
    "add rule ip mesos-dns-vips tcp-11.0.0.1-6379 meta l4proto tcp dnat ip to numgen random mod 1 map { 0 : 192.0.2.2 . 31001 }",
  ]);
});

test("a service that is closed has an empty chain", () => {
  const service = { ...REDIS, targets: [] };
  expect(lines([{ kind: "close", service }], open(REDIS))).toEqual(["flush chain ip mesos-dns-vips tcp-11.0.0.1-6379"]);
});

test("a service is removed with its element before its chain, also where only half of it stands", () => {
  expect(lines([{ kind: "remove-service", service: REDIS }], open(REDIS))).toEqual([
    "add chain ip mesos-dns-vips tcp-11.0.0.1-6379",
    "add element ip mesos-dns-vips services { 11.0.0.1 . tcp . 6379 : jump tcp-11.0.0.1-6379 }",
    "delete element ip mesos-dns-vips services { 11.0.0.1 . tcp . 6379 : jump tcp-11.0.0.1-6379 }",
    "flush chain ip mesos-dns-vips tcp-11.0.0.1-6379",
    "delete chain ip mesos-dns-vips tcp-11.0.0.1-6379",
  ]);
});

test("an address outside of the range is listed until its last service is removed", () => {
  const first = { ...REDIS, address: "192.0.2.9" };
  const second = { ...first, port: 80 };
  const added = "add element ip mesos-dns-vips literals { 192.0.2.9 }";
  const deleted = "delete element ip mesos-dns-vips literals { 192.0.2.9 }";
  expect(lines([{ kind: "add-service", service: first }])).toContain(added);
  const both = new Map([...open(first), ...open(second)]);
  expect(lines([{ kind: "remove-service", service: first }], both)).not.toContain(deleted);
  expect(lines([{ kind: "remove-service", service: first }], open(first)).slice(-2)).toEqual([added, deleted]);
});

test("a change has all the steps of its service, and no other's", () => {
  const step = fc.record({
    host: fc.integer({ min: 1, max: 5 }),
    kind: fc.constantFrom("open", "close", "add-service"),
  });
  fc.assert(
    fc.property(fc.array(step), (made) => {
      const steps = made.map(({ host, kind }) => ({ kind, service: { ...REDIS, address: `11.0.0.${host}` } }) as Step);
      const changes = changesOf(steps);
      expect(changes.flatMap((change) => change.steps)).toHaveLength(steps.length);
      for (const { service, steps: own } of changes)
        expect(new Set(own.map((one) => serviceKey(one.service)))).toEqual(new Set([serviceKey(service)]));
      expect(new Set(changes.map(({ service }) => serviceKey(service))).size).toBe(changes.length);
    }),
  );
});

test("nothing to do is nothing for nft", () => {
  expect(plan([], [], { services: new Set(), targets: new Set() })).toEqual([]);
  expect(lines([])).toEqual([]);
});

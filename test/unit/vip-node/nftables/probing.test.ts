import fc from "fast-check";
import { expect, test } from "vitest";
import type { ProbeRequest } from "../../../../src/health/probe.js";
import { type Service, shouldBeOpen, targetKey } from "../../../../src/vip-node/model.js";
import { TargetProbes, withoutFailed } from "../../../../src/vip-node/nftables/probing.js";
import { ManualTimers } from "../../../support/timers.js";

const target = (host: number, weight = 1) => ({ ip: `192.0.2.${host}`, port: 80, weight });
const service = (address: string, hosts: readonly number[], protocol: "tcp" | "udp" = "tcp"): Service => ({
  name: address,
  address,
  port: 80,
  protocol,
  targets: hosts.map((host) => target(host)),
});

test("a target that has failed has no weight, unless nobody else is left", () => {
  const services = [service("11.0.0.1", [1, 2]), service("11.0.0.2", [1]), service("11.0.0.3", [1, 2], "udp")];
  expect(withoutFailed(services, new Set(["192.0.2.1:80"]))).toEqual([
    { ...services[0], targets: [target(1, 0), target(2)] },
    services[1],
    services[2],
  ]);
});

test("no service is closed by probes, and no target gets weight from them", () => {
  const targets = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.constantFrom(0, 1, 7)), {
    selector: ([host]) => host,
  });
  fc.assert(
    fc.property(targets, fc.array(fc.integer({ min: 1, max: 9 })), (made, failing) => {
      const before = { ...service("11.0.0.1", []), targets: made.map(([host, weight]) => target(host, weight)) };
      const failed = new Set(failing.map((host) => targetKey(target(host))));
      const [after = before] = withoutFailed([before], failed);
      expect(shouldBeOpen(after)).toBe(shouldBeOpen(before));
      const positive = (one: Service) => one.targets.filter(({ weight }) => weight > 0);
      const left = positive(before).filter((one) => !failed.has(targetKey(one)));
      expect(positive(after)).toEqual(left.length > 0 ? left : positive(before));
    }),
  );
});

test("targets of used services over TCP are probed every 2 s, and fail after two results in a row", async () => {
  const timers = new ManualTimers();
  const down = new Set<string>(["192.0.2.1"]);
  const probed: string[] = [];
  let changes = 0;
  const probe = ({ address, done }: ProbeRequest) => {
    probed.push(address);
    queueMicrotask(() => done(down.has(address) ? "refused" : undefined));
    return () => undefined;
  };
  const probes = new TargetProbes({ timers, wallClock: () => timers.now(), probe, onChange: () => changes++ });
  const services = [service("11.0.0.1", [1, 2]), service("11.0.0.2", [3]), service("11.0.0.3", [4], "udp")];
  const used = new Set(["tcp:11.0.0.1:80", "udp:11.0.0.3:80"]);
  probes.follow(services, used);
  await timers.advance(1_900);
  expect(new Set(probed)).toEqual(new Set(["192.0.2.1", "192.0.2.2"]));
  expect(probes.failed()).toEqual(new Set());
  await timers.advance(2_000);
  expect(probes.failed()).toEqual(new Set(["192.0.2.1:80"]));
  expect(changes).toBe(1);
  probes.follow(services, used);
  expect(probes.failed()).toEqual(new Set(["192.0.2.1:80"]));
  down.clear();
  await timers.advance(2_000);
  expect(probes.failed()).toEqual(new Set());
  probes.follow(services, new Set());
  probed.length = 0;
  await timers.advance(10_000);
  expect(probed).toEqual([]);
  expect(timers.pending).toBe(0);
});

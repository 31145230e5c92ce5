import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { afterSteps } from "../../../src/vip-node/believed.js";
import {
  type Actual,
  type ActualService,
  type Service,
  serviceKey,
  shouldBeOpen,
  targetKey,
} from "../../../src/vip-node/model.js";
import { endingKey, plan } from "../../../src/vip-node/plan.js";

const NONE = { services: new Set<string>(), targets: new Set<string>() };

const place = fc.record({
  ip: fc.constantFrom("192.0.2.1", "192.0.2.2", "2001:db8::1"),
  port: fc.integer({ min: 1, max: 3 }),
});
const weight = fc.integer({ min: 0, max: 3 });
const at = fc.record({
  address: fc.constantFrom("11.0.0.1", "11.0.0.2", "fd01:c::1"),
  port: fc.constantFrom(80, 443),
  protocol: fc.constantFrom("tcp" as const, "udp" as const),
});
const targets = fc.uniqueArray(
  fc.record({ place, weight }).map(({ place, weight }) => ({ ...place, weight })),
  {
    selector: targetKey,
    maxLength: 5,
  },
);
const desiredOf: fc.Arbitrary<readonly Service[]> = fc.uniqueArray(
  fc.record({ at, targets }).map(({ at, targets }) => ({ ...at, name: "redis.example:6379", targets })),
  { selector: serviceKey, maxLength: 5 },
);
const actualTargets = fc.uniqueArray(
  fc
    .record({ place, weight, isRetired: fc.boolean(), isIdle: fc.boolean() })
    .map(({ place, ...rest }) => ({ ...place, ...rest })),
  { selector: targetKey, maxLength: 5 },
);
const actualOf: fc.Arbitrary<Actual> = fc.uniqueArray(
  fc
    .record({ at, isOpen: fc.boolean(), targets: actualTargets })
    .map(({ at, ...rest }): ActualService => ({ ...at, ...rest })),
  { selector: serviceKey, maxLength: 5 },
);

/** What clients notice: which services take connections, and what share each target gets. */
function seen(actual: Actual) {
  return actual
    .map((service) => ({
      key: serviceKey(service),
      isOpen: service.isOpen,
      targets: service.targets
        .filter(({ isRetired }) => !isRetired)
        .map((target) => `${targetKey(target)} ${target.weight}`)
        .sort(),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

function wished(desired: readonly Service[]) {
  return desired
    .map((service) => ({
      key: serviceKey(service),
      isOpen: shouldBeOpen(service),
      targets: service.targets.map((target) => `${targetKey(target)} ${target.weight}`).sort(),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

describe("a plan", () => {
  test("leads from whatever is to what should be, and taken once leaves nothing to do but what has become idle", () => {
    fc.assert(
      fc.property(desiredOf, actualOf, fc.boolean(), (desired, actual, keepsRetired) => {
        const keys = new Set(desired.map(serviceKey));
        const foreign = new Set(actual.map(serviceKey).filter((key) => !keys.has(key)));
        const endings = { services: foreign, targets: new Set<string>() };
        const after = afterSteps(actual, plan(desired, actual, endings), keepsRetired);
        expect(seen(after)).toEqual(wished(desired));
        expect(plan(desired, after, endings)).toEqual([]);
      }),
    );
  });

  test("touches no target that is as it should be", () => {
    fc.assert(
      fc.property(desiredOf, actualOf, (desired, actual) => {
        const standing = new Map(actual.map((service) => [serviceKey(service), service]));
        for (const step of plan(desired, actual, NONE)) {
          if (!("target" in step)) continue;
          const known = standing
            .get(serviceKey(step.service))
            ?.targets.find((target) => targetKey(target) === targetKey(step.target));
          const wanted = step.service.targets.find((target) => targetKey(target) === targetKey(step.target));
          expect(known && wanted && !known.isRetired && known.weight === wanted.weight).not.toBe(true);
        }
      }),
    );
  });

  test("leaves alone what nobody wants until it has been so for long enough", () => {
    fc.assert(
      fc.property(actualOf, (actual) => {
        expect(plan([], actual, NONE)).toEqual([]);
        const all = { services: new Set(actual.map(serviceKey)), targets: new Set<string>() };
        expect(plan([], actual, all).map(({ kind }) => kind)).toEqual(actual.map(() => "remove-service"));
      }),
    );
  });

  test("gives connections somewhere to go before it takes anything away", () => {
    const target = (ip: string, weight: number) => ({ ip, port: 80, weight });
    const standing = (ip: string, weight: number) => ({ ...target(ip, weight), isRetired: false, isIdle: false });
    const redis = { address: "11.0.0.1", port: 6379, protocol: "tcp" as const };
    const web = { address: "11.0.0.2", port: 80, protocol: "tcp" as const };
    const old = { address: "11.0.0.3", port: 80, protocol: "tcp" as const };
    const actual: Actual = [
      {
        ...redis,
        isOpen: false,
        targets: [
          standing("192.0.2.1", 1),
          standing("192.0.2.2", 0),
          { ...standing("192.0.2.9", 1), isRetired: true, isIdle: true },
        ],
      },
      { ...old, isOpen: true, targets: [] },
      { ...web, isOpen: true, targets: [standing("192.0.2.4", 1)] },
    ];
    const desired: Service[] = [
      { ...redis, name: "redis", targets: [target("192.0.2.2", 2), target("192.0.2.3", 1), target("192.0.2.1", 0)] },
      { ...web, name: "web", targets: [] },
    ];
    const endings = { services: new Set([serviceKey(old)]), targets: new Set<string>() };
    const steps = plan(desired, actual, endings).map(
      (step) => `${step.kind} ${"target" in step ? targetKey(step.target) : step.service.address}`,
    );
    expect(steps).toEqual([
      "add-target 192.0.2.3:80",
      "set-weight 192.0.2.2:80",
      "set-weight 192.0.2.1:80",
      "open 11.0.0.1",
      "close 11.0.0.2",
      "retire-target 192.0.2.4:80",
      "delete-target 192.0.2.9:80",
      "remove-service 11.0.0.3",
    ]);
  });

  test("cuts a target that is gone only when its time is over", () => {
    const web = { address: "11.0.0.2", port: 80, protocol: "tcp" as const };
    const held = { ip: "192.0.2.4", port: 80, weight: 1, isRetired: true, isIdle: false };
    const actual: Actual = [{ ...web, isOpen: false, targets: [held] }];
    const desired: Service[] = [{ ...web, name: "web", targets: [] }];
    expect(plan(desired, actual, NONE)).toEqual([]);
    const over = { services: new Set<string>(), targets: new Set([endingKey(web, held)]) };
    expect(plan(desired, actual, over).map(({ kind }) => kind)).toEqual(["delete-target"]);
  });
});

import { describe, expect, test } from "vitest";
import { type Address, parseAddress } from "../../../src/base/addresses.js";
import { ZoneRecords } from "../../../src/build/zone-records.js";
import { zoneAt } from "../../../src/views/configured-zone.js";
import type { View } from "../../../src/views/view.js";
import { viewsOf, zonesOf } from "../../../src/views/views.js";
import { compileZones } from "../../../src/zone/compile.js";
import { configOf } from "../config/support.js";
import { factsOf, framework } from "./mesos-dns/support.js";

const ADDRESS = parseAddress("198.51.100.1") as Address;
const CONFIG = configOf({ dcosNames: true });

/** The numbers of names and records in the zones of these views for a cluster without tasks. */
function counted(views: readonly View[]): Record<string, number> {
  const records = new ZoneRecords(views, 1);
  records.fill(factsOf([framework()]));
  const counts = records.contents.map((content) => compileZones([content]).records);
  return Object.fromEntries(records.zones.map(({ name }, i) => [name, counts[i] ?? 0]));
}

describe("views", () => {
  test("are the configured ones", () => {
    const names = (config: object) => zonesOf(viewsOf(configOf(config))).map(({ name }) => name);
    expect(names({})).toEqual(["mesos", ""]);
    expect(names({ reverse: false })).toEqual(["mesos"]);
    expect(names({ dcosNames: true, domain: "dc1.example" })).toEqual(["dc1.example", "thisdcos.directory", ""]);
  });

  test("may have several zones, and put names into another view's", () => {
    const before = counted(viewsOf(CONFIG));
    const guest: View = {
      zones: [zoneAt("one.example", CONFIG), zoneAt("two.example", CONFIG)],
      emitter: (_facts, { zone }) => ({
        masters: () => {
          zone("two.example")?.address("www.two.example", ADDRESS);
          zone("thisdcos.directory")?.address("redis.marathon.l4lb.thisdcos.directory", ADDRESS);
          zone("nobody.example")?.address("www.nobody.example", ADDRESS);
        },
      }),
    };
    const after = counted([...viewsOf(CONFIG), guest]);
    const shared = "thisdcos.directory";
    expect(after).toEqual({ ...before, [shared]: (before[shared] ?? 0) + 1, "one.example": 1, "two.example": 2 });
  });

  test("that have the same zone share it, and the first one defines it", () => {
    const mine: View = { zones: [{ ...zoneAt("mesos", CONFIG), ttl: 5 }] };
    expect(zonesOf([...viewsOf(CONFIG), mine]).filter(({ name }) => name === "mesos")).toEqual([
      zoneAt("mesos", CONFIG),
    ]);
  });

  test("may have no zone at all, or copy the records of other views to their own zones", () => {
    const names: string[] = [];
    const sink = {
      address: (name: string) => names.push(name),
      service: (name: string) => names.push(name),
      pointer: (name: string) => names.push(name),
      character: (name: string) => names.push(name),
      prepared: (name: string) => names.push(name),
    };
    counted([...viewsOf(CONFIG), { zones: [], mirror: { of: "mesos", into: () => sink } }]);
    expect(names).toContain("master0.mesos");
    expect(names.every((name) => name.endsWith(".mesos"))).toBe(true);
  });
});

import { describe, expect, test } from "vitest";
import type { Build } from "../../../src/build/build-result.js";
import type { ZoneBuilder } from "../../../src/build/zone-builder.js";
import type { Cluster } from "../../../src/sources/mesos/cluster.js";
import type { Health } from "../../../src/views/facts.js";
import { addressesOf } from "../../../src/zone/dump.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { configOf } from "../config/support.js";
import { builderOf } from "./support.js";

const CLUSTER: Cluster = {
  leader: { host: "192.0.2.1", port: 5050 },
  agents: new Map(),
  frameworks: [{ id: "f", name: "www", hostname: "203.0.113.7", tasks: [] }],
  skipped: [],
};
const a = (name: string, ...value: string[]) => ({ name, type: "A", value });
const OTHERS = [
  a("other", "192.0.2.1"),
  a("*.lb", "192.0.2.2"),
  { name: "mail", type: "MX", value: { preference: 1, exchange: "other" } },
];

class Serving {
  readonly builder: ZoneBuilder;
  snapshot = Snapshot.empty([]);

  constructor(keys: object, health?: () => Health) {
    this.builder = builderOf(keys, { health });
  }

  async build(): Promise<Build> {
    const build = await this.builder.build(CLUSTER, []);
    if (build.update) this.snapshot = this.snapshot.with(build.update);
    return build;
  }

  of(name: string): string[] {
    return addressesOf(this.snapshot, name);
  }
}

/** A value with a health check. No check is defined yet, so that a configuration cannot name one. */
function checked(policy: string) {
  const config = configOf({
    records: [{ name: "edge", type: "A", policy, values: [{ value: "192.0.2.10" }, { value: "192.0.2.11" }] }],
  });
  const records = config.records.map((record) => ({
    ...record,
    values: record.values.map((value) => ({ ...value, healthCheck: "edge" })),
  }));
  return { ...config, records };
}

describe("static records", () => {
  test("are changed by themselves: one name, one shard, and the serial", async () => {
    const serving = new Serving({ records: [a("www", "192.0.2.80"), ...OTHERS] });
    const first = await serving.build();
    serving.builder.configure(configOf({ records: [a("www", "192.0.2.81"), ...OTHERS] }));
    const { update, isWhole } = await serving.build();
    expect(isWhole).toBe(false);
    expect(update?.shards).toHaveLength(1);
    expect(update?.apexes[0]?.soa.serial).toBeGreaterThan(first.serial);
    expect(serving.of("www.mesos")).toEqual(["192.0.2.81"]);
  });

  test("end as if they had been there from the beginning, whatever they were before", async () => {
    const steps = [
      [
        a("www", "192.0.2.80"),
        { name: "sub", type: "NS", value: ["ns.example.net.", "x.sub"] },
        a("x.sub", "192.0.2.1"),
      ],
      [{ name: "www", type: "CNAME", value: "other" }, a("*.sub", "192.0.2.1")],
      [],
      [{ name: "sub", type: "NS", value: "x.sub" }, a("x.sub", "192.0.2.9"), a("a.b.c", "192.0.2.1")],
      OTHERS,
    ];
    const serving = new Serving({});
    for (const records of steps) {
      serving.builder.configure(configOf({ records }));
      await serving.build();
      const fresh = new Serving({ records });
      await fresh.build();
      const words = ({ snapshot }: Serving) =>
        snapshot.shards.map((shard) => Buffer.from(shard.octets.subarray(0, shard.words[2] * 4)).toString("hex"));
      expect(words(serving)).toEqual(words(fresh));
    }
  });

  test("hide what the cluster has for their name and type, and say so", async () => {
    const serving = new Serving({ records: [a("www", "192.0.2.80")] });
    expect((await serving.build()).hidden).toEqual([{ name: "www.mesos", types: [1] }]);
    expect(serving.of("www.mesos")).toEqual(["192.0.2.80"]);
    serving.builder.configure(configOf({}));
    expect((await serving.build()).hidden).toEqual([]);
    expect(serving.of("www.mesos")).toEqual(["203.0.113.7"]);
  });

  test("follow the health of their values, and nothing else changes", async () => {
    let health: Health = { isHealthy: () => true };
    const serving = new Serving({}, () => health);
    serving.builder.configure(checked("failover"));
    await serving.build();
    expect(serving.of("edge.mesos")).toEqual(["192.0.2.10"]);
    health = { isHealthy: (check, value) => !(check === "edge" && value === "192.0.2.10") };
    const { update } = await serving.build();
    expect(update?.shards).toHaveLength(1);
    expect(serving.of("edge.mesos")).toEqual(["192.0.2.11"]);
    health = { isHealthy: () => false };
    expect((await serving.build()).failedOpen).toEqual(["edge.mesos A"]);
    expect(serving.of("edge.mesos")).toEqual(["192.0.2.10"]);
    health = { isHealthy: (_check, value) => value === "192.0.2.10" };
    expect(await serving.build()).toMatchObject({ update: undefined, failedOpen: [] });
  });

  test("are in DC/OS's copy of the domain as well, wildcards and all", async () => {
    const serving = new Serving({ dcosNames: true, records: [a("www", "192.0.2.80"), ...OTHERS] });
    const { update } = await serving.build();
    expect(serving.of("www.mesos.thisdcos.directory")).toEqual(["192.0.2.80"]);
    expect(serving.of("*.lb.mesos.thisdcos.directory")).toEqual(["192.0.2.2"]);
    const seeking = update?.apexes.filter(({ answers }) => answers.seeksEnclosers).map(({ zone }) => zone);
    expect(seeking).toEqual(["mesos", "thisdcos.directory"]);
  });
});

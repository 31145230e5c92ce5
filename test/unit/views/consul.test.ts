import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Answerer } from "../../../src/answer/answer.js";
import type { ZoneBuilder } from "../../../src/build/zone-builder.js";
import { ConsulPublisher } from "../../../src/consul/registry/publisher.js";
import { MAX_TAG_NAMES, MAX_TAGGED_PORTS } from "../../../src/views/consul/records.js";
import { toMasterFile } from "../../../src/zone/master-file.js";
import { Snapshot } from "../../../src/zone/snapshot.js";
import { decode, encodeQuery } from "../../support/dns.js";
import type { Json } from "../../support/json.js";
import { agent, cluster, framework, stateOf, task } from "../../support/scripted-master.js";
import { DATAGRAM, POLICY, requestOf } from "../../support/zone.js";
import { builderOf } from "../build/support.js";
import { configOf } from "../config/support.js";
import { clusterIn } from "../consul/registry/support.js";

const MASTER = { host: "192.0.2.1", port: 5050 };
const labels = (pairs: Readonly<Record<string, string>>) => ({
  labels: Object.entries(pairs).map(([key, value]) => ({ key, value })),
});
const UNHEALTHY = { statuses: [{ state: "TASK_RUNNING", timestamp: 1, healthy: false }] };
const S0 = agent("S0", { ip: "192.0.2.10" });
const S1 = agent("S1", { ip: "192.0.2.11" });
const web = (number: number, host = "S0", extra: Json = {}) =>
  task("web", { id: `web.${number}`, agent: host, ports: [31000 + number], extra });

/** A builder whose zones have Consul's names, and the snapshot that its builds lead to. */
class Zones {
  snapshot = Snapshot.empty([]);
  readonly builder: ZoneBuilder;
  readonly #publisher: ConsulPublisher;
  #now = 1_700_000_000_000;

  constructor(keys: object = {}) {
    this.#publisher = new ConsulPublisher({
      send: () => undefined,
      wallClock: () => this.#now++,
      above: 0,
      hostname: "ns",
      log: { warn: () => undefined },
    });
    this.builder = builderOf(settings(keys), {
      consul: (facts) =>
        this.#publisher.follow(facts.cluster, {
          addressesOf: (host) => [host],
          ownAddresses: ["192.0.2.53"],
          masters: [],
        }),
    });
    this.#publisher.configure(configOf(settings(keys)));
  }

  /** Turns the same builder to other settings. */
  configure(keys: object): void {
    const config = configOf(settings(keys));
    this.#publisher.configure(config);
    this.builder.configure(config);
  }

  async build(tasks: readonly Json[], agents: readonly Json[] = [S0, S1]): Promise<boolean> {
    const state = stateOf(
      { address: "192.0.2.1:5050" },
      cluster({ agents, frameworks: [framework("marathon", { tasks })] }),
    );
    const { update, isWhole } = await this.builder.build(clusterIn(state), [MASTER]);
    if (update) this.snapshot = this.snapshot.with(update);
    return isWhole;
  }

  /** The zone's records but for SOA, as a master file without its comments, sorted. */
  zone(name = "consul"): readonly string[] {
    const index = this.snapshot.zones.findIndex(({ apex }) => apex.zone === name);
    const lines = [...toMasterFile(this.snapshot, index)].join("").split("\n");
    return lines
      .filter((line) => /\sIN\s/.test(line) && !/\sSOA\s/.test(line))
      .map((line) => line.replace(/\s+/g, " "))
      .toSorted();
  }

  named(name: string): readonly string[] {
    return this.zone()
      .filter((line) => line.startsWith(`${name}. `))
      .map((line) => line.replace(/^\S+ (?:\d+ )?IN /, ""));
  }
}

const settings = (consul: object) => ({ consul: { enabled: true, ...consul } });

async function zonesOf(...tasks: readonly Json[]): Promise<Zones> {
  const zones = new Zones();
  await zones.build(tasks);
  return zones;
}

describe("an instance has", () => {
  const TARGET = "SRV 1 1 31001 c000020a.addr.dc1.consul.";

  test("its service's name, with and without the datacenter, and by each of its tags", async () => {
    const zones = await zonesOf(web(1, "S0", labels({ tags: "rest,v1.2", SERVICE_NAME: "Shop" })));
    for (const root of ["service.consul", "service.dc1.consul"]) {
      for (const name of ["shop", "rest.shop", "v1.2.shop", "_shop._tcp", "_shop._rest"]) {
        expect(zones.named(`${name}.${root}`)).toEqual(["A 192.0.2.10", TARGET]);
      }
    }
    expect(zones.named("_shop._v1.2.service.consul")).toEqual([]);
    expect(zones.named("_shop._rest.consul")).toEqual([TARGET]);
    expect(zones.named("_shop._tcp.dc1.consul")).toEqual([TARGET]);
    expect(zones.named("c000020a.addr.dc1.consul")).toEqual(["A 192.0.2.10"]);
    expect(zones.named("c000020a.addr.consul")).toEqual(["A 192.0.2.10"]);
  });

  test("no name if its own has a dot, or is too long for a label; and is in nobody's way", async () => {
    const long = "x".repeat(64);
    const named = (name: string) => web(1, "S0", labels({ SERVICE_NAME: name, tags: "t" }));
    for (const name of ["a.b", long]) {
      const zones = await zonesOf(named(name), { ...web(2), id: "web.2", name: "api" });
      expect(zones.zone().filter((line) => line.includes(name.slice(0, 3)))).toEqual([]);
      expect(zones.named("api.service.consul")).toHaveLength(2);
    }
  });

  test("a name by each of its first tags, and by none that cannot be a name", async () => {
    const unfit = ["a..b", "y".repeat(64)];
    const fit = Array.from({ length: 100 }, (_, i) => `t${i}`);
    const zones = await zonesOf(web(1, "S0", labels({ SERVICE_TAGS: [...unfit, ...fit].join(",") })));
    const byTag = zones.zone().filter((line) => /^\S+\.web\.service\.consul\. .*A /.test(line));
    const first = fit.slice(0, MAX_TAG_NAMES - unfit.length);
    expect(byTag.map((line) => line.split(".")[0]).toSorted()).toEqual(first.toSorted());
  });

  test("names by tags for the first of a task's ports alone", async () => {
    const ports = Array.from({ length: 40 }, (_, i) => 31_000 + i);
    const names = Object.fromEntries(ports.map((port) => [`SERVICE_${port}_NAME`, `s${port}`]));
    const zones = await zonesOf(task("many", { agent: "S0", ports, extra: labels({ ...names, SERVICE_TAGS: "a,b" }) }));
    const owners = new Set(zones.zone().map((line) => line.split(" ")[0]));
    for (const [slot, port] of ports.entries()) {
      expect(owners.has(`s${port}.service.consul.`)).toBe(true);
      expect(owners.has(`a.s${port}.service.consul.`)).toBe(slot < MAX_TAGGED_PORTS);
    }
  });

  test("no part in the names of another service in the form of RFC 2782", async () => {
    const odd = web(2, "S1", labels({ SERVICE_NAME: "_tcp", SERVICE_TAGS: "_web,plain" }));
    const zones = await zonesOf(web(1), odd);
    expect(zones.named("_web._tcp.service.consul")).toEqual(["A 192.0.2.10", TARGET]);
    expect(zones.named("plain._tcp.service.consul")).toHaveLength(2);
  });

  test("no name while a check of it or of its node fails, not even where it is the only one", async () => {
    const zones = await zonesOf(web(1), web(2, "S1", UNHEALTHY));
    expect(zones.named("web.service.consul")).toHaveLength(2);
    await zones.build([web(1, "S0", UNHEALTHY), web(2, "S1", UNHEALTHY)]);
    expect(zones.named("web.service.consul")).toEqual([]);
    await zones.build([web(1), web(2)], [{ ...S0, active: false }, S1]);
    expect(zones.named("web.service.consul")).toEqual([]);
    await zones.build([web(1), web(2)], [S0, S1]);
    expect(zones.named("web.service.consul")).toHaveLength(3);
  });

  test("both of its addresses, and IPv6 as target", async () => {
    const both = { network_infos: [{ ip_addresses: [{ ip_address: "192.0.2.7" }, { ip_address: "2001:db8::7" }] }] };
    const statuses = [{ state: "TASK_RUNNING", timestamp: 1, container_status: both }];
    const discovery = { name: "six", ports: { ports: [{ number: 80 }] } };
    const zones = await zonesOf(web(1, "S0", { statuses, discovery }));
    const hex = "20010db8000000000000000000000007";
    expect(zones.named("six.service.consul")).toEqual([
      "A 192.0.2.7",
      "AAAA 2001:db8::7",
      `SRV 1 1 80 ${hex}.addr.dc1.consul.`,
    ]);
    expect(zones.named(`${hex}.addr.dc1.consul`)).toEqual(["AAAA 2001:db8::7"]);
  });
});

describe("the zone has", () => {
  test("nodes with their addresses and their meta data", async () => {
    const host = { ...S0, attributes: { rack: "7", note: "a".repeat(300) } };
    const zones = new Zones();
    await zones.build([], [host]);
    const [name] =
      zones
        .zone()
        .find((line) => /\.node\.consul\. .*rack=7/.test(line))
        ?.split(". ") ?? [];
    expect(zones.named(`${name}`)).toContain("A 192.0.2.10");
    expect(zones.named(`${name}`)).toContain('TXT "rack=7"');
    expect(zones.named(`${name}`).find((line) => line.includes("note="))).toBe(
      `TXT "note=${"a".repeat(250)}" "${"a".repeat(50)}"`,
    );
    expect(zones.named(`${name}`.replace(".node.", ".node.dc1."))).toEqual(zones.named(`${name}`));
  });

  test("TC where the records of a name begin with one that does not fit into a datagram", async () => {
    const zones = new Zones();
    await zones.build([], [{ ...S0, attributes: { note: "a".repeat(500) } }]);
    const [owner = ""] =
      zones
        .zone()
        .find((line) => line.includes("note="))
        ?.split(". ") ?? [];
    const out = new Uint8Array(4_096);
    const answers = Array.from({ length: 3 }, (_, turn) => {
      const parts = { snapshot: zones.snapshot, policy: POLICY, random: () => turn, clock: () => 0 };
      const query = encodeQuery(owner, { type: "TXT" });
      return decode(out.subarray(0, new Answerer(parts).answer(requestOf(query, { out, channel: DATAGRAM }))));
    });
    const empty = answers.filter((message) => message.answers?.length === 0);
    expect(empty.map(({ flag_tc }) => flag_tc)).toEqual([true]);
  });

  test("this server, as node, as service and as name server", async () => {
    const zones = await zonesOf();
    expect(zones.named("consul")).toEqual(["NS ns.consul."]);
    expect(zones.named("ns.consul")).toEqual(["A 192.0.2.53"]);
    expect(zones.named("ns.node.consul")).toEqual(["A 192.0.2.53"]);
    expect(zones.named("consul.service.consul")).toEqual(["A 192.0.2.53", "SRV 1 1 8500 c0000235.addr.dc1.consul."]);
  });

  test("no server's name for a task that is called like this server", async () => {
    const zones = await zonesOf(web(1, "S0", labels({ SERVICE_NAME: "consul" })));
    expect(zones.named("ns.consul")).toEqual(["A 192.0.2.53"]);
    expect(zones.named("consul.service.consul")).toHaveLength(4);
  });

  test("the same names in a second zone, with targets in that one", async () => {
    const zones = new Zones({ altDomain: "alt.example", datacenter: "east" });
    await zones.build([web(1)]);
    const turned = (line: string) =>
      line.replaceAll(/\bconsul\. /g, "alt.example. ").replaceAll(/\.consul\.$/g, ".alt.example.");
    expect(zones.zone("alt.example")).toEqual(zones.zone().map(turned).toSorted());
    expect(zones.named("web.service.east.consul")).toHaveLength(2);
    expect(zones.named("web.service.dc1.consul")).toEqual([]);
  });
});

test("other settings give the zone that they would have given from the beginning", async () => {
  const zones = await zonesOf(web(1), web(2));
  const tasks = [web(1), web(2, "S1")];
  for (const keys of [{ tags: ["all"] }, { tags: ["all"], datacenter: "dc2" }, { register: "labelled" }, {}]) {
    zones.configure(keys);
    await zones.build(tasks);
    const anew = new Zones(keys);
    await anew.build(tasks);
    expect(zones.zone()).toEqual(anew.zone());
  }
});

test("following changes leads to the zone that building anew leads to, whatever comes, changes and goes", async () => {
  const tagLists = ["", "a", "a,b", "b,a.c"];
  const taskOf = fc.record({
    host: fc.constantFrom("S0", "S1"),
    name: fc.constantFrom("web", "Web", "api"),
    tags: fc.constantFrom(...tagLists),
    healthy: fc.boolean(),
    port: fc.integer({ min: 1, max: 3 }),
  });
  const step = fc.record({
    tasks: fc.array(taskOf, { maxLength: 5 }),
    active: fc.boolean(),
    ip: fc.constantFrom(11, 12),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), async (steps) => {
      const zones = new Zones();
      for (const { tasks, active, ip } of steps) {
        const agents = [{ ...S0, active }, agent("S1", { ip: `192.0.2.${ip}` })];
        const all = tasks.map(({ host, name, tags, healthy, port }, i) =>
          task("t", {
            id: `t.${i}`,
            agent: host,
            ports: [31000 + port],
            extra: { ...labels({ SERVICE_NAME: name, tags }), ...(!healthy && UNHEALTHY) },
          }),
        );
        await zones.build(all, agents);
        const anew = new Zones();
        await anew.build(all, agents);
        expect(zones.zone()).toEqual(anew.zone());
      }
    }),
    { numRuns: 25 },
  );
});

import { describe, expect, test } from "vitest";
import type { ConsulSettings } from "../../../../src/config/consul.js";
import type { ConsulPiece } from "../../../../src/consul/registry/pieces.js";
import { ConsulPublisher } from "../../../../src/consul/registry/publisher.js";
import type { Json } from "../../../support/json.js";
import { agent, cluster, framework, stateOf, task } from "../../../support/scripted-master.js";
import { CONSUL } from "../../config/support.js";
import { clusterIn } from "./support.js";

const S0 = agent("S0", { ip: "192.0.2.10" });
const web = (number: number, extra: Json = {}) =>
  task("web", { id: `web.${number}`, agent: "S0", ports: [31000 + number], extra });

class Published {
  readonly sent: ConsulPiece[] = [];
  readonly warnings: object[] = [];
  readonly publisher = new ConsulPublisher({
    send: (piece) => this.sent.push(piece),
    wallClock: () => 1_700_000_000_000,
    above: 5,
    hostname: "Dns-1.example",
    log: { warn: (fields: object) => this.warnings.push(fields) } as never,
  });

  constructor(settings: Partial<ConsulSettings> = { enabled: true }) {
    this.configure(settings);
  }

  configure(settings: Partial<ConsulSettings>): void {
    this.publisher.configure({
      consul: { ...(CONSUL as ConsulSettings), ...settings },
      IPSources: ["netinfo", "host"],
    });
  }

  follow(...tasks: readonly Json[]) {
    const state = stateOf(
      { address: "192.0.2.1:5050" },
      cluster({ agents: [S0], frameworks: [framework("marathon", { tasks })] }),
    );
    const around = { addressesOf: (host: string) => [host], ownAddresses: ["192.0.2.53"], masters: [] };
    const names = this.publisher.follow(clusterIn(state), around);
    this.publisher.publish();
    return names;
  }

  get last(): ConsulPiece {
    return this.sent[this.sent.length - 1];
  }
}

const many = (count: number) => Array.from({ length: count }, (_, i) => web(i));

describe("the publisher of Consul's catalogue", () => {
  test("sends everything at first, and then what has changed", () => {
    const published = new Published();
    published.follow(web(1));
    expect(published.last).toMatchObject({
      isFirst: true,
      end: { ownNode: "dns-1-example", counts: { instances: 2 } },
    });
    published.publisher.taken();
    published.follow(web(1), web(2));
    expect(published.last.isFirst).toBe(false);
    expect(published.last.instances.map(({ id }) => id.split(":")[1])).toEqual(["web.2"]);
    published.publisher.taken();
    published.follow(web(2), web(1));
    expect(published.sent).toHaveLength(2);
  });

  test("sends a piece only when the one before has been taken, and joins what changes meanwhile", () => {
    const published = new Published();
    published.follow(...many(2_000));
    expect([published.sent.length, published.last.end]).toEqual([1, undefined]);
    published.follow(...many(1_999));
    published.follow(...many(1_999), web(5_000));
    expect(published.sent).toHaveLength(1);
    let guard = 0;
    while (!published.last.end && guard++ < 100) published.publisher.taken();
    const instances = published.sent.flatMap(({ instances }) => instances);
    expect(instances).toHaveLength(2_001);
    published.publisher.taken();
    const { gone, instances: come, isFirst } = published.last;
    expect([gone.map(({ id }) => id.split(":")[1]), come.map(({ id }) => id.split(":")[1]), isFirst]).toEqual([
      ["web.1999"],
      ["web.5000"],
      false,
    ]);
  });

  test("gives names while it is on: the same ones as long as nothing changes", () => {
    const published = new Published();
    const names = published.follow(web(1));
    expect([...(names?.instancesOf("web") ?? [])]).toHaveLength(1);
    expect(published.follow(web(1))).toBe(names);
    expect(published.follow(web(1), web(2))).not.toBe(names);
    published.configure({ enabled: false });
    expect(published.follow(web(1))).toBeUndefined();
    expect(new Published({}).follow(web(1))).toBeUndefined();
  });

  test("begins anew with other settings, with indexes above those before", () => {
    const published = new Published();
    published.follow(web(1));
    const before = published.last.end?.indexes.all ?? 0;
    expect(before).toBeGreaterThan(5);
    published.configure({ enabled: true, ttl: 7, allowWrite: [] });
    published.publisher.taken();
    published.follow(web(1));
    expect(published.sent).toHaveLength(1);
    published.configure({ enabled: true, tags: ["mesos"] });
    published.follow(web(1));
    expect(published.last.isFirst).toBe(true);
    expect(published.last.end?.indexes.all).toBeGreaterThan(before);
    expect(published.last.instances.find(({ service }) => service === "web")?.row).toContain("mesos");
  });

  test("warns once of a task that it leaves out", () => {
    const published = new Published();
    const huge = web(1, { labels: [{ key: "SERVICE_NAME", value: "x".repeat(2_000) }] });
    published.follow(huge);
    published.publisher.taken();
    published.follow(huge, web(2));
    expect(published.warnings).toEqual([{ task: "web.1" }]);
    expect(published.last.end?.counts.skipped).toBe(1);
  });
});

import { describe, expect, it } from "vitest";
import { createRandom } from "../../../src/base/random.js";
import { APPS } from "../../../src/demo/apps.js";
import { DemoCluster } from "../../../src/demo/cluster.js";
import { stateOf } from "../../../src/demo/state.js";
import { readState } from "../../../src/sources/mesos/state.js";

const START = 1_700_000_000_000;
const DAY = 24 * 3_600_000;

function clusterAt(seed = 7) {
  let time = START;
  const cluster = new DemoCluster({ now: () => time, random: createRandom(seed) });
  const pass = (ms: number) => {
    time += ms;
    return cluster.tick();
  };
  return { cluster, pass };
}

describe("the demonstration cluster", () => {
  it("starts with the fewest instances of each app", () => {
    const { cluster } = clusterAt();
    for (const app of APPS) {
      expect(cluster.instances.filter((instance) => instance.app === app)).toHaveLength(app.instances[0]);
    }
  });

  it("does nothing while no time passes", () => {
    const { cluster, pass } = clusterAt();
    const before = cluster.instances;
    expect(pass(0)).toEqual([]);
    expect(cluster.instances).toBe(before);
  });

  it("is the same for the same seed and times, and another for another seed", () => {
    const [a, b, c] = [clusterAt(1), clusterAt(1), clusterAt(2)];
    expect(a.pass(60_000)).toEqual(b.pass(60_000));
    expect(a.cluster.instances).toEqual(b.cluster.instances);
    expect(c.pass(60_000)).not.toEqual(a.pass(60_000));
  });

  it("makes a change every 2 to 7 seconds, however rarely it is looked at", () => {
    const { pass } = clusterAt();
    const times = [START, ...pass(600_000).map(({ at }) => at)];
    const pauses = times.slice(1).map((at, i) => at - (times[i] ?? 0));
    expect(pauses.length).toBeGreaterThan(600_000 / 7_000 - 1);
    for (const pause of pauses) {
      expect(pause).toBeGreaterThanOrEqual(2_000);
      expect(pause).toBeLessThanOrEqual(7_000);
    }
  });

  it("starts, stops and moves instances, and finishes jobs", () => {
    const { pass } = clusterAt();
    const texts = pass(DAY / 24).map(({ text }) => text);
    for (const kind of [
      /^web started on 192\.0\.2\.\d+$/,
      /^api stopped on/,
      /^cache moved to/,
      /^report finished on/,
    ]) {
      expect(texts.some((text) => kind.test(text))).toBe(true);
    }
  });

  it("keeps every app between its bounds, and ports and addresses unique, all day", () => {
    const { cluster, pass } = clusterAt();
    for (let passed = 0; passed < DAY; passed += 60_000) {
      pass(60_000);
      const { instances } = cluster;
      for (const app of APPS) {
        const count = instances.filter((instance) => instance.app === app).length;
        expect(count).toBeGreaterThanOrEqual(app.instances[0]);
        expect(count).toBeLessThanOrEqual(app.instances[1]);
      }
      const unique = [
        ...instances.map(({ taskId }) => taskId),
        ...instances.flatMap(({ addresses }) => addresses),
        ...instances.flatMap(({ agent, ports }) => ports.map((port) => `${agent.address}:${port}`)),
      ];
      expect(new Set(unique).size).toBe(unique.length);
    }
  });

  it("moves an app as a new task on another agent", () => {
    const { cluster, pass } = clusterAt();
    for (let i = 0; i < 1000; i++) {
      const before = cluster.instances;
      const moved = pass(2_000).find(({ text }) => text.startsWith("ingest moved to"));
      if (!moved) continue;
      const old = before.find(({ app }) => app.name === "ingest");
      const now = cluster.instances.find(({ app }) => app.name === "ingest");
      expect(now?.taskId).not.toBe(old?.taskId);
      expect(now?.agent).not.toBe(old?.agent);
      return;
    }
    expect.fail("ingest never moved");
  });
});

describe("the state of the demonstration cluster", () => {
  it("is read by the server without anything left out", () => {
    const { cluster, pass } = clusterAt();
    pass(120_000);
    const state = readState(Buffer.from(JSON.stringify(stateOf(cluster.instances, "127.0.0.1:5050"))));
    expect(state.skipped).toEqual([]);
    expect(state.leader).toEqual({ host: "127.0.0.1", port: 5050 });
    expect(state.agents.size).toBe(4);
    expect(state.frameworks.map(({ name }) => name)).toEqual(["marathon", "chronos"]);
    expect(state.frameworks.flatMap(({ tasks }) => tasks)).toHaveLength(cluster.instances.length);
  });

  it("gives tasks with a discovery name both families of addresses and named ports, others ports of the agent", () => {
    const { cluster } = clusterAt();
    const state = readState(Buffer.from(JSON.stringify(stateOf(cluster.instances, "127.0.0.1:5050"))));
    const tasks = state.frameworks.flatMap(({ tasks }) => tasks);
    const api = tasks.find(({ name }) => name === "api.shop");
    expect(api?.discovery?.name).toBe("api");
    expect(api?.discovery?.ports).toContainEqual({ number: 8080, name: "http", protocol: "tcp" });
    expect(api?.addresses.netinfo).toEqual([
      expect.stringMatching(/^203\.0\.113\./),
      expect.stringMatching(/^2001:db8::/),
    ]);
    const web = tasks.find(({ name }) => name === "web");
    expect(web?.discovery).toBeUndefined();
    expect(web?.addresses).toEqual({});
    expect(web?.ports).toEqual([[expect.any(Number), expect.any(Number)]]);
  });
});

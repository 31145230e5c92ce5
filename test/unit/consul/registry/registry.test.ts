import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ConsulChange } from "../../../../src/consul/registry/model.js";
import type { Cluster } from "../../../../src/sources/mesos/cluster.js";
import type { Json } from "../../../support/json.js";
import { agent, cluster, framework, stateOf, task } from "../../../support/scripted-master.js";
import { clusterIn, sharing, Watched } from "./support.js";

const S0 = agent("S0", { ip: "192.0.2.10" });
const S1 = agent("S1", { ip: "192.0.2.11" });
const web = (number: number, extra: Json = {}) =>
  task("web", { id: `web.${number}`, agent: "S0", ports: [31000 + number], extra });
const labels = (pairs: Readonly<Record<string, string>>) => ({
  labels: Object.entries(pairs).map(([key, value]) => ({ key, value })),
});
const unhealthy = { statuses: [{ state: "TASK_RUNNING", timestamp: 1, healthy: false }] };
const stateWith = (tasks: readonly Json[], agents: readonly Json[] = [S0, S1]) =>
  stateOf({ address: "192.0.2.1:5050" }, cluster({ agents, frameworks: [framework("marathon", { tasks })] }));
const clusterWith = (...tasks: readonly Json[]): Cluster => clusterIn(stateWith(tasks));

/** `web=catalog api=health -gone`: what a change has touched. */
function outlineOf(change: ConsulChange | undefined, index: number): string {
  if (!change) return "nothing";
  const services = change.services.map(({ key, catalogIndex, listing }) => {
    if (listing.length === 0) return `-${key}`;
    return `${key}=${catalogIndex === index ? "catalog" : "health"}`;
  });
  return services.toSorted().join(" ");
}

class Followed extends Watched {
  follow(...tasks: readonly Json[]): string {
    this.now += 1_000;
    const change = this.update(clusterWith(...tasks));
    return outlineOf(change, this.registry.indexes.all);
  }

  ids(service: string): readonly string[] {
    return this.instances
      .filter(({ name }) => name === service)
      .map(({ id }) => id)
      .toSorted();
  }
}

describe("a change", () => {
  test("of one service touches no other", () => {
    const followed = new Followed();
    expect(followed.follow(web(1), task("api", { agent: "S1", ports: [32000] }))).toBe(
      "api=catalog consul=catalog web=catalog",
    );
    expect(followed.follow(web(1), web(2), task("api", { agent: "S1", ports: [32000] }))).toBe("web=catalog");
    expect(followed.follow(web(1), task("api", { agent: "S1", ports: [32000] }))).toBe("web=catalog");
  });

  test("that says the same in other objects and another order is none", () => {
    const followed = new Followed();
    followed.follow(web(1), web(2));
    const { indexes } = followed.registry;
    expect(followed.follow(web(2), web(1))).toBe("nothing");
    expect(followed.registry.indexes).toEqual(indexes);
  });

  test("of a check moves the indexes of checks alone", () => {
    const followed = new Followed();
    followed.follow(web(1));
    const before = followed.registry.indexes;
    expect(followed.follow(web(1, unhealthy))).toBe("web=health");
    const { all, catalog, checks, services, nodes } = followed.registry.indexes;
    expect({ catalog, services, nodes }).toEqual({
      catalog: before.catalog,
      services: before.services,
      nodes: before.nodes,
    });
    expect(checks).toBe(all);
    expect(followed.registry.counts.critical).toBe(1);
    const [{ indexes }] = followed.instances.filter(({ name }) => name === "web");
    expect(indexes.modified).toBeLessThan(indexes.checked);
  });

  test("of meta moves no list of services and no check", () => {
    const followed = new Followed();
    followed.follow(web(1, labels({ SERVICE_REGION: "eu" })));
    const before = followed.registry.indexes;
    expect(followed.follow(web(1, labels({ SERVICE_REGION: "us" })))).toBe("web=catalog");
    expect(followed.registry.indexes).toMatchObject({ services: before.services, checks: before.checks });
    expect(followed.registry.indexes.catalog).toBe(followed.registry.indexes.all);
  });

  test("of a service's name touches the old one and the new one", () => {
    const followed = new Followed();
    followed.follow(
      web(1, labels({ SERVICE_ID: "one", SERVICE_NAME: "old" })),
      web(2, labels({ SERVICE_NAME: "old" })),
    );
    const touched = followed.follow(
      web(1, labels({ SERVICE_ID: "one", SERVICE_NAME: "new" })),
      web(2, labels({ SERVICE_NAME: "old" })),
    );
    expect(touched).toBe("new=catalog old=catalog");
  });

  test("takes a service away with its last instance", () => {
    const followed = new Followed();
    followed.follow(web(1));
    expect(followed.follow()).toBe("-web");
    expect(followed.registry.counts).toMatchObject({ services: 1, instances: 1 });
  });

  test("of an agent touches what is on it", () => {
    const watched = new Watched();
    const tasks = [web(1), task("api", { agent: "S1", ports: [32000] })];
    const first = clusterIn(stateWith(tasks));
    watched.update(first);
    watched.now += 1_000;
    const { agents } = clusterIn(stateWith(tasks, [{ ...(S0 as object), active: false } as Json, S1]));
    const inactive = watched.update({ ...first, agents });
    expect(outlineOf(inactive, watched.registry.indexes.all)).toBe("web=health");
    expect(watched.registry.counts.critical).toBe(1);
    watched.now += 1_000;
    watched.addresses.set("192.0.2.10", ["192.0.2.99"]);
    const moved = watched.update(first);
    expect(outlineOf(moved, watched.registry.indexes.all)).toBe("web=catalog");
    expect(watched.instances.find(({ name }) => name === "web")?.node.address).toBe("192.0.2.99");
  });

  test("grows indexes though the clock stands still, and they are the time in microseconds", () => {
    const watched = new Watched();
    watched.update(clusterWith(web(1)));
    const { all } = watched.registry.indexes;
    watched.update(clusterWith(web(1), web(2)));
    expect(watched.registry.indexes.all).toBe(all + 1);
    watched.now += 60_000;
    watched.update(clusterWith(web(1)));
    expect(watched.registry.indexes.all).toBe(watched.now * 1_000);
  });
});

describe("ids", () => {
  const same = labels({ SERVICE_ID: "one" });

  test("that are taken have the framework's name behind them", () => {
    const followed = new Followed();
    followed.follow(web(1, same), web(2, same), web(3, same));
    expect(followed.ids("web")).toEqual(["one", "one@marathon", "one@marathon:web.3:0"]);
  });

  test("go to the first of the cluster, whoever came first", () => {
    const followed = new Followed();
    followed.follow(web(2, same));
    followed.follow(web(2, same), web(1, same));
    const [first] = followed.instances.filter(({ id }) => id === "one");
    expect("task" in first.origin && first.origin.task.id).toBe("web.1");
    expect(followed.ids("web")).toEqual(["one", "one@marathon"]);
  });

  test("are given out anew when the first one goes", () => {
    const followed = new Followed();
    followed.follow(web(1, same), web(2, same));
    followed.follow(web(2, same));
    expect(followed.ids("web")).toEqual(["one"]);
  });

  test("are of nobody else who makes such an id up", () => {
    const followed = new Followed();
    followed.follow(web(1, same), web(2, same), web(3, labels({ SERVICE_ID: "one@marathon" })));
    expect(followed.ids("web")).toEqual(["one", "one@marathon", "one@marathon:web.2:0"]);
  });
});

describe("what the registry has come to", () => {
  const aTask = fc.record({
    number: fc.integer({ min: 1, max: 8 }),
    agent: fc.constantFrom("S0", "S1", "S2"),
    isHealthy: fc.boolean(),
    labels: fc.dictionary(
      fc.constantFrom("SERVICE_NAME", "SERVICE_ID", "SERVICE_TAGS", "tags", "SERVICE_X", "SERVICE_IGNORE"),
      fc.constantFrom("one", "two", "one@marathon", "A,b"),
      { maxKeys: 2 },
    ),
    ports: fc.uniqueArray(fc.integer({ min: 31000, max: 31003 }), { maxLength: 2 }),
  });
  const aState = fc.record({
    tasks: fc.uniqueArray(aTask, { maxLength: 8, selector: ({ number }) => number }),
    agents: fc.subarray(["S0", "S1", "S2"]),
    hostname: fc.constantFrom("host", "host-s1", "other"),
  });
  type State = typeof aState extends fc.Arbitrary<infer T> ? T : never;

  const clusterOf = ({ tasks, agents, hostname }: State): Cluster =>
    clusterIn(
      stateWith(
        tasks.map(({ number, agent, isHealthy, labels: own, ports }) =>
          task("web", {
            id: `web.${number}`,
            agent,
            ports,
            extra: { ...labels(own), ...(isHealthy ? {} : unhealthy) },
          }),
        ),
        agents.map((id) => ({ ...(agent(id, { ip: `192.0.2.1${id.slice(1)}` }) as object), hostname }) as Json),
      ),
    );

  test("is the same as of the last cluster alone, whatever came before", () => {
    fc.assert(
      fc.property(fc.array(aState, { minLength: 1, maxLength: 5 }), (states) => {
        const followed = new Watched();
        let last: Cluster | undefined;
        const clusters = states.map((each) => {
          last = sharing(last, clusterOf(each));
          return last;
        });
        for (const each of clusters) followed.update(each);
        const anew = new Watched();
        anew.update(clusters[clusters.length - 1]);
        expect(followed.content).toBe(anew.content);
        expect(followed.registry.counts).toEqual(anew.registry.counts);
      }),
      { numRuns: 300 },
    );
  });

  test("can be put together from its changes", () => {
    fc.assert(
      fc.property(fc.array(aState, { minLength: 1, maxLength: 5 }), (states) => {
        const followed = new Watched();
        const lines = new Map<string, string>();
        let last: Cluster | undefined;
        for (const each of states) {
          last = sharing(last, clusterOf(each));
          const change = followed.update(last);
          for (const { node, id } of change?.gone ?? []) lines.delete(`${node} ${id}`);
          for (const one of change?.instances ?? []) {
            const { wishedId: _, ...row } = followed.registry.registrationOf(one);
            lines.set(`${one.node.name} ${one.id}`, JSON.stringify([one.isPassing, row]));
          }
        }
        const wanted = followed.instances.map((one) => {
          const { wishedId: _, ...row } = followed.registry.registrationOf(one);
          return [`${one.node.name} ${one.id}`, JSON.stringify([one.isPassing, row])] as const;
        });
        expect([...lines].toSorted()).toEqual(wanted.toSorted());
      }),
      { numRuns: 200 },
    );
  });

  test("tells what names have changed since an earlier time", () => {
    const followed = new Followed();
    followed.follow(web(1));
    const { names } = followed.registry;
    followed.follow(web(1), web(2));
    followed.follow(web(2), task("api", { agent: "S1", ports: [32000] }));
    const found = followed.registry.names.changesSince(names);
    const ids = (list: Iterable<{ readonly id: string }>) => Array.from(list, ({ id }) => id.split(":")[1]).toSorted();
    expect(found?.services.map(({ key, before, after }) => [key, ids(before), ids(after)]).toSorted()).toEqual([
      ["api", [], [expect.any(String)]],
      ["web", ["web.1"], ["web.2"]],
    ]);
    expect(new Followed().registry.names.changesSince(names)).toBeUndefined();
  });
});

import type { ConsulChange, ConsulInstance, RegistryRules } from "../../../../src/consul/registry/model.js";
import type { Master } from "../../../../src/consul/registry/node-layout.js";
import { ConsulRegistry } from "../../../../src/consul/registry/registry.js";
import type { Cluster } from "../../../../src/sources/mesos/cluster.js";
import { FactsReader } from "../../../../src/sources/mesos/facts/reader.js";
import { KnownTasks } from "../../../../src/sources/mesos/known-tasks.js";
import { readMasterState } from "../../../../src/sources/mesos/state.js";
import type { Json } from "../../../support/json.js";
import { bytes } from "../../sources/mesos/reading.js";

export const RULES = {
  register: "all" as RegistryRules["register"],
  tags: [] as readonly string[],
  ipSources: ["netinfo", "mesos", "host"] as RegistryRules["ipSources"],
  httpPort: 8500,
  mesosService: "",
};

/** A deep copy of a cluster, which shares no object with it. @param state as a master gives it */
export const clusterIn = (state: object): Cluster =>
  readMasterState(bytes(state as Json), new KnownTasks(), new FactsReader()).cluster;

/** The later cluster, in which what is the same as in the earlier one is the same object, as it is where a state is read after another. */
export function sharing(earlier: Cluster | undefined, later: Cluster): Cluster {
  const known = new Map(earlier?.frameworks.flatMap(({ tasks }) => tasks.map((each) => [JSON.stringify(each), each])));
  const frameworks = later.frameworks.map((framework) => ({
    ...framework,
    tasks: framework.tasks.map((each) => known.get(JSON.stringify(each)) ?? each),
  }));
  const agents = new Map(
    Array.from(later.agents, ([id, each]) => {
      const before = earlier?.agents.get(id);
      return [id, before && JSON.stringify(before) === JSON.stringify(each) ? before : each];
    }),
  );
  return { ...later, frameworks, agents };
}

/** A registry with a clock that the test moves. */
export class Watched {
  now = 1_700_000_000_000;
  readonly registry: ConsulRegistry;
  readonly addresses = new Map<string, readonly string[]>();
  own = { name: "consul-ref", addresses: ["192.0.2.53"] as readonly string[] };
  masters: readonly Master[] = [];

  constructor(rules: Partial<typeof RULES> = {}) {
    this.registry = new ConsulRegistry({ ...RULES, ...rules }, () => this.now);
  }

  update(cluster: Pick<Cluster, "agents" | "frameworks">): ConsulChange | undefined {
    const { own, masters } = this;
    return this.registry.update(cluster, {
      addressesOf: (host) => this.addresses.get(host) ?? [host],
      own,
      masters,
    });
  }

  get instances(): readonly ConsulInstance[] {
    return this.registry.everything().instances;
  }

  /** Everything but indexes, sorted: two registries with the same content give the same text. */
  get content(): string {
    const { instances, services, nodes } = this.registry.everything();
    const lines = [
      ...instances.map((each) =>
        JSON.stringify([each.node.name, each.id, each.isPassing, this.registry.registrationOf(each)]),
      ),
      ...services.map(({ key, listing }) => JSON.stringify([key, listing])),
      ...nodes.map(({ node: { indexes: _, ...node } }) => JSON.stringify(node)),
    ];
    return lines.toSorted().join("\n");
  }
}

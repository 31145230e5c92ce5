import { Catalog } from "../../../src/catalog/catalog.js";
import type { CatalogChange } from "../../../src/catalog/model.js";
import type { Cluster } from "../../../src/sources/mesos/cluster.js";
import { FactsReader } from "../../../src/sources/mesos/facts/reader.js";
import { KnownTasks } from "../../../src/sources/mesos/known-tasks.js";
import { readMasterState } from "../../../src/sources/mesos/state.js";
import type { Json } from "../../support/json.js";
import { agent, cluster, framework, stateOf, task } from "../../support/scripted-master.js";
import { bytes } from "../sources/mesos/reading.js";

export const S0 = agent("S0", { ip: "192.0.2.10" });
export const S1 = agent("S1", { ip: "192.0.2.11" });
export const web = (number: number, extra: Json = {}) =>
  task("web", { id: `web.${number}`, agent: "S0", ip: `203.0.113.${number}`, ports: [31000 + number], extra });
export const API = task("api", { agent: "S1", ports: [32000] });

/** Two instances of `web` and one of `api`, on two agents. */
export const marathonWith = (...tasks: readonly Json[]) =>
  cluster({ agents: [S0, S1], frameworks: [framework("marathon", { tasks })] });
export const FULL = marathonWith(web(1), web(2), API);

/** A deep copy of a cluster, which shares no object with it. */
export const clusterOf = (state: Json, leader = "192.0.2.1:5050"): Cluster =>
  readMasterState(bytes(stateOf({ address: leader }, state)), new KnownTasks(), new FactsReader()).cluster;

/** A catalogue with a clock that the test moves, and outlines of its changes. */
export class Watched {
  now = 1_700_000_000_000;
  readonly catalog: Catalog;
  readonly addresses = new Map<string, readonly string[]>();

  constructor(state?: Json) {
    this.catalog = new Catalog(() => this.now);
    if (state) this.update(state);
  }

  /** `web api -gone node:S0`, or `nothing`. */
  update(state: Json | Cluster): string {
    const cluster = "agents" in state ? (state as Cluster) : clusterOf(state);
    return summaryOf(this.catalog.update(cluster, (host) => this.addresses.get(host) ?? [host]));
  }

  indexOf(name: string, framework = "marathon"): number {
    return this.catalog.indexOf({ framework, name });
  }

  service(name: string, framework = "marathon") {
    return this.catalog.service({ framework, name });
  }
}

function summaryOf(change: CatalogChange | undefined): string {
  if (!change) return "nothing";
  const { services, gone, nodes, goneNodes } = change;
  return [
    ...services.map(({ name }) => name),
    ...gone.map(({ name }) => `-${name}`),
    ...nodes.map(({ id }) => `node:${id}`),
    ...goneNodes.map((id) => `-node:${id}`),
  ]
    .toSorted()
    .join(" ");
}

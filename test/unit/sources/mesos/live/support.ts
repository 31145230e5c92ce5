import type { Agent, Cluster, Framework, Task } from "../../../../../src/sources/mesos/cluster.js";
import { EventParser, type MasterEvent } from "../../../../../src/sources/mesos/live/events.js";
import { LiveCluster } from "../../../../../src/sources/mesos/live/live-cluster.js";
import { type MasterState, readMasterState } from "../../../../../src/sources/mesos/state.js";
import type { Json } from "../../../../support/json.js";
import { agent, cluster, framework, stateOf, task } from "../../../../support/scripted-master.js";
import { bytes } from "../reading.js";

export const LEADER = { address: "192.0.2.1:5050" };
export const NEXT_LEADER = { address: "192.0.2.2:5050" };

export const S0 = agent("S0", { ip: "192.0.2.10" });
export const S1 = agent("S1", { ip: "192.0.2.11" });
export const WEB = task("web", { agent: "S0", ports: [31000], ip: "203.0.113.1" });
export const API = task("api", { agent: "S1", ports: [31001], ip: "203.0.113.2" });
export const MARATHON = framework("marathon", { pid: "scheduler-1@192.0.2.20:15101", tasks: [WEB, API] });
export const CHRONOS = framework("chronos", { hostname: "192.0.2.21" });

/** Two agents with a task each, and a framework without tasks. */
export const FULL = cluster({ agents: [S0, S1], frameworks: [MARATHON, CHRONOS] });

export function readEvent(record: Uint8Array): MasterEvent {
  const parser = new EventParser();
  parser.add(record);
  return parser.end();
}

export const event = (message: Json): MasterEvent => readEvent(bytes(message));
export const stateFrom = (state: Json, master = LEADER): MasterState => readMasterState(bytes(stateOf(master, state)));

/** The part of a task's status that has its address. */
export const networkOf = (ip_address: string): Json => ({ network_infos: [{ ip_addresses: [{ ip_address }] }] });
/** A TASK_RUNNING status of a task with this address. */
export const statusAt = (ip: string, timestamp = 1_700_000_200): Json => ({
  timestamp,
  container_status: networkOf(ip),
});

/** A LiveCluster that has read `state`. */
export function liveOf(state: Json = FULL): LiveCluster {
  const live = new LiveCluster();
  live.applyState(stateFrom(state));
  return live;
}

export function taskNamed(name: string, { frameworks }: Cluster): Task | undefined {
  return frameworks.flatMap(({ tasks }) => tasks).find((each) => each.name === name);
}

export function frameworkNamed(name: string, { frameworks }: Cluster): Framework | undefined {
  return frameworks.find((each) => each.name === name);
}

export function agentNamed(name: string, { agents }: Cluster): Agent | undefined {
  return agents.get(`agents-${name}`);
}

/** An outline of the cluster: `agents: S0 S1`, `marathon: api web`. */
export function outline({ agents, frameworks }: Cluster): string[] {
  const line = (name: string, members: readonly string[]) => `${name}: ${[...members].sort().join(" ")}`.trimEnd();
  return [
    line(
      "agents",
      Array.from(agents.keys(), (id) => id.replace("agents-", "")),
    ),
    ...frameworks
      .map(({ name, tasks }) =>
        line(
          name,
          tasks.map((each) => each.name),
        ),
      )
      .sort(),
  ];
}

import type { Task } from "../../../../src/sources/mesos/cluster.js";
import { readState } from "../../../../src/sources/mesos/state.js";
import type { Json } from "../../../support/json.js";
import { agent, cluster, framework, stateOf, task } from "../../../support/scripted-master.js";

/** Helpers that read states which differ in one part. */

export const MASTER = { address: "192.0.2.1:5050" };

export const bytes = (state: unknown) => Buffer.from(JSON.stringify(state));
export const read = (state: Json) => readState(bytes(stateOf(MASTER, state)));

/** A cluster with one agent, S0, and one framework with these elements in its list of tasks. */
export const withTasks = (...tasks: readonly unknown[]) =>
  cluster({ agents: [agent("S0")], frameworks: [framework("marathon", { tasks: tasks as Json[] })] });

export const readTasks = (...tasks: readonly unknown[]): readonly Task[] =>
  read(withTasks(...tasks)).frameworks[0]?.tasks ?? [];
export const readTask = (extra: Json): Task | undefined => readTasks(task("web", { agent: "S0", extra }))[0];
export const running = (status: Json) => ({ state: "TASK_RUNNING", timestamp: 1, ...status });
export const network = (...networkInfos: unknown[]) => ({ container_status: { network_infos: networkInfos } });
export const addresses = (...statuses: unknown[]) => readTask({ statuses })?.addresses;

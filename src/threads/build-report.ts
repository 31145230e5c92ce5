import { formatHostPort } from "../base/host-port.js";
import type { Build } from "../build/build-result.js";
import type { Cluster } from "../sources/mesos/cluster.js";
import type { Provenance } from "../sources/mesos/live/feed.js";
import type { BuildReport } from "../status/status.js";

/** The part of a report that describes the state and its cluster. */
export type FetchFacts = Pick<
  BuildReport,
  "frameworks" | "tasks" | "agents" | "stateBytes" | "leader" | "fetchedAt"
> & { readonly fetch: number; readonly parse: number };

export function fetchFactsOf(cluster: Cluster, { state, wholeAt }: Provenance): FetchFacts {
  return {
    frameworks: cluster.frameworks.length,
    tasks: cluster.frameworks.reduce((tasks, framework) => tasks + framework.tasks.length, 0),
    agents: cluster.agents.size,
    stateBytes: state.bytes,
    leader: formatHostPort(cluster.leader),
    fetchedAt: wholeAt,
    fetch: state.fetchMs / 1000,
    parse: state.parseMs / 1000,
  };
}

/** The facts of the report before, for a build of the same cluster. */
export function factsOf({
  frameworks,
  tasks,
  agents,
  stateBytes,
  leader,
  fetchedAt,
  seconds,
}: BuildReport): FetchFacts {
  const { fetch, parse } = seconds;
  return { frameworks, tasks, agents, stateBytes, leader, fetchedAt, fetch, parse };
}

export function reportOf(build: Build, { fetch, parse, ...facts }: FetchFacts): BuildReport {
  return {
    ...facts,
    generation: build.generation,
    serial: build.serial,
    names: build.names,
    records: build.records,
    changedShards: build.update?.shards.length ?? 0,
    seconds: { fetch, parse, ...build.seconds },
    skipped: build.skipped,
    hidden: build.hidden.reduce((sum, { types }) => sum + types.length, 0),
    failedOpen: build.failedOpen,
  };
}

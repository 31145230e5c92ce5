import type { Agent, Cluster, Skipped } from "../cluster.js";
import type { ObservedCluster, Session } from "./observed-cluster.js";
import type { TasksOf } from "./tasks-of.js";

export interface KnownAgent {
  readonly agent: Agent;
  /** Whether it has registered with the master that leads. */
  readonly registered: boolean;
}

export interface ObservedParts {
  readonly session: Session;
  readonly skipped: readonly Skipped[];
  readonly unreported: ReadonlySet<string>;
}

export type ObservedAgents = Pick<ObservedCluster, "registered"> & Pick<Cluster, "agents">;

/** Copies the agents that are known now. There are thousands, and they seldom change: the copy serves until they do. */
export function observeAgents(known: Iterable<KnownAgent>): ObservedAgents {
  const agents = new Map<string, Agent>();
  const registered = new Set<string>();
  for (const { agent, registered: isRegistered } of known) {
    agents.set(agent.id, agent);
    if (isRegistered) registered.add(agent.id);
  }
  return { agents, registered };
}

/** Copies what is known now, which may change afterwards, into an immutable value. */
export function observe(
  frameworks: Iterable<TasksOf>,
  { agents, registered }: ObservedAgents,
  { session, skipped, unreported }: ObservedParts,
): ObservedCluster {
  const all = [...frameworks];
  const recovered = all.filter((framework) => framework.recovered).flatMap(({ info }) => info?.id ?? []);
  return {
    cluster: {
      leader: session.leader,
      agents,
      frameworks: all.flatMap(({ framework }) => framework ?? []),
      skipped,
    },
    session,
    registered,
    recoveredFrameworks: new Set(recovered),
    unreported: new Set(unreported),
  };
}

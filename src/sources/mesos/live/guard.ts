import type { Agent, Cluster, Framework, Task } from "../cluster.js";
import { sameEndpoint } from "../endpoint.js";
import { hasEnded, isLost, type Marks, type ObservedCluster, type Session, taskKey } from "./observed-cluster.js";

/** An agent or framework that has not registered again. */
interface Awaited {
  /** When it was first missing, in milliseconds on the clock that is passed in. */
  readonly since: number;
  /** This master has listed it as recovered: known from before the failover. */
  recovered: boolean;
}

/** What the guard keeps in the zone although the master does not report it. */
export interface Held {
  readonly agents: number;
  readonly frameworks: number;
  readonly tasks: number;
  /** When the first of them will be removed; `undefined` if nothing is kept. */
  readonly until: number | undefined;
}

const NOTHING_HELD: Held = { agents: 0, frameworks: 0, tasks: 0, until: undefined };

/**
 * Keeps running tasks in the zone until a new leader has heard of them. A master knows only the agents and frameworks that have
 * registered with it, which takes minutes after a failover. Until then the guard keeps what was served before.
 *
 *     an agent or framework that is
 *     registered                  -> only what the master reports is served; a killed task is removed at once
 *     missing, or only recovered  -> its tasks stay, until it
 *        registers                -> as above
 *        registers, then is gone  -> removed: this master had heard of it
 *        is marked as removed     -> removed, also if the master marks one of its tasks as lost or unreachable
 *        is no longer listed      -> removed, if this master listed it as recovered before
 *        exceeds the grace time   -> removed
 */
export class FailoverGuard {
  #graceMs: number;
  #served: Cluster | undefined;
  #session: Session | undefined;
  /** The agents in the served cluster that have registered in this session. */
  readonly #seenAgents = new Set<string>();
  readonly #seenFrameworks = new Set<string>();
  readonly #agents = new Map<string, Awaited>();
  readonly #frameworks = new Map<string, Awaited>();
  #held = NOTHING_HELD;

  /** @param graceSeconds 0 keeps nothing */
  constructor(graceSeconds: number) {
    this.#graceMs = graceSeconds * 1000;
  }

  configure(graceSeconds: number): void {
    this.#graceMs = graceSeconds * 1000;
  }

  /** What the last propose() kept. */
  get held(): Held {
    return this.#held;
  }

  /** The cluster to serve now. It counts as served only after commit(). @param now milliseconds */
  propose(observed: ObservedCluster, marks: Marks, now: number): Cluster {
    this.#enter(observed.session);
    for (const id of observed.registered) this.#seenAgents.add(id);
    for (const { id } of observed.cluster.frameworks)
      if (!observed.recoveredFrameworks.has(id)) this.#seenFrameworks.add(id);
    this.#held = NOTHING_HELD;
    if (!this.#served || this.#graceMs === 0) return observed.cluster;
    const agents = this.#awaitedAgents(this.#served, observed, marks, now);
    const frameworks = this.#awaitedFrameworks(this.#served, observed, marks, now, agents.size > 0);
    if (agents.size + frameworks.size + observed.recoveredFrameworks.size + observed.unreported.size === 0)
      return observed.cluster;
    return this.#merge(this.#served, observed, marks, agents, frameworks);
  }

  commit(cluster: Cluster): void {
    this.#served = cluster;
    forgetOthers(this.#agents, (id) => cluster.agents.has(id));
    const ids = new Set(cluster.frameworks.map(({ id }) => id));
    forgetOthers(this.#frameworks, (id) => ids.has(id));
    forgetOthers(this.#seenAgents, (id) => cluster.agents.has(id));
    forgetOthers(this.#seenFrameworks, (id) => ids.has(id));
  }

  /** Starts a new session if another master leads, or the same one has restarted: it has heard of no agent yet. */
  #enter({ leader, id, isCertain }: Session): void {
    const before = this.#session;
    const isSame = before && sameEndpoint(before.leader, leader) && (id === "" || before.id === "" || id === before.id);
    this.#session = { leader, id: id || (isSame ? before.id : ""), isCertain };
    // Registrations from before the master's id was known may have been with an instance that has restarted since.
    if (!isSame || before.id !== this.#session.id) this.#seenAgents.clear();
    if (isSame) return;
    this.#seenFrameworks.clear();
    for (const awaited of this.#agents.values()) awaited.recovered = false;
  }

  #awaitedAgents(served: Cluster, observed: ObservedCluster, marks: Marks, now: number): Map<string, Agent> {
    const result = new Map<string, Agent>();
    const missing = [...served.agents.values()].filter(({ id }) => !observed.registered.has(id));
    for (const id of observed.registered) this.#agents.delete(id);
    if (missing.length === 0) return result;
    const lost = lostWith(served, marks);
    for (const agent of missing) {
      const { id } = agent;
      const isListed = observed.cluster.agents.has(id);
      if (marks.agents.has(id) || lost.has(id)) continue;
      if (this.#agents.get(id)?.recovered && !isListed && observed.session.id !== "") continue;
      // It had registered with this very instance of the master, so it is missing because the master removed it.
      if (!isListed && this.#seenAgents.has(id) && observed.session.isCertain) continue;
      if (this.#wait(this.#agents, id, now, isListed)) result.set(id, agent);
    }
    return result;
  }

  /**
   * A framework that has registered in this session is missing because it has ended, unless agents are missing too: then the
   * state itself is incomplete.
   */
  #awaitedFrameworks(
    served: Cluster,
    observed: ObservedCluster,
    marks: Marks,
    now: number,
    isIncomplete: boolean,
  ): Set<string> {
    const result = new Set<string>();
    const known = new Set(observed.cluster.frameworks.map(({ id }) => id));
    for (const { id } of served.frameworks) {
      if (known.has(id)) this.#frameworks.delete(id);
      else if (marks.frameworks.has(id) || (this.#seenFrameworks.has(id) && !isIncomplete)) continue;
      else if (this.#wait(this.#frameworks, id, now, false)) result.add(id);
    }
    return result;
  }

  /** Whether to keep waiting for it. */
  #wait(awaited: Map<string, Awaited>, id: string, now: number, isListed: boolean): boolean {
    let known = awaited.get(id);
    if (!known) {
      known = { since: now, recovered: false };
      awaited.set(id, known);
    }
    known.recovered ||= isListed;
    return now - known.since < this.#graceMs;
  }

  #merge(
    served: Cluster,
    observed: ObservedCluster,
    marks: Marks,
    agents: ReadonlyMap<string, Agent>,
    frameworks: ReadonlySet<string>,
  ): Cluster {
    let tasks = 0;
    const allAgents = new Map([...observed.cluster.agents, ...agents]);
    const former = new Map(served.frameworks.map((framework) => [framework.id, framework]));
    const isAwaited = (framework: Framework, task: Task) =>
      agents.has(task.agentId) ||
      (allAgents.has(task.agentId) &&
        (frameworks.has(framework.id) || observed.unreported.has(taskKey(framework.id, task.id))));
    const isBeingKilled = (framework: Framework) => (task: Task) =>
      isAwaited(framework, task) && !hasEnded(marks.tasks.get(taskKey(framework.id, task.id)) ?? "");
    const kept = (framework: Framework, running: ReadonlySet<string>) => {
      const isKept = (task: Task) =>
        isAwaited(framework, task) && !running.has(task.id) && !marks.tasks.has(taskKey(framework.id, task.id));
      const result = framework.tasks.filter(isKept);
      tasks += result.length;
      return result;
    };
    const known = observed.cluster.frameworks.map((framework) => {
      const before = former.get(framework.id);
      if (!before) return framework;
      const held = kept(before, new Set(framework.tasks.map(({ id }) => id)));
      const pid = observed.recoveredFrameworks.has(framework.id) ? (framework.pid ?? before.pid) : framework.pid;
      const killing = (before.killing ?? []).filter(isBeingKilled(before));
      if (held.length + killing.length === 0 && pid === framework.pid) return framework;
      const { killing: own = [], ...rest } = framework;
      const next = { ...rest, ...(pid && { pid }), tasks: [...framework.tasks, ...held] };
      return reuse(before, withKilling(next, [...killing, ...own]));
    });
    const absent = served.frameworks
      .filter(({ id }) => frameworks.has(id))
      .map((framework) => {
        const { killing = [], ...rest } = framework;
        const next = { ...rest, tasks: kept(framework, NOBODY) };
        return reuse(framework, withKilling(next, killing.filter(isBeingKilled(framework))));
      });
    this.#held = { agents: agents.size, frameworks: frameworks.size, tasks, until: this.#until(agents, frameworks) };
    return { ...observed.cluster, agents: allAgents, frameworks: [...known, ...absent] };
  }

  #until(agents: ReadonlyMap<string, Agent>, frameworks: ReadonlySet<string>): number | undefined {
    const since = [
      ...[...agents.keys()].map((id) => this.#agents.get(id)?.since ?? 0),
      ...[...frameworks].map((id) => this.#frameworks.get(id)?.since ?? 0),
    ];
    return since.length === 0 ? undefined : since.reduce((a, b) => Math.min(a, b)) + this.#graceMs;
  }
}

const NOBODY: ReadonlySet<string> = new Set();

/** The agents with a task that the master marked as lost or unreachable. */
function lostWith(served: Cluster, marks: Marks): ReadonlySet<string> {
  const lost = new Set<string>();
  if (marks.tasks.size === 0) return lost;
  for (const { id: frameworkId, tasks } of served.frameworks) {
    for (const { id, agentId } of tasks) if (isLost(marks.tasks.get(taskKey(frameworkId, id)) ?? "")) lost.add(agentId);
  }
  return lost;
}

/** Adds tasks that are being killed, each once, and none that is also running. */
function withKilling(framework: Omit<Framework, "killing">, killing: readonly Task[]): Framework {
  if (killing.length === 0) return framework;
  const running = new Set(framework.tasks.map(({ id }) => id));
  const others = killing.filter(({ id }) => !running.has(id));
  const byId = new Map(others.map((task) => [task.id, task]));
  return byId.size === 0 ? framework : { ...framework, killing: [...byId.values()] };
}

/** The former framework object if nothing has changed, else the new one. */
function reuse(before: Framework, next: Framework): Framework {
  const isSame =
    before.name === next.name &&
    before.hostname === next.hostname &&
    before.pid?.host === next.pid?.host &&
    before.pid?.port === next.pid?.port &&
    sameTasks(before.tasks, next.tasks) &&
    sameTasks(before.killing ?? [], next.killing ?? []);
  return isSame ? before : next;
}

function sameTasks(before: readonly Task[], next: readonly Task[]): boolean {
  return before.length === next.length && before.every((task, index) => task === next[index]);
}

function forgetOthers(known: Map<string, Awaited> | Set<string>, isServed: (id: string) => boolean): void {
  for (const id of known.keys()) if (!isServed(id)) known.delete(id);
}

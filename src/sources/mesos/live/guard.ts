import type { Agent, Cluster, Framework, Task } from "../cluster.js";
import { sameEndpoint } from "../endpoint.js";
import { hasEnded, isLost, type Marks, type Session, taskKey, type View } from "./view.js";

/** Somebody who has not come back. */
interface Awaited {
  /** Milliseconds on the clock that is passed in. */
  readonly since: number;
  /** This master has listed it as known from before. */
  recovered: boolean;
}

/** What is served although the master does not say so. */
export interface Held {
  readonly agents: number;
  readonly frameworks: number;
  readonly tasks: number;
  /** When the first of them is given up; nothing where none is awaited. */
  readonly until: number | undefined;
}

const NOTHING_HELD: Held = { agents: 0, frameworks: 0, tasks: 0, until: undefined };

/**
 * Keeps what runs in the zone while a new leader has not heard of it. A master knows agents and frameworks only as they register
 * with it, which takes minutes after a failover: until then what was known of them counts.
 *
 *     registered                  -> what the master says counts, a killed task is gone at once
 *     missing, or only recovered  -> its tasks stay, until it is
 *        back                     -> as above
 *        gone again               -> removed: this master had heard of it
 *        marked as gone           -> removed, or one of its tasks lost or unreachable
 *        no longer listed         -> by the master that listed it as recovered
 *        away for the grace time
 */
export class FailoverGuard {
  #graceMs: number;
  #served: Cluster | undefined;
  #session: Session | undefined;
  /** Who has registered in this session, of those that are served. */
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

  /** What the last propose() holds. */
  get held(): Held {
    return this.#held;
  }

  /** What is to be served now. It is taken as served when it is given to commit(). @param now milliseconds */
  propose(view: View, marks: Marks, now: number): Cluster {
    this.#enter(view.session);
    for (const id of view.registered) this.#seenAgents.add(id);
    for (const { id } of view.cluster.frameworks) if (!view.recoveredFrameworks.has(id)) this.#seenFrameworks.add(id);
    this.#held = NOTHING_HELD;
    if (!this.#served || this.#graceMs === 0) return view.cluster;
    const agents = this.#awaitedAgents(this.#served, view, marks, now);
    const frameworks = this.#awaitedFrameworks(this.#served, view, marks, now, agents.size > 0);
    if (agents.size + frameworks.size + view.recoveredFrameworks.size + view.unreported.size === 0) return view.cluster;
    return this.#merge(this.#served, view, marks, agents, frameworks);
  }

  commit(cluster: Cluster): void {
    this.#served = cluster;
    forgetOthers(this.#agents, (id) => cluster.agents.has(id));
    const ids = new Set(cluster.frameworks.map(({ id }) => id));
    forgetOthers(this.#frameworks, (id) => ids.has(id));
    forgetOthers(this.#seenAgents, (id) => cluster.agents.has(id));
    forgetOthers(this.#seenFrameworks, (id) => ids.has(id));
  }

  /** Another master, or the same started again, has heard of nobody. */
  #enter({ leader, id, isCertain }: Session): void {
    const before = this.#session;
    const isSame = before && sameEndpoint(before.leader, leader) && (id === "" || before.id === "" || id === before.id);
    this.#session = { leader, id: id || (isSame ? before.id : ""), isCertain };
    // Who had registered before the master told its id may have done so with one that has been started again since.
    if (!isSame || before.id !== this.#session.id) this.#seenAgents.clear();
    if (isSame) return;
    this.#seenFrameworks.clear();
    for (const awaited of this.#agents.values()) awaited.recovered = false;
  }

  #awaitedAgents(served: Cluster, view: View, marks: Marks, now: number): Map<string, Agent> {
    const result = new Map<string, Agent>();
    const missing = [...served.agents.values()].filter(({ id }) => !view.registered.has(id));
    for (const id of view.registered) this.#agents.delete(id);
    if (missing.length === 0) return result;
    const lost = lostWith(served, marks);
    for (const agent of missing) {
      const { id } = agent;
      const isListed = view.cluster.agents.has(id);
      if (marks.agents.has(id) || lost.has(id)) continue;
      if (this.#agents.get(id)?.recovered && !isListed && view.session.id !== "") continue;
      // It had registered with this very master, which has given it up since: nobody else does without leading anew.
      if (!isListed && this.#seenAgents.has(id) && view.session.isCertain) continue;
      if (this.#wait(this.#agents, id, now, isListed)) result.set(id, agent);
    }
    return result;
  }

  /**
   * A framework that has registered in this session is missing because it has ended, unless agents are missing too: then the
   * state as a whole is not complete.
   */
  #awaitedFrameworks(served: Cluster, view: View, marks: Marks, now: number, isIncomplete: boolean): Set<string> {
    const result = new Set<string>();
    const known = new Set(view.cluster.frameworks.map(({ id }) => id));
    for (const { id } of served.frameworks) {
      if (known.has(id)) this.#frameworks.delete(id);
      else if (marks.frameworks.has(id) || (this.#seenFrameworks.has(id) && !isIncomplete)) continue;
      else if (this.#wait(this.#frameworks, id, now, false)) result.add(id);
    }
    return result;
  }

  /** Whether it is still to be waited for. */
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
    view: View,
    marks: Marks,
    agents: ReadonlyMap<string, Agent>,
    frameworks: ReadonlySet<string>,
  ): Cluster {
    let tasks = 0;
    const allAgents = new Map([...view.cluster.agents, ...agents]);
    const former = new Map(served.frameworks.map((framework) => [framework.id, framework]));
    const isAwaited = (framework: Framework, task: Task) =>
      agents.has(task.agentId) ||
      (allAgents.has(task.agentId) &&
        (frameworks.has(framework.id) || view.unreported.has(taskKey(framework.id, task.id))));
    const isBeingKilled = (framework: Framework) => (task: Task) =>
      isAwaited(framework, task) && !hasEnded(marks.tasks.get(taskKey(framework.id, task.id)) ?? "");
    const kept = (framework: Framework, running: ReadonlySet<string>) => {
      const isKept = (task: Task) =>
        isAwaited(framework, task) && !running.has(task.id) && !marks.tasks.has(taskKey(framework.id, task.id));
      const result = framework.tasks.filter(isKept);
      tasks += result.length;
      return result;
    };
    const known = view.cluster.frameworks.map((framework) => {
      const before = former.get(framework.id);
      if (!before) return framework;
      const held = kept(before, new Set(framework.tasks.map(({ id }) => id)));
      const pid = view.recoveredFrameworks.has(framework.id) ? (framework.pid ?? before.pid) : framework.pid;
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
    return { ...view.cluster, agents: allAgents, frameworks: [...known, ...absent] };
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

/** The agents of which the master says that they took a task with them. */
function lostWith(served: Cluster, marks: Marks): ReadonlySet<string> {
  const lost = new Set<string>();
  if (marks.tasks.size === 0) return lost;
  for (const { id: frameworkId, tasks } of served.frameworks) {
    for (const { id, agentId } of tasks) if (isLost(marks.tasks.get(taskKey(frameworkId, id)) ?? "")) lost.add(agentId);
  }
  return lost;
}

/** Adds those that have been told to end, each once, and none that runs as well. */
function withKilling(framework: Omit<Framework, "killing">, killing: readonly Task[]): Framework {
  if (killing.length === 0) return framework;
  const running = new Set(framework.tasks.map(({ id }) => id));
  const others = killing.filter(({ id }) => !running.has(id));
  const byId = new Map(others.map((task) => [task.id, task]));
  return byId.size === 0 ? framework : { ...framework, killing: [...byId.values()] };
}

/** The framework of before, where nothing about it has changed. */
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

import type { Agent, Cluster, Endpoint, Skipped, Task } from "../cluster.js";
import { sameValue } from "../same.js";
import type { MasterState, Registry } from "../state.js";
import { RUNNING } from "../statuses.js";
import type { LiveFramework, LiveTask } from "./entities.js";
import type { Everything, MasterEvent, TaskUpdate } from "./events.js";
import { type Differences, TasksOf } from "./tasks-of.js";
import { isLost, type Marks, taskKey, type View } from "./view.js";

/** States after which a task never runs again. One that is unreachable may come back, but then it is added anew. */
const ENDED = /^TASK_(FINISHED|FAILED|KILLED|ERROR|LOST|DROPPED|GONE|GONE_BY_OPERATOR|UNREACHABLE)$/;
const AGENT_REMOVED = /^REASON_(AGENT|SLAVE)_REMOVED/;
/** Tasks that are about to run. Far more than a cluster starts at a time: the oldest have been forgotten by the master. */
const MAX_WAITING = 100_000;
/** Events that may come while one state is fetched. */
const MAX_JOURNAL = 200_000;

/** What an event did: `unknown` is a task that runs of which nothing else is known. */
export type Effect = "changed" | "unchanged" | "unknown";

interface KnownAgent {
  readonly agent: Agent;
  readonly registered: boolean;
}

/**
 * The cluster in memory, to which states and events are applied. What has not changed is the very same object in the next
 * view, also when a whole state has been read in between.
 */
export class LiveCluster {
  #frameworks = new Map<string, TasksOf>();
  #agents = new Map<string, KnownAgent>();
  #waiting = new Map<string, LiveTask>();
  /** Times of the statuses that events have brought since the last state: one that is repeated late says nothing new. */
  #since = new Map<string, number>();
  #session: { leader: Endpoint; id: string } = { leader: { host: "", port: 0 }, id: "" };
  #skipped: readonly Skipped[] = [];
  /** Events since a state was asked for: it may be older than they are. */
  #journal: MasterEvent[] | undefined;
  #marks = { tasks: new Map<string, string>(), agents: new Set<string>(), frameworks: new Set<string>() };
  #view: View | undefined;
  #ready = false;

  /** The cluster as it is now. */
  get view(): View {
    this.#view ??= this.#make();
    return this.#view;
  }

  /** Whether a state has been applied. Events before that have nothing to be applied to. */
  get ready(): boolean {
    return this.#ready;
  }

  /** What has ended since forgetMarks(). */
  get marks(): Marks {
    return this.#marks;
  }

  forgetMarks(): void {
    this.#marks = { tasks: new Map(), agents: new Set(), frameworks: new Set() };
  }

  /** To be called when a state is asked for. */
  beginState(): void {
    this.#journal = [];
  }

  /**
   * Takes a state as the truth, with the events since beginState(). Returns what was not as the state says; `undefined` where
   * more has happened than could be kept, and the state is no longer of use.
   */
  applyState({ cluster, registry }: Omit<MasterState, "pid">): Differences | undefined {
    const journal = this.#journal ?? [];
    this.#journal = undefined;
    if (journal.length > MAX_JOURNAL) return undefined;
    const before = { frameworks: this.#frameworks, agents: this.#agents };
    this.#ready = true;
    this.#session = { leader: cluster.leader, id: registry.id };
    this.#skipped = cluster.skipped;
    this.#frameworks = frameworksOf(cluster, registry);
    this.#agents = new Map();
    this.#since = new Map();
    for (const agent of cluster.agents.values()) this.#addAgent(agent, registry.registered.has(agent.id));
    for (const { frameworkId, id, state } of registry.ended) this.#marks.tasks.set(taskKey(frameworkId, id), state);
    for (const id of registry.completedFrameworks) this.#marks.frameworks.add(id);
    for (const event of journal) this.#apply(event);
    return this.#adopt(before.frameworks, before.agents);
  }

  /** @param leader the master that says so, where it is another one than that of the state before */
  apply(event: MasterEvent, leader?: Endpoint): Effect {
    if (!this.#ready) return "unchanged";
    if (this.#journal && this.#journal.length <= MAX_JOURNAL) this.#journal.push(event);
    const effect = this.#apply(event);
    if (leader && event.type === "SUBSCRIBED") this.#session = { leader, id: "" };
    if (effect === "changed") this.#view = undefined;
    return effect;
  }

  #apply(event: MasterEvent): Effect {
    switch (event.type) {
      case "SUBSCRIBED":
        return this.#replace(event.all);
      case "TASK_ADDED":
        return changed(this.#putTask(event.task));
      case "TASK_UPDATED":
        return this.#updateTask(event.update);
      case "AGENT_ADDED":
        return changed(this.#addAgent(event.agent, true));
      case "AGENT_REMOVED":
        return changed(this.#removeAgent(event.agentId));
      case "FRAMEWORK_ADDED":
      case "FRAMEWORK_UPDATED":
        return changed(this.#putFramework(event.framework));
      case "FRAMEWORK_REMOVED":
        return changed(this.#removeFramework(event.frameworkId));
      default:
        return "unchanged";
    }
  }

  #replace(all: Everything): Effect {
    const before = { frameworks: this.#frameworks, agents: this.#agents };
    this.#frameworks = new Map();
    this.#agents = new Map();
    this.#waiting = new Map();
    this.#since = new Map();
    for (const agent of all.recoveredAgents) this.#addAgent(agent, false);
    for (const agent of all.agents) this.#addAgent(agent, true);
    for (const framework of all.frameworks) this.#putFramework(framework, before.frameworks);
    for (const task of all.tasks) this.#putTask(task);
    for (const { frameworkId, task, state } of all.endedTasks)
      this.#marks.tasks.set(taskKey(frameworkId, task.id), state);
    for (const id of all.completedFrameworks) this.#marks.frameworks.add(id);
    this.#adopt(before.frameworks, before.agents);
    return "changed";
  }

  #of(frameworkId: string): TasksOf {
    let tasks = this.#frameworks.get(frameworkId);
    if (!tasks) {
      tasks = new TasksOf();
      this.#frameworks.set(frameworkId, tasks);
    }
    return tasks;
  }

  /** The operator API has no pid: what a state said of the scheduler counts until it says it is somewhere else. */
  #putFramework({ info, recovered }: LiveFramework, known = this.#frameworks): boolean {
    const framework = this.#of(info.id);
    const before = known.get(info.id)?.info;
    const pid = before?.hostname === info.hostname ? before.pid : undefined;
    const next = pid ? { ...info, pid } : info;
    if (framework.recovered === recovered && sameValue(framework.info, next)) return false;
    framework.recovered = recovered;
    framework.info = next;
    framework.touch();
    return true;
  }

  #putTask(live: LiveTask): boolean {
    const { frameworkId, state, task } = live;
    const key = taskKey(frameworkId, task.id);
    if (state === RUNNING) {
      this.#waiting.delete(key);
      this.#since.set(key, live.since);
      return this.#run(frameworkId, task);
    }
    if (!ENDED.test(state)) this.#wait(key, live);
    return this.#endTask(frameworkId, task.id, state) !== undefined;
  }

  #run(frameworkId: string, task: Task): boolean {
    const framework = this.#of(frameworkId);
    if (sameValue(framework.tasks.get(task.id), task)) return false;
    framework.tasks.set(task.id, task);
    framework.touch();
    return true;
  }

  #wait(key: string, live: LiveTask): void {
    this.#waiting.delete(key);
    this.#waiting.set(key, live);
    if (this.#waiting.size <= MAX_WAITING) return;
    const [oldest] = this.#waiting.keys();
    this.#waiting.delete(oldest as string);
  }

  /** Takes a task out of those that run. Returns it, if it was one. */
  #endTask(frameworkId: string, id: string, state: string): Task | undefined {
    const key = taskKey(frameworkId, id);
    this.#marks.tasks.set(key, state);
    this.#since.delete(key);
    if (ENDED.test(state)) this.#waiting.delete(key);
    const framework = this.#frameworks.get(frameworkId);
    const task = framework?.tasks.get(id);
    if (!framework || !task) return undefined;
    framework.tasks.delete(id);
    framework.touch();
    return task;
  }

  #updateTask({ id, frameworkId, state, reason, running }: TaskUpdate): Effect {
    const key = taskKey(frameworkId, id);
    if (state !== RUNNING) {
      const task = this.#endTask(frameworkId, id, state);
      if (!task) return "unchanged";
      if (!ENDED.test(state)) this.#wait(key, { frameworkId, state, task, since: 0 });
      else if (isLost(state) && AGENT_REMOVED.test(reason)) this.#removeAgent(task.agentId);
      return "changed";
    }
    const task = this.#waiting.get(key)?.task ?? this.#frameworks.get(frameworkId)?.tasks.get(id);
    if (!task) return "unknown";
    this.#waiting.delete(key);
    if (!running || running.since < (this.#since.get(key) ?? 0)) return changed(this.#run(frameworkId, task));
    this.#since.set(key, running.since);
    const { addresses, unhealthy, networkMapsPorts, ...lasting } = task;
    return changed(this.#run(frameworkId, { ...lasting, ...running.reported }));
  }

  #addAgent(agent: Agent, registered: boolean): boolean {
    const known = this.#agents.get(agent.id);
    if (known?.registered === registered && sameValue(known.agent, agent)) return false;
    this.#agents.set(agent.id, { agent, registered });
    if (registered) this.#marks.agents.delete(agent.id);
    return true;
  }

  #removeFramework(id: string): boolean {
    this.#marks.frameworks.add(id);
    for (const known of [this.#waiting, this.#since]) {
      for (const key of known.keys()) if (key.startsWith(taskKey(id, ""))) known.delete(key);
    }
    return this.#frameworks.delete(id);
  }

  /** With all that ran on it, of which the master tells one by one. */
  #removeAgent(agentId: string): boolean {
    this.#marks.agents.add(agentId);
    for (const [frameworkId, { tasks }] of this.#frameworks) {
      for (const task of tasks.values()) if (task.agentId === agentId) this.#endTask(frameworkId, task.id, "TASK_LOST");
    }
    return this.#agents.delete(agentId);
  }

  /** Takes the objects of before for what is equal. */
  #adopt(frameworks: ReadonlyMap<string, TasksOf>, agents: ReadonlyMap<string, KnownAgent>): Differences {
    const differences = { tasks: 0, agents: 0, frameworks: 0 };
    for (const [id, framework] of this.#frameworks) framework.adopt(frameworks.get(id), differences);
    for (const [id, former] of frameworks) {
      if (this.#frameworks.has(id)) continue;
      differences.tasks += former.tasks.size;
      if (former.info) differences.frameworks++;
    }
    for (const [id, known] of this.#agents) {
      const former = agents.get(id);
      if (sameValue(former, known)) this.#agents.set(id, former as KnownAgent);
      else differences.agents++;
    }
    for (const id of agents.keys()) if (!this.#agents.has(id)) differences.agents++;
    this.#view = undefined;
    return differences;
  }

  #make(): View {
    const known = [...this.#frameworks.values()];
    const agents = new Map<string, Agent>();
    const registered = new Set<string>();
    for (const [id, { agent, registered: isRegistered }] of this.#agents) {
      agents.set(id, agent);
      if (isRegistered) registered.add(id);
    }
    const cluster: Cluster = {
      leader: this.#session.leader,
      agents,
      frameworks: known.flatMap(({ framework }) => framework ?? []),
      skipped: this.#skipped,
    };
    const recovered = known.filter((framework) => framework.recovered).flatMap(({ info }) => info?.id ?? []);
    return { cluster, session: this.#session, registered, recoveredFrameworks: new Set(recovered) };
  }
}

function changed(isChanged: boolean): Effect {
  return isChanged ? "changed" : "unchanged";
}

function frameworksOf({ frameworks }: Cluster, { recoveredFrameworks }: Registry): Map<string, TasksOf> {
  return new Map(
    frameworks.map(({ tasks, ...info }) => {
      const framework = new TasksOf(info, tasks);
      framework.recovered = recoveredFrameworks.has(info.id);
      return [info.id, framework];
    }),
  );
}

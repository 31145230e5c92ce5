import type { Agent, Skipped, Task } from "../cluster.js";
import { sameValue } from "../same.js";
import type { MasterState } from "../state.js";
import { KILLING, RUNNING, STARTING } from "../statuses.js";
import type { LiveFramework, LiveTask } from "./entities.js";
import type { MasterEvent, TaskUpdate } from "./events.js";
import { Journal } from "./journal.js";
import { type KnownAgent, type ObservedAgents, observe, observeAgents } from "./observe.js";
import { hasEnded, isLost, type Marks, type ObservedCluster, type Session, taskKey } from "./observed-cluster.js";
import { type Differences, frameworksOf, TasksOf } from "./tasks-of.js";
import { WaitingTasks } from "./waiting-tasks.js";

const AGENT_REMOVED = /^REASON_(AGENT|SLAVE)_REMOVED/;
/** The effect of an event. `unknown`: a running task lacks data that the next state may contain. */
export type Effect = "changed" | "unchanged" | "unknown";

/**
 * The cluster in memory, to which states and events are applied. What has not changed is the very same object in the next
 * ObservedCluster, even if a whole state has been read in between.
 */
export class LiveCluster {
  #frameworks = new Map<string, TasksOf>();
  #agents = new Map<string, KnownAgent>();
  #waiting = new WaitingTasks();
  /** Times of the statuses in events since the last state. A status older than these is a late repetition, and is ignored. */
  #since = new Map<string, number>();
  #session: Session = { leader: { host: "", port: 0 }, id: "", isCertain: false };
  #skipped: readonly Skipped[] = [];
  readonly #journal = new Journal();
  #marks = { tasks: new Map<string, string>(), agents: new Set<string>(), frameworks: new Set<string>() };
  #observed: ObservedCluster | undefined;
  #observedAgents: ObservedAgents | undefined;
  #ready = false;

  /** The cluster as it is now. */
  get observed(): ObservedCluster {
    this.#observedAgents ??= observeAgents(this.#agents.values());
    this.#observed ??= observe(this.#frameworks.values(), this.#observedAgents, {
      session: this.#session,
      skipped: this.#skipped,
      unreported: this.#waiting.unreported,
    });
    return this.#observed;
  }

  /** Whether a state has been applied. Events before the first state are ignored. */
  get ready(): boolean {
    return this.#ready;
  }

  /** What the master has marked as ended since forgetMarks(). */
  get marks(): Marks {
    return this.#marks;
  }

  forgetMarks(): void {
    this.#marks = { tasks: new Map(), agents: new Set(), frameworks: new Set() };
  }

  /** Call this when a state is requested. */
  beginState(): void {
    this.#journal.begin();
  }

  /** Whether tasks are running whose addresses are unknown. The next state may contain them. */
  get lacksReports(): boolean {
    return this.#waiting.unreported.size > 0;
  }

  /**
   * Replaces the cluster by a state, and applies the events since beginState() to it. Returns how much differed from the state before;
   * `undefined` if there were more events than the journal keeps: then the state is outdated and not applied.
   */
  applyState({ cluster, registry }: Omit<MasterState, "pid">): Differences | undefined {
    const journal = this.#journal.take();
    if (!journal) return undefined;
    const before = { frameworks: this.#frameworks, agents: this.#agents, observed: this.#observedAgents };
    this.#ready = true;
    this.#session = { leader: cluster.leader, id: registry.id, isCertain: registry.id !== "" };
    this.#skipped = cluster.skipped;
    this.#frameworks = frameworksOf(cluster, registry, before.frameworks);
    this.#agents = new Map();
    this.#observedAgents = undefined;
    this.#since = new Map();
    for (const agent of cluster.agents.values()) this.#addAgent(agent, registry.registered.has(agent.id));
    for (const { frameworkId, id, state } of registry.ended) this.#marks.tasks.set(taskKey(frameworkId, id), state);
    for (const id of registry.completedFrameworks) this.#marks.frameworks.add(id);
    this.#waiting.forgetUnreported();
    for (const { frameworkId, task } of registry.unreported) this.#putUnreported(frameworkId, task, before.frameworks);
    for (const { frameworkId, task } of registry.starting) this.#await(frameworkId, STARTING, task);
    for (const event of journal) this.#apply(event);
    const differences = this.#adopt(before.frameworks, before.agents);
    if (differences.agents === 0) this.#observedAgents = before.observed;
    return differences;
  }

  apply(event: MasterEvent): Effect {
    if (!this.#ready) return "unchanged";
    this.#journal.note(event);
    const effect = this.#apply(event);
    if (effect !== "unchanged") this.#observed = undefined;
    return effect;
  }

  #apply(event: MasterEvent): Effect {
    switch (event.type) {
      case "TASK_ADDED":
        return this.#putTask(event.task);
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

  #of(frameworkId: string): TasksOf {
    let tasks = this.#frameworks.get(frameworkId);
    if (!tasks) {
      tasks = new TasksOf();
      this.#frameworks.set(frameworkId, tasks);
    }
    return tasks;
  }

  /** The operator API has no pid: the scheduler's pid from the last state counts until its hostname changes. */
  #putFramework({ info, recovered }: LiveFramework): boolean {
    const framework = this.#of(info.id);
    const before = framework.info;
    const pid = before?.hostname === info.hostname ? before.pid : undefined;
    const next = pid ? { ...info, pid } : info;
    if (framework.recovered === recovered && sameValue(framework.info, next)) return false;
    framework.recovered = recovered;
    framework.info = next;
    framework.touch();
    return true;
  }

  #putTask(live: LiveTask): Effect {
    const { frameworkId, state, task } = live;
    const key = taskKey(frameworkId, task.id);
    if (state === RUNNING) {
      if (live.unreported) return this.#putUnreported(frameworkId, task, this.#frameworks);
      this.#waiting.delete(key);
      this.#since.set(key, live.since);
      return changed(this.#run(frameworkId, task));
    }
    if (!hasEnded(state)) this.#waiting.add(key, live);
    const ended = this.#endTask(frameworkId, task.id, state);
    return changed(this.#kill(frameworkId, task, state) || ended !== undefined);
  }

  /** Stores a task that runs, but has not reported its addresses. A known task stays as it was; a new one is not in the cluster yet. */
  #putUnreported(frameworkId: string, task: Task, before: ReadonlyMap<string, TasksOf>): Effect {
    const former = before.get(frameworkId)?.tasks.get(task.id);
    this.#await(frameworkId, RUNNING, task);
    if (former?.agentId === task.agentId) this.#run(frameworkId, former);
    return "unknown";
  }

  /** Remembers what a task is that does not run yet, or not any more: an update that says that it runs says no more of it. */
  #await(frameworkId: string, state: string, task: Task): void {
    const isUnreported = state === RUNNING;
    this.#waiting.add(taskKey(frameworkId, task.id), { frameworkId, state, task, since: 0, unreported: isUnreported });
  }

  #run(frameworkId: string, task: Task): boolean {
    const framework = this.#of(frameworkId);
    const wasKilled = framework.killing.delete(task.id);
    if (!wasKilled && sameValue(framework.tasks.get(task.id), task)) return false;
    framework.tasks.set(task.id, task);
    framework.touch();
    return true;
  }

  /** Stores a task that is being killed, if a catalogue is kept. @returns whether that changed anything */
  #kill(frameworkId: string, task: Task, state: string): boolean {
    if (state !== KILLING || !task.facts) return false;
    const framework = this.#of(frameworkId);
    if (sameValue(framework.killing.get(task.id), task)) return false;
    framework.killing.set(task.id, task);
    framework.touch();
    return true;
  }

  /** Removes a task that was running or being killed, and returns it; `undefined` if there was none. */
  #endTask(frameworkId: string, id: string, state: string): Task | undefined {
    const key = taskKey(frameworkId, id);
    this.#marks.tasks.set(key, state);
    this.#since.delete(key);
    if (hasEnded(state)) this.#waiting.delete(key);
    const framework = this.#frameworks.get(frameworkId);
    const task = framework?.tasks.get(id) ?? framework?.killing.get(id);
    if (!framework || !task) return undefined;
    framework.tasks.delete(id);
    framework.killing.delete(id);
    framework.touch();
    return task;
  }

  #updateTask({ id, frameworkId, state, reason, running }: TaskUpdate): Effect {
    const key = taskKey(frameworkId, id);
    if (state !== RUNNING) {
      const task = this.#endTask(frameworkId, id, state);
      if (!task) return "unchanged";
      this.#kill(frameworkId, task, state);
      if (!hasEnded(state)) this.#await(frameworkId, state, task);
      else if (isLost(state) && AGENT_REMOVED.test(reason)) this.#removeAgent(task.agentId);
      return "changed";
    }
    const framework = this.#frameworks.get(frameworkId);
    const former = framework?.tasks.get(id);
    const task = this.#waiting.get(key)?.task ?? former ?? framework?.killing.get(id);
    if (!task) return "unknown";
    // The status is from before the task ran. Masters repeat it until it is acknowledged.
    if (!running) return former ? "unchanged" : this.#putUnreported(frameworkId, task, this.#frameworks);
    this.#waiting.delete(key);
    if (running.since < (this.#since.get(key) ?? 0)) return changed(this.#run(frameworkId, task));
    this.#since.set(key, running.since);
    const { addresses, unhealthy, networkMapsPorts, statusFacts, ...lasting } = task;
    return changed(this.#run(frameworkId, { ...lasting, ...running.reported }));
  }

  #addAgent(agent: Agent, registered: boolean): boolean {
    const known = this.#agents.get(agent.id);
    if (known?.registered === registered && sameValue(known.agent, agent)) return false;
    this.#agents.set(agent.id, { agent, registered });
    this.#observedAgents = undefined;
    if (registered) this.#marks.agents.delete(agent.id);
    return true;
  }

  #removeFramework(id: string): boolean {
    this.#marks.frameworks.add(id);
    const prefix = taskKey(id, "");
    this.#waiting.deleteAll(prefix);
    for (const key of this.#since.keys()) if (key.startsWith(prefix)) this.#since.delete(key);
    return this.#frameworks.delete(id);
  }

  /** Removes the agent and its tasks. The master also sends an event for each of these tasks. */
  #removeAgent(agentId: string): boolean {
    this.#marks.agents.add(agentId);
    for (const [frameworkId, { tasks, killing }] of this.#frameworks) {
      for (const task of [...tasks.values(), ...killing.values()])
        if (task.agentId === agentId) this.#endTask(frameworkId, task.id, "TASK_LOST");
    }
    this.#observedAgents = undefined;
    return this.#agents.delete(agentId);
  }

  /** Reuses the former objects for what is equal, and counts what is not. */
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
    this.#observed = undefined;
    return differences;
  }
}

function changed(isChanged: boolean): Effect {
  return isChanged ? "changed" : "unchanged";
}
